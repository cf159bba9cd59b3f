//! The page that a duty manager reads: known, promised, found, done, not done and why, due next.

use std::fmt::Write;

use super::ledger;
use super::words::{Clock, is_of_the_order, plain, reason, shortfall, state};
use crate::events::{Candidate, FollowUp, OrderEventType, OrderLine, RecoveryAction, Timestamp};
use crate::policy::money;
use crate::recovery::view::{EventView, FactView, IncidentView, IndexView, OrderDetails, OrderLookup, Reason};

pub(super) fn of(found: &OrderLookup) -> String {
    match found {
        OrderLookup::Order(order) => of_order(order),
        OrderLookup::Index(index) => of_index(index),
    }
}

/// Headings with their lines; those without lines say so or are left out.
#[derive(Default)]
struct Page(String);

impl Page {
    fn heading(&mut self, heading: &str) {
        let _ = writeln!(self.0, "\n{heading}");
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.0, "  {text}");
    }

    fn note(&mut self, text: &str) {
        let _ = writeln!(self.0, "      {text}");
    }
}

fn of_index(index: &IndexView) -> String {
    let clock = Clock::of(None);
    let mut page = Page::default();
    let _ = writeln!(page.0, "Order {}: nobody has placed it yet", index.order_id);
    let _ = writeln!(page.0, "as of {} {}", clock.tell(index.now), clock.name());
    page.heading("What is known");
    for parked in &index.parked {
        let told = if parked.told { "; a person has been told" } else { "" };
        let (time, since) = (clock.tell(parked.time), clock.tell(parked.since));
        page.line(&format!("{time}  {} event {}, parked since {since}{told}", parked.contract, parked.id));
    }
    page.heading("Why nothing is decided");
    page.line("an event without its order says neither what was promised nor to whom: it waits for the order");
    due_next(&mut page, &clock, [("a person hears of it, or it is forgotten", index.next_deadline)]);
    page.0
}

fn of_order(order: &OrderDetails) -> String {
    let clock = Clock::of(order.time_zone.as_deref());
    let summary = &order.order;
    let mut page = Page::default();
    let place = [summary.site_id.as_deref(), summary.touchpoint.as_deref(), summary.location.as_deref()];
    let place: Vec<&str> = place.into_iter().flatten().collect();
    let _ = writeln!(page.0, "Order {}: {}", summary.order_id, verdict(order));
    let _ = writeln!(page.0, "{}, guest {}", place.join(", "), order.guest);
    let safe = order.safe_time.map_or_else(|| "not known yet".to_owned(), |safe| clock.tell(safe));
    let _ = writeln!(page.0, "as of {} {}; everything is read up to {safe}", clock.tell(order.now), clock.name());

    known(&mut page, order, &clock);
    promised(&mut page, order, &clock);
    found(&mut page, order, &clock);
    if let Some(incident) = &order.incident {
        done(&mut page, incident, order, &clock);
    }
    not_done(&mut page, order, &clock);
    if let Some(incident) = &order.incident {
        went(&mut page, incident, &clock);
    }
    next(&mut page, order, &clock);
    page.0
}

/// All in one line.
fn verdict(order: &OrderDetails) -> String {
    match (&order.incident, order.findings.is_empty()) {
        (None, true) => "nothing is wrong with it, as far as is known".to_owned(),
        (None, false) => "something is wrong, and is not decided yet".to_owned(),
        (Some(view), _) => {
            let event = &view.incident;
            let history = if event.history { ", as history" } else { "" };
            let status = if view.undecided { "undecided".to_owned() } else { plain(event.status.name()) };
            format!("{status}{history}, {}, noticed first by the {}", event.severity, event.initiated_by)
        }
    }
}

fn known(page: &mut Page, order: &OrderDetails, clock: &Clock) {
    page.heading("What is known");
    for fact in &order.facts {
        page.line(&told(fact, clock));
    }
    for amends in &order.amends {
        let value = amends.currency.as_ref().map(|currency| money::format(amends.value_minor, currency));
        let worth = value.map(|value| format!(", {value}")).unwrap_or_default();
        page.line(&format!(
            "{}  staff of their own accord: {}{worth}",
            clock.tell(amends.at),
            plain(amends.kind.name())
        ));
    }
    if !order.lines.is_empty() {
        page.line(&format!("ordered now: {}", lines(&order.lines)));
    }
}

