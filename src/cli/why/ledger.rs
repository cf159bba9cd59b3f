//! How an incident came to stand where it stands: every move in order, with who made it and why, in words.

use super::words::{Clock, plain, state};
use crate::events::{ActionState, FollowUpType};
use crate::recovery::life_cycle::{Actor, Cause};
use crate::recovery::view::{MovedView, StepView};

pub(super) fn told(step: &StepView, clock: &Clock) -> String {
    format!("{}  {}; {}: {}", clock.tell(step.at), moved(&step.moved), actor(step.actor), because(step.cause))
}

fn moved(moved: &MovedView) -> String {
    match moved {
        MovedView::Incident { from: None, to } => format!("incident begins: {}", plain(to.name())),
        MovedView::Incident { from: Some(from), to } => {
            format!("incident: {}, was {}", plain(to.name()), plain(from.name()))
        }
        MovedView::Action { kind, from: None, .. } => format!("{} proposed", plain(kind.name())),
        MovedView::Action { kind, from: Some(from), to, .. } => {
            format!("{}: {}, was {}", plain(kind.name()), state(*to), state(*from))
        }
        MovedView::FollowUp { attempt, to, state, .. } => format!("follow-up {attempt}: {}", asked(*to, *state)),
    }
}

fn asked(to: FollowUpType, state: ActionState) -> &'static str {
    match (to, state) {
        (FollowUpType::Scheduled | FollowUpType::Due, ActionState::Accepted) => "somebody will ask",
        (FollowUpType::Scheduled, _) => "scheduled",
        (FollowUpType::Due, _) => "due",
        (FollowUpType::Closed, ActionState::Done) => "closed, answered",
        (FollowUpType::Closed, _) => "closed without an answer",
        (FollowUpType::Cancelled, _) => "cancelled",
    }
}

fn actor(actor: Actor) -> &'static str {
    match actor {
        Actor::Service => "the service",
        Actor::Staff => "staff",
        Actor::Guest => "the guest",
        Actor::Clock => "the clock",
    }
}

fn because(cause: Cause) -> &'static str {
    match cause {
        Cause::Evidence => "the facts of the order show it",
        Cause::EvidenceGone => "what showed it is gone",
        Cause::Merged => "it belongs to another incident",
        Cause::TooOld => "too old to send anybody for",
        Cause::Planned => "the policy asks for it",
        Cause::Worse => "it has become worse, or a person takes over",
        Cause::Superseded => "another action takes its place",
        Cause::OfNoUse => "it would help no longer",
        Cause::NotSuitable => "the profile, a companion or a cap rules it out now",
        Cause::AllEnded => "all that was proposed has ended",
        Cause::NothingToDo => "there is nothing to do",
        Cause::FailedAgain => "something else went wrong after all was done",
        Cause::AskedEnough => "a second question would be one too many",
        Cause::Silence => "the promise passed in silence",
        Cause::Due => "its time has come",
        Cause::Unanswered => "nobody answered in time",
        Cause::StaffNoticed => "they noticed it",
        Cause::StaffAccepted => "they took it on",
        Cause::StaffDone => "they have done it",
        Cause::StaffSubstituted => "they did something else instead",
        Cause::StaffDeclined => "they declined",
        Cause::StaffCouldNot => "it was not possible",
        Cause::StaffConfirmed => "they looked, and it is so",
        Cause::StaffDenied => "they looked, and it is not so",
        Cause::OwnInitiative => "they had helped of their own accord",
        Cause::GuestNotReached => "they asked, and got no answer",
        Cause::GuestComplained => "they complained",
        Cause::GuestDeclined => "they said no, thank you",
        Cause::GuestAnswered => "they answered",
        Cause::GuestUnsatisfied => "they are not satisfied",
        Cause::ApprovalAsked => "it needs an approval",
        Cause::ApprovalGiven => "it was approved",
        Cause::ApprovalTimedOut => "nobody approved it in time",
        Cause::Erased => "they want to be forgotten",
    }
}
