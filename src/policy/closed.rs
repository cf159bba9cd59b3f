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
}
