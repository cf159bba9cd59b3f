//! Why something moved, and who moved it. Every cause has one actor, so that a record cannot name the wrong one.

use crate::events::names;

names! {
    /// Who moved it.
    Actor { Service = "service", Staff = "staff", Guest = "guest", Clock = "clock" }
}

names! {
    /// Why it moved.
    Cause {
        /// Facts of the order show it.
        Evidence = "evidence",
        /// The facts that showed it are gone.
        EvidenceGone = "evidence_gone",
        /// It belongs to another incident.
        Merged = "merged",
        /// It is too old to send anybody for.
        TooOld = "too_old",
        /// The policy asks for it.
        Planned = "planned",
        /// It has become worse, or a person takes over.
        Worse = "worse",
        /// Another action takes its place.
        Superseded = "superseded",
        /// It helps no longer.
        OfNoUse = "of_no_use",
        /// The profile, a companion or a cap rules it out now.
        NotSuitable = "not_suitable",
        /// All that was proposed has ended.
        AllEnded = "all_ended",
        /// There was nothing to do.
        NothingToDo = "nothing_to_do",
        /// Something else went wrong after all was done.
        FailedAgain = "failed_again",
        /// A second question would be one too many.
        AskedEnough = "asked_enough",
        /// The promise passed in silence.
        Silence = "silence",
        /// Its time has come.
        Due = "due",
        /// Nobody answered in time.
        Unanswered = "unanswered",
        StaffNoticed = "staff_noticed",
        StaffAccepted = "staff_accepted",
        StaffDone = "staff_done",
        StaffSubstituted = "staff_substituted",
        StaffDeclined = "staff_declined",
        StaffCouldNot = "staff_could_not",
        StaffConfirmed = "staff_confirmed",
        StaffDenied = "staff_denied",
        /// They helped of their own accord, or it was put right elsewhere.
        OwnInitiative = "own_initiative",
        /// They asked, and got no answer.
        GuestNotReached = "guest_not_reached",
        GuestComplained = "guest_complained",
        GuestDeclined = "guest_declined",
        GuestAnswered = "guest_answered",
        GuestUnsatisfied = "guest_unsatisfied",
        /// What needs an approval was asked for.
        ApprovalAsked = "approval_asked",
        ApprovalGiven = "approval_given",
        ApprovalTimedOut = "approval_timed_out",
        /// The guest wants to be forgotten.
        Erased = "erased",
    }
}

impl Cause {
    pub const fn actor(self) -> Actor {
        match self {
            Self::Evidence
            | Self::EvidenceGone
            | Self::Merged
            | Self::TooOld
            | Self::Planned
            | Self::Worse
            | Self::Superseded
            | Self::OfNoUse
            | Self::NotSuitable
            | Self::AllEnded
            | Self::NothingToDo
            | Self::FailedAgain
            | Self::AskedEnough
            | Self::ApprovalAsked => Actor::Service,
            Self::Silence | Self::Due | Self::Unanswered | Self::ApprovalTimedOut => Actor::Clock,
            Self::StaffNoticed
            | Self::StaffAccepted
            | Self::StaffDone
            | Self::StaffSubstituted
            | Self::StaffDeclined
            | Self::StaffCouldNot
            | Self::StaffConfirmed
            | Self::StaffDenied
            | Self::OwnInitiative
            | Self::GuestNotReached
            | Self::ApprovalGiven => Actor::Staff,
            Self::GuestComplained
            | Self::GuestDeclined
            | Self::GuestAnswered
            | Self::GuestUnsatisfied
            | Self::Erased => Actor::Guest,
        }
    }
}
