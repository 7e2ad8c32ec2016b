//! The traffic log.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use ropewalk_policies::{Record, TrafficLog, journal};
use ropewalk_protocol::{Filtered, Given};
use ropewalk_testkit::{Harness, every_cut};

use crate::Echo;

type Lines = Arc<Mutex<Vec<String>>>;

fn logged(most: usize) -> (Harness<Filtered<TrafficLog, Given<Echo>>>, Lines) {
    let lines = Lines::default();
    let sink = {
        let lines = Arc::clone(&lines);
        move |record: &Record<'_>| {
            let text = record.to_string();
            let (_, text) = text.split_once(' ').unwrap();
            lines.lock().unwrap().push(format!("{text} | {record:x}"));
        }
    };
    let log = TrafficLog::new(sink).most(most);
    (Harness::new(Filtered::around(log, Echo)), lines)
}

#[test]
fn both_ways_are_shown_with_what_cannot_be_printed_escaped() {
    let (mut harness, lines) = logged(100);
    harness.feed(b"a\r\n\0\xff");
    let lines = lines.lock().unwrap();
    let parts: Vec<_> = lines.iter().map(|line| line.split(" | ").next().unwrap()).collect();
    assert_eq!(parts, ["unnamed < 5 a\\r\\n\\x00\\xff", "unnamed > 5 a\\r\\n\\x00\\xff"]);
    assert!(lines[0].ends_with(" unnamed < 5 610d0a00ff"), "{}", lines[0]);
}

#[test]
fn a_record_shows_no_more_than_its_limit_and_says_that_there_was_more() {
    let (mut harness, lines) = logged(4);
    harness.feed(b"123456789");
    assert!(lines.lock().unwrap()[0].starts_with("unnamed < 9 1234 ... | "));
    assert_eq!(harness.written(), b"123456789");
}

#[test]
fn it_changes_nothing() {
    let outcome = every_cut(b"hello", || Filtered::around(TrafficLog::tracing(), Echo));
    assert_eq!(outcome.written, b"hello");
}

#[test]
fn a_journal_that_does_not_keep_up_drops_lines_and_says_how_many() {
    let (sink, journal) = journal(3, |record| record.to_string());
    let mut harness = Harness::new(Filtered::around(TrafficLog::shared(sink), Echo));
    (0..10).for_each(|_| harness.feed(b"x"));
    drop(harness);
    let mut out = Vec::new();
    journal.run(&mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.lines().count(), 4);
    assert!(text.ends_with("\n17 records were dropped: the journal did not keep up\n"), "{text}");
}

#[test]
fn a_journal_that_cannot_write_says_so_and_connections_go_on() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (sink, journal) = journal(3, |record| record.to_string());
    let mut harness = Harness::new(Filtered::around(TrafficLog::shared(sink), Echo));
    harness.feed(b"x");
    assert!(journal.run(Full).is_err());
    harness.feed(b"y");
    assert_eq!(harness.written(), b"xy");
}
