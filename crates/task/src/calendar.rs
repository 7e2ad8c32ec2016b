//! Work by the calendar.

use std::{
    fmt,
    future::Future,
    str::FromStr,
    time::{Duration, SystemTime},
};

use cronexpr::{Crontab, FallbackTimezoneOption, MakeTimestamp, ParseOptions, parse_crontab_with};
use jiff::Timestamp;
use ropewalk_clock::Clock;
use thiserror::Error;

/// Times of the calendar: a cron expression in a time zone.
///
/// The five fields are those of crontab(5), from minutes to days of the week; ranges, steps, lists
/// and names are understood, and `L`, `W` and `#` for last, nearest working and n-th days. A sixth
/// names the time zone, as in the IANA database; without it the expression is in UTC.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use ropewalk_task::Schedule;
///
/// let nights: Schedule = "30 2 * * * Europe/Berlin".parse()?;
/// let midnight = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 / 86_400 * 86_400);
/// let next = nights.next_after(midnight).unwrap();
/// assert_eq!(next.duration_since(midnight)?, Duration::from_secs(90 * 60));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Schedule {
    text: String,
    crontab: Crontab,
}

/// An expression is not one of [`Schedule`]'s.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("`{text}` is not a schedule: {why}")]
pub struct BadSchedule {
    /// The expression, or its beginning where it is too long.
    pub text: String,
    /// What is wrong with it.
    pub why: String,
}

impl Schedule {
    /// Expressions have at most so many bytes.
    pub const LIMIT: usize = 1024;

    /// The first of its times that is later than `time`.
    #[must_use]
    pub fn next_after(&self, time: SystemTime) -> Option<SystemTime> {
        let time = Timestamp::try_from(time).ok()?;
        let next = self.crontab.find_next(MakeTimestamp(time)).ok()?.timestamp();
        (next > time).then(|| next.into())
    }
}

impl FromStr for Schedule {
    type Err = BadSchedule;

    fn from_str(text: &str) -> Result<Self, BadSchedule> {
        let bad = |why: String| {
            let mut end = text.len().min(Self::LIMIT);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            BadSchedule { text: text[..end].to_owned(), why }
        };
        if text.len() > Self::LIMIT {
            let (length, limit) = (text.len(), Self::LIMIT);
            return Err(bad(format!("its {length} bytes are more than the limit of {limit}")));
        }
        let mut options = ParseOptions::default();
        options.fallback_timezone_option = FallbackTimezoneOption::UTC;
        match parse_crontab_with(text, options) {
            Ok(crontab) => Ok(Self { text: text.to_owned(), crontab }),
            Err(error) => Err(bad(error.to_string())),
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schedule").field(&self.text).finish()
    }
}

/// What is done about runs that were missed: the process did not run, the machine slept, or the run
/// before took too long.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Missed {
    /// They are left out.
    Skip,
    /// However many they were, one run makes up for them.
    RunOnce,
    /// Each is made up for, the oldest first.
    RunAll {
        /// At most so many at a time; those beyond it are left out, and a warning says so.
        at_most: usize,
    },
}

/// One run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Due {
    /// When it should have been.
    pub at: SystemTime,
    /// Whether it makes up for one that was missed.
    pub missed: bool,
}

/// A [`Schedule`], and what to do about missed runs.
///
/// ```
/// use std::{future::ready, time::{Duration, SystemTime}};
/// use ropewalk_clock::SystemClock;
/// use ropewalk_task::{Calendar, Missed};
///
/// let backups = Calendar::new("30 2 * * *".parse()?, Missed::RunOnce);
/// let last_run = SystemTime::now(); // better: when it really was, from a file
/// let work = async move {
///     backups.run(&SystemClock, SystemTime::now, last_run, |due| {
///         println!("backing up for {:?}", due.at);
///         ready(())
///     }).await
/// };
/// # drop(work); // a reactor or an executor would spawn it
/// # Ok::<(), ropewalk_task::BadSchedule>(())
/// ```
#[derive(Clone, Debug)]
pub struct Calendar {
    /// When to run.
    pub schedule: Schedule,
    /// What to do about runs that were missed.
    pub missed: Missed,
    /// A run that is later than this counts as missed.
    pub tolerance: Duration,
}

impl Calendar {
    /// A run that is more than a minute late counts as missed.
    #[must_use]
    pub fn new(schedule: Schedule, missed: Missed) -> Self {
        Self { schedule, missed, tolerance: Duration::from_secs(60) }
    }

    /// Calls `job` at each time of the schedule after `since`, when it last ran, and waits for the
    /// future that it returns. It ends when the schedule has no more times; dropping it stops it,
    /// together with the job under way.
    ///
    /// `wall` tells the time of the calendar, usually [`SystemTime::now`]. It is looked at once a
    /// minute at least, so that it does not matter when it is set, or when the machine sleeps. A clock
    /// that is set back does not repeat what was run.
    pub async fn run<C: Clock, W: Future<Output = ()>>(
        &self,
        clock: &C,
        wall: impl Fn() -> SystemTime,
        since: SystemTime,
        mut job: impl FnMut(Due) -> W,
    ) {
        let mut since = since;
        while let Some(next) = self.schedule.next_after(since) {
            let now = wall();
            if let Ok(left) = next.duration_since(now)
                && !left.is_zero()
            {
                clock.sleep_until(clock.now() + left.min(LOOK)).await;
                continue;
            }
            for due in self.due(since, now) {
                job(due).await;
            }
            since = now;
        }
    }

    /// What to run when the times after `since` up to `now` have come.
    #[must_use]
    pub fn due(&self, since: SystemTime, now: SystemTime) -> Vec<Due> {
        let late = now.checked_sub(self.tolerance).unwrap_or(SystemTime::UNIX_EPOCH).max(since);
        let mut missed = self.times(since, late);
        let mut due = match self.missed {
            Missed::Skip => Vec::new(),
            Missed::RunOnce => missed.next().into_iter().collect(),
            Missed::RunAll { at_most } => {
                let made_up: Vec<_> = missed.by_ref().take(at_most).collect();
                if missed.next().is_some() {
                    tracing::warn!(schedule = %self.schedule, at_most, "more runs were missed");
                }
                made_up
            }
        };
        for due in &mut due {
            due.missed = true;
        }
        due.extend(self.times(late, now));
        due
    }

    fn times(&self, since: SystemTime, until: SystemTime) -> impl Iterator<Item = Due> {
        let next = move |time: &SystemTime| self.schedule.next_after(*time);
        let times = std::iter::successors(next(&since), next).take_while(move |at| *at <= until);
        times.map(|at| Due { at, missed: false })
    }
}

/// How often the time of the calendar is looked at.
const LOOK: Duration = Duration::from_secs(60);