fn told(fact: &FactView, clock: &Clock) -> String {
    let (time, text) = match &fact.event {
        EventView::Order(event) => {
            let mut text = event.event_type.name().to_owned();
            let party = match event.event_type {
                OrderEventType::Changed => event.changed_by,
                OrderEventType::Cancelled => event.cancelled_by,
                OrderEventType::Placed | OrderEventType::Fulfilled => None,
            };
            if let Some(party) = party {
                let _ = write!(text, " by {party}");
            }
            if let Some(promised) = event.promised_at {
                let _ = write!(text, ", promised for {}", clock.tell(promised));
            }
            if let Some(named) = event.lines.as_deref() {
                let named = if named.is_empty() { "no lines".to_owned() } else { lines(named) };
                let _ = write!(text, ": {named}");
            }
            if event.completes == Some(true) {
                text.push_str(", that is all");
            }
            (event.time, text)
        }
        EventView::Delivery(event) => {
            let mut text = plain(event.event_type.name());
            if let Some(parcel) = &event.parcel_id {
                let _ = write!(text, ", parcel {parcel}");
            }
            if let Some(eta) = event.eta {
                let _ = write!(text, ", expected {}", clock.tell(eta));
            }
            if let Some(reason) = event.reason {
                let _ = write!(text, ", {reason}");
            }
            (event.time, text)
        }
        EventView::Complaint(event) => {
            let mut text = format!("{} by {}", event.form, event.channel.as_deref().unwrap_or("an unnamed channel"));
            if let Some(failure) = event.failure {
                let _ = write!(text, ", {}", plain(failure.name()));
            }
            if let Some(said) = &event.text {
                let _ = write!(text, ": \"{said}\"");
            }
            (event.time, text)
        }
    };
    let holds = if fact.holds { "" } else { " [does not hold: corrected, withdrawn or from the future]" };
    format!("{}  {text}{holds}", clock.tell(time))
}

