//! Work by the calendar.

use std::{
    cell::{Cell, RefCell},
    pin::pin,
    rc::Rc,
    time::{Duration, SystemTime},
};

use futures_lite::future::{block_on, poll_once};
use proptest::prelude::*;
use ropewalk_clock::{Clock, ManualClock};
use ropewalk_task::{Calendar, Due, Missed, Schedule};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// Midnight of 2026-03-28 in UTC: in Berlin the clocks go forward the night after.
fn midnight() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_774_656_000)
}

fn hours(count: u32) -> Duration {
    MINUTE * 60 * count
}

fn schedule(text: &str) -> Schedule {
    text.parse().unwrap()
}

fn runs(missed: Missed, text: &str, since: SystemTime, now: SystemTime) -> Vec<(Duration, bool)> {
    let due = Calendar::new(schedule(text), missed).due(since, now);
    due.into_iter().map(|due| (due.at.duration_since(midnight()).unwrap(), due.missed)).collect()
}

#[test]
fn time_zones_and_their_changes_of_the_clock_are_heeded() {
    let nine = schedule("0 9 * * * Europe/Berlin");
    let first = nine.next_after(midnight()).unwrap();
    assert_eq!(first, midnight() + hours(8), "an hour before UTC");
    let second = nine.next_after(first).unwrap();
    assert_eq!(second, midnight() + DAY + hours(7), "two hours, in summer");
    let utc = schedule("0 9 * * *");
    assert_eq!(utc.next_after(midnight()), Some(midnight() + hours(9)));
}

#[test]
fn a_time_that_there_is_not_that_night_is_passed_over_or_shifted_once() {
    let gone = schedule("30 2 * * * Europe/Berlin");
    let mut times = vec![midnight()];
    for _ in 0..3 {
        times.push(gone.next_after(*times.last().unwrap()).unwrap());
    }
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
    let nights =
        times[1..].iter().map(|at| at.duration_since(midnight()).unwrap().as_secs() / 86_400);
    assert!(nights.collect::<Vec<_>>().windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
}

#[test]
fn what_was_missed_is_left_out_or_made_up_for_as_the_type_says() {
    let (hourly, now) = ("0 * * * *", midnight() + hours(5) + MINUTE / 2);
    let on_time = (hours(5), false);
    let runs = |missed| runs(missed, hourly, midnight(), now);
    assert_eq!(runs(Missed::Skip), [on_time]);
    assert_eq!(runs(Missed::RunOnce), [(hours(1), true), on_time]);
    let all = [(hours(1), true), (hours(2), true), (hours(3), true), (hours(4), true), on_time];
    assert_eq!(runs(Missed::RunAll { at_most: 100 }), all);
    assert_eq!(runs(Missed::RunAll { at_most: 2 }), [all[0], all[1], on_time]);
}

#[test]
fn what_is_late_by_less_than_the_tolerance_is_not_missed() {
    let run = |late| runs(Missed::Skip, "0 * * * *", midnight(), midnight() + hours(1) + late);
    assert_eq!(run(MINUTE - Duration::from_nanos(1)).len(), 1);
    assert_eq!(run(MINUTE).len(), 0);
    assert_eq!(run(Duration::ZERO), [(hours(1), false)]);
}

#[test]
fn jobs_run_in_time_one_after_the_other_and_catch_up() {
    let (clock, ahead) = (ManualClock::new(), Rc::new(Cell::new(Duration::ZERO)));
    let (start, seen) = (clock.now(), Rc::new(RefCell::new(Vec::new())));
    let calendar = Calendar::new(schedule("*/10 * * * *"), Missed::RunOnce);
    let (reads, jumps, sees) = (clock.clone(), Rc::clone(&ahead), Rc::clone(&seen));
    let wall = move || midnight() + (reads.now() - start) + jumps.get();
    let sleeps = clock.clone();
    let mut run = pin!(calendar.run(&clock, wall, midnight(), move |due: Due| {
        sees.borrow_mut().push((due.at.duration_since(midnight()).unwrap() / 60, due.missed));
        // The second takes 35 minutes.
        let takes = if sees.borrow().len() == 2 { MINUTE * 35 } else { Duration::ZERO };
        let sleeps = sleeps.clone();
        async move { sleeps.sleep_until(sleeps.now() + takes).await }
    }));
    let mut pass = |minutes: u32| {
        for _ in 0..minutes {
            assert!(block_on(poll_once(&mut run)).is_none());
            clock.advance(MINUTE);
        }
        assert!(block_on(poll_once(&mut run)).is_none());
    };
    let second = Duration::from_secs(1);
    pass(9);
    assert!(seen.borrow().is_empty());
    pass(1);
    assert_eq!(*seen.borrow(), [(second * 10, false)]);
    pass(45);
    let missed = [(second * 10, false), (second * 20, false), (second * 30, true)];
    assert_eq!(*seen.borrow(), missed, "30, 40 and 50 were missed");
    ahead.set(hours(10)); // the machine slept
    pass(1);
    assert_eq!(seen.borrow().last(), Some(&(second * 60, true)));
    ahead.set(Duration::ZERO); // and somebody set the clock back
    pass(60);
    assert_eq!(seen.borrow().len(), 4, "nothing is repeated");
}

#[test]
fn what_is_no_schedule_is_named() {
    for text in ["", "* * * *", "60 * * * *", "* * * * * Mars/Olympus", "a b c d e"] {
        let error = text.parse::<Schedule>().unwrap_err();
        assert!(error.to_string().starts_with(&format!("`{text}` is not a schedule: ")), "{error}");
    }
    let error = "€".repeat(Schedule::LIMIT).parse::<Schedule>().unwrap_err();
    assert_eq!(error.why, "its 3072 bytes are more than the limit of 1024");
    assert_eq!(error.text.len(), 1023, "cut between two characters");
}

#[test]
fn a_day_that_never_comes_has_no_next_time() {
    let never = "0 0 31 2 *".parse::<Schedule>();
    assert!(never.is_err() || never.unwrap().next_after(midnight()).is_none());
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(text in "[ *0-9a-zA-Z,/#?LW-]{0,40}", at in 0_u32..) {
        if let Ok(schedule) = text.parse::<Schedule>() {
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(at.into());
            prop_assert!(schedule.next_after(at).is_none_or(|next| next > at));
        }
    }
}
