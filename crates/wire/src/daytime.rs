//! The time in words, RFC 867.

use std::{fmt, time::SystemTime};

use bytes::BytesMut;

use ropewalk_protocol::{Context, Protocol};

use crate::time::unix_seconds;

/// Sends date and time as a line of text, and closes (RFC 867).
///
/// The form is the first of the two that the RFC suggests, in UTC.
///
/// ```
/// use std::time::SystemTime;
/// use ropewalk_protocol::{Connection, Peer};
/// use ropewalk_wire::Daytime;
///
/// let daytime = Daytime::new(|| SystemTime::UNIX_EPOCH);
/// let mut connection = Connection::new(daytime, Peer::unnamed(), Default::default());
/// connection.start(std::time::Instant::now());
/// assert_eq!(connection.outgoing(), b"Thursday, January 1, 1970 00:00:00-UTC\r\n");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Daytime<N> {
    now: N,
}

impl<N: Fn() -> SystemTime> Daytime<N> {
    /// With a source of time, such as [`SystemTime::now`].
    pub fn new(now: N) -> Self {
        Self { now }
    }
}

impl<N: Fn() -> SystemTime> Protocol for Daytime<N> {
    type Message = ();

    fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
        let date = Date::at(unix_seconds((self.now)()));
        cx.write(format!("{date}\r\n").as_bytes());
        cx.close();
    }

    fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut BytesMut) {
        input.clear();
    }
}

/// A second in the Gregorian calendar, in UTC.
struct Date {
    weekday: usize,
    year: i64,
    /// From 0.
    month: usize,
    day: i64,
    second: i64,
}

impl Date {
    fn at(seconds: i64) -> Self {
        let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        // 1 January 1970 was a Thursday.
        let weekday = (days + 4).rem_euclid(7) as usize;
        // Years are counted from 1 March 0000 on: the leap day comes last.
        let days = days + FROM_MARCH_0_TO_1970;
        let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
        let year = (day - day / 1460 + day / 36_524 - day / (ERA - 1)) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        // Five months from March on always have 153 days.
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let year = era * 400 + year + i64::from(month >= 10);
        Self { weekday, year, month: ((month + 2) % 12) as usize, day, second }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, day, second, .. } = self;
        let (weekday, month) = (WEEKDAYS[self.weekday], MONTHS[self.month]);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{weekday}, {month} {day}, {year} {hour:02}:{minute:02}:{second:02}-UTC")
    }
}

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

const DAY: i64 = 86_400;
/// The days of 400 years.
const ERA: i64 = 146_097;
const FROM_MARCH_0_TO_1970: i64 = 719_468;
