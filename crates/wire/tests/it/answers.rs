use std::time::{Duration, SystemTime};

use ropewalk_protocol::Protocol;
use ropewalk_wire::{Daytime, Quote, Time};

use crate::{connect, feed, take};

/// What a protocol says before it closes.
fn answer(protocol: impl Protocol) -> Vec<u8> {
    let (mut connection, now) = connect(protocol);
    feed(&mut connection, now, b"whatever");
    let answer = take(&mut connection, now, usize::MAX);
    assert!(connection.wants_shutdown(), "it closes");
    answer
}

fn at(seconds: i64) -> SystemTime {
    let span = Duration::from_secs(seconds.unsigned_abs());
    let epoch = SystemTime::UNIX_EPOCH;
    if seconds < 0 { epoch - span } else { epoch + span }
}

/// RFC 868 gives these.
#[test]
fn the_times_that_the_rfc_gives_as_examples_are_right() {
    let examples =
        [(0, 2_208_988_800_u32), (189_302_400, 2_398_291_200), (325_036_800, 2_534_025_600)];
    for (unix, seconds) in examples {
        assert_eq!(answer(Time::new(|| at(unix))), seconds.to_be_bytes());
    }
    assert_eq!(answer(Time::new(|| at(-1_297_728_000))), 911_260_800_u32.to_be_bytes());
}

#[test]
fn the_time_begins_again_in_2036() {
    assert_eq!(answer(Time::new(|| at(2_085_978_495))), [0xff; 4]);
    assert_eq!(answer(Time::new(|| at(2_085_978_496))), [0; 4]);
}

#[test]
fn dates_are_right_in_and_out_of_leap_years() {
    let examples = [
        (-1, "Wednesday, December 31, 1969 23:59:59-UTC"),
        (951_782_400, "Tuesday, February 29, 2000 00:00:00-UTC"),
        (951_868_800, "Wednesday, March 1, 2000 00:00:00-UTC"),
        (1_709_210_096, "Thursday, February 29, 2024 12:34:56-UTC"),
        (4_107_542_400, "Monday, March 1, 2100 00:00:00-UTC"),
        (-2_203_891_200, "Thursday, March 1, 1900 00:00:00-UTC"),
    ];
    for (unix, text) in examples {
        let said = answer(Daytime::new(|| at(unix)));
        assert_eq!(String::from_utf8(said).unwrap(), format!("{text}\r\n"));
    }
}

#[test]
fn a_quote_is_said_once() {
    assert_eq!(answer(Quote::new("Less is more.\r\n")), b"Less is more.\r\n");
}
