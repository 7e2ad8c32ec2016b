//! Dates from timestamps, without a library: the proleptic Gregorian calendar in UTC.

use crate::Timestamp;

/// A moment as people write it, in UTC.
///
/// ```
/// use ropewalk_words::{Calendar, Timestamp};
///
/// let at = Calendar::from(Timestamp::from_millis(1_700_000_000_123));
/// assert_eq!(at.iso(), "2023-11-14T22:13:20.123Z");
/// assert_eq!(at.long(), "Tuesday, 14 November 2023, 22:13:20 UTC");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Calendar {
    /// The year.
    pub year: u64,
    /// The month, from 1.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
    /// The day of the week, Sunday being 0.
    pub weekday: u8,
    /// Milliseconds since midnight.
    pub millis: u32,
}

impl From<Timestamp> for Calendar {
    fn from(at: Timestamp) -> Self {
        let days = at.as_millis() / DAY;
        // Counted in eras of 400 years that begin on the first of March of the year 0.
        let shifted = days + 719_468;
        let (era, of_era) = (shifted / 146_097, shifted % 146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let march = (5 * of_year + 2) / 153;
        let month = if march < 10 { march + 3 } else { march - 9 };
        // Each of these is below its own small bound by the divisions above.
        Self {
            year: year + era * 400 + u64::from(month <= 2),
            month: month as u8,
            day: (of_year - (153 * march + 2) / 5 + 1) as u8,
            weekday: ((days + 4) % 7) as u8,
            millis: (at.as_millis() % DAY) as u32,
        }
    }
}

impl Calendar {
    /// As ISO 8601 with milliseconds: the value of IRCv3's `time` tag.
    #[must_use]
    pub fn iso(&self) -> String {
        let Self { year, month, day, millis, .. } = self;
        let (hour, minute, second) = self.clock();
        let millis = millis % 1000;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }

    /// For people.
    #[must_use]
    pub fn long(&self) -> String {
        let (weekday, month) = (
            WEEKDAYS[usize::from(self.weekday % 7)],
            MONTHS[usize::from((self.month.max(1) - 1) % 12)],
        );
        let (hour, minute, second) = self.clock();
        let (day, year) = (self.day, self.year);
        format!("{weekday}, {day} {month} {year}, {hour:02}:{minute:02}:{second:02} UTC")
    }

    fn clock(&self) -> (u32, u32, u32) {
        let seconds = self.millis / 1000;
        (seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

const DAY: u64 = 86_400_000;

const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
