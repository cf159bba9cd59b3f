//! Days on which a site does not open: no service day, so a streak goes over them.

use jiff::civil::{Date, Weekday};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClosedDays {
    pub weekdays: Vec<Weekday>,
    pub dates: Vec<Date>,
}

impl ClosedDays {
    pub fn contains(&self, day: Date) -> bool {
        self.weekdays.contains(&day.weekday()) || self.dates.contains(&day)
    }

    /// The service day before this one. A site that never opens has none.
    pub fn day_before(&self, day: Date) -> Option<Date> {
        /// No house is closed for longer and keeps its guests' streaks.
        const MOST: usize = 62;
        std::iter::successors(day.yesterday().ok(), |day| day.yesterday().ok())
            .take(MOST)
            .find(|day| !self.contains(*day))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_day_before_skips_what_is_closed() {
        let closed = ClosedDays { weekdays: vec![Weekday::Monday], dates: vec![date(2026, 6, 7)] };
        // 2026-06-09 is a Tuesday; Monday is closed, and so was that Sunday
        assert_eq!(closed.day_before(date(2026, 6, 9)), Some(date(2026, 6, 6)));
        assert_eq!(ClosedDays::default().day_before(date(2026, 6, 9)), Some(date(2026, 6, 8)));
        let never = ClosedDays { weekdays: Weekday::Monday.cycle_forward().take(7).collect(), dates: Vec::new() };
        assert_eq!(never.day_before(date(2026, 6, 9)), None);
    }
}