fn lines(lines: &[OrderLine]) -> String {
    let one = |line: &OrderLine| format!("{} x {}", line.quantity, line.name.as_deref().unwrap_or(&line.item_id));
    lines.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn promised(page: &mut Page, order: &OrderDetails, clock: &Clock) {
    page.heading("What was promised");
    match order.order.promised_at {
        Some(promised) => page.line(&format!("by {}", clock.tell(promised))),
        None => page.line("no time"),
    }
    for why in order.reasons.iter().filter(|why| is_of_the_order(why)) {
        page.line(&reason(why, clock));
    }
}

fn found(page: &mut Page, order: &OrderDetails, clock: &Clock) {
    page.heading("What was found");
    if order.findings.is_empty() {
        page.line("nothing");
    }
    for finding in &order.findings {
        page.line(&format!("{}  {}", clock.tell(finding.news_at), shortfall(&finding.shortfall)));
    }
}

fn done(page: &mut Page, view: &IncidentView, order: &OrderDetails, clock: &Clock) {
    page.heading("What was done");
    if view.actions.is_empty() {
        page.line("nobody was asked to do anything");
    }
    for action in &view.actions {
        show_action(page, action, clock);
    }
    for follow_up in &view.follow_ups {
        show_follow_up(page, follow_up, clock);
    }
    let event = &view.incident;
    if let Some(currency) = event.currency.as_ref().filter(|_| event.given_minor > 0) {
        page.line(&format!("given so far: {}", money::format(event.given_minor, currency)));
    }
    if let Some(band) = event.band {
        let score = event.score.map(|score| format!(" ({score} of 10)")).unwrap_or_default();
        page.line(&format!("the guest's answer: {}{score}", plain(band.name())));
    }
    if order.order.incident_id.is_some() {
        page.line(&format!("incident {}, revision {}", event.id, event.revision));
    }
}

fn show_action(page: &mut Page, action: &RecoveryAction, clock: &Clock) {
    let mut what = plain(action.kind.name());
    if let Some(remedy) = &action.remedy {
        let _ = write!(what, ", {}", plain(remedy.kind.name()));
        if let (Some(amount), Some(currency)) = (remedy.amount_minor, &remedy.currency) {
            let _ = write!(what, " {}", money::format(amount, currency));
        }
    }
    if let Some(gesture) = &action.gesture {
        let value = money::format(gesture.value_minor, &gesture.currency);
        let _ = write!(what, ", {} x {} ({value})", gesture.name, gesture.quantity);
    }
    let due = clock.tell(action.due_at);
    page.line(&format!("{what}: {}; {} by {due}", state(action.state), plain(&action.assignee)));
    page.note(&action.instruction);
    if !action.why.is_empty() {
        page.note(&format!("why: {}", action.why));
    }
    page.note(&format!("rule {:?}, policy {}", action.decision.rule, action.decision.policy_version));
    for candidate in &action.decision.candidates {
        page.note(&considered(candidate));
    }
}

fn considered(candidate: &Candidate) -> String {
    let outcome = candidate.rejected_because.as_deref().map_or_else(|| "passed".to_owned(), plain);
    format!("considered {}: {outcome}", candidate.option)
}

fn show_follow_up(page: &mut Page, follow_up: &FollowUp, clock: &Clock) {
    let (assignee, due) = (plain(&follow_up.assignee), clock.tell(follow_up.due_at));
    page.line(&format!("follow-up {}: {}; {assignee} at {due}", follow_up.attempt, state(follow_up.state)));
}

fn not_done(page: &mut Page, order: &OrderDetails, clock: &Clock) {
    let mut decided = order.reasons.iter().filter(|why| !is_of_the_order(why)).peekable();
    if decided.peek().is_none() {
        if order.findings.is_empty() {
            page.heading("Why nothing was done");
            page.line("nothing was found that needs amends");
        }
        return;
    }
    page.heading("Why so, and what was left undone");
    for why in decided {
        page.line(&reason(why, clock));
    }
}

/// How it came to stand so: also what was taken back, lapsed or was replaced.
fn went(page: &mut Page, view: &IncidentView, clock: &Clock) {
    if view.steps.is_empty() {
        return;
    }
    page.heading("How it went");
    if view.steps_forgotten > 0 {
        page.line(&format!("{} earlier steps are not kept", view.steps_forgotten));
    }
    for step in &view.steps {
        page.line(&ledger::told(step, clock));
    }
}

fn next(page: &mut Page, order: &OrderDetails, clock: &Clock) {
    let incident = order.incident.as_ref();
    let is_waiting =
        |reason: &Reason| matches!(reason, Reason::GestureWaitsForSafeTime | Reason::WaitsForFirstSafeTime { .. });
    let of_incident = incident.filter(|_| !order.reasons.iter().any(is_waiting)).and_then(|view| view.next_deadline);
    let follow_up = incident.and_then(|view| {
        view.follow_ups.iter().filter(|follow_up| follow_up.state.is_open()).map(|follow_up| follow_up.due_at).min()
    });
    due_next(
        page,
        clock,
        [
            ("silence is judged, if nothing comes before", order.order.judged_at),
            ("the next step of what was decided: an answer is missed, or the guest is asked", of_incident),
            ("the guest is asked whether it is still all right", follow_up.filter(|at| of_incident != Some(*at))),
            ("forgotten, if nothing more is heard of it", order.order.forgotten_at),
        ],
    );
}

fn due_next<const N: usize>(page: &mut Page, clock: &Clock, steps: [(&str, Option<Timestamp>); N]) {
    page.heading("What comes next");
    let mut due: Vec<(Timestamp, &str)> = steps.into_iter().filter_map(|(what, at)| Some((at?, what))).collect();
    due.sort();
    if due.is_empty() {
        page.line("nothing by itself");
    }
    for (at, what) in due {
        page.line(&format!("{}  {what}", clock.tell(at)));
    }
}
