//! Lines of at most 100 columns, with colours that `anstream` drops where nobody sees them.

use std::fmt::Write as _;
use std::sync::Arc;

use anstyle::{AnsiColor, Style};

use super::board::Board;
use crate::events::{Severity, Timestamp};
use crate::policy::Policy;

pub(super) const WIDTH: usize = 100;
/// Where the text of a row begins: after the time, or the label.
const INDENT: usize = 14;

pub(super) const PLAIN: Style = Style::new();
pub(super) const STRONG: Style = Style::new().bold();
pub(super) const FAINT: Style = Style::new().dimmed();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const WARM: Style = AnsiColor::Yellow.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default();
pub(super) const TOLD: Style = AnsiColor::Cyan.on_default();

#[derive(Debug)]
pub(super) struct Screen {
    text: String,
    pub(super) policy: Arc<Policy>,
}

impl Screen {
    pub(super) fn new(policy: Arc<Policy>) -> Self {
        Self { text: String::new(), policy }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    /// Where, when, and by which rules.
    pub(super) fn heading(&mut self, board: &Board) {
        let Some(card) = board.cards().first() else { return };
        let site = card.incident.site_id.clone().unwrap_or_default();
        let date = self.local(card.noticed_at, &site, "%A %-d %B %Y");
        let left = format!("SERVICE RECOVERY   {site}, {date}");
        self.spread((&left, STRONG), (&format!("policy {}, without a broker", self.policy.version), FAINT));
        self.blank();
    }

    pub(super) fn clock(&self, at: Timestamp, site_id: &str) -> String {
        self.local(at, site_id, "%H:%M")
    }

    pub(super) fn local(&self, at: Timestamp, site_id: &str, format: &str) -> String {
        let local = self.policy.site(site_id).time_zone.to_datetime(at.to_jiff());
        local.strftime(format).to_string()
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Something at the left end, something at the right end.
    pub(super) fn spread(&mut self, left: (&str, Style), right: (&str, Style)) {
        let left = (shortened(left.0, WIDTH - width(right.0) - 1), left.1);
        let gap = WIDTH - width(&left.0) - width(right.0);
        self.paint(&left.0, left.1);
        self.text.push_str(&" ".repeat(gap));
        self.paint(right.0, right.1);
        self.text.push('\n');
    }

    /// A label and a text that wraps.
    pub(super) fn note(&mut self, label: &str, text: &str, style: Style) {
        self.row(label, text, style, ("", PLAIN));
    }

    /// A label, a text that wraps, and at the end of its first line how it went.
    pub(super) fn row(&mut self, label: &str, text: &str, style: Style, outcome: (&str, Style)) {
        let room = WIDTH - INDENT - if outcome.0.is_empty() { 0 } else { width(outcome.0) + 2 };
        for (number, line) in wrap(text, room).iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            self.paint(&format!("{label:>12}"), FAINT);
            self.text.push_str("  ");
            self.paint(line, style);
            if number == 0 && !outcome.0.is_empty() {
                let gap = WIDTH.saturating_sub(INDENT + width(line) + width(outcome.0));
                self.text.push_str(&" ".repeat(gap));
                self.paint(outcome.0, outcome.1);
            }
            self.text.push('\n');
        }
    }

    fn paint(&mut self, text: &str, style: Style) {
        if text.trim().is_empty() || style == PLAIN {
            self.text.push_str(text);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(self.text, "{style}{text}{style:#}");
        }
    }
}

pub(super) fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Trivial | Severity::Minor => WARM,
        Severity::Moderate | Severity::Major | Severity::Critical => BAD,
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn shortened(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room - 1).collect();
    format!("{}…", kept.trim_end())
}

/// Lines of whole words, at most `room` wide unless a single word is wider.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("invariant: there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if width(line) + 1 + width(word) <= room {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
