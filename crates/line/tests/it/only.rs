use proptest::prelude::*;
use ropewalk_line::{Delimiter, LineOnly, LineOnlyReceiver, Rules};
use ropewalk_protocol::Context;

use crate::harness::Harness;

/// Writes down what comes; a line `quit` closes.
#[derive(Default)]
struct Log {
    forgives: bool,
    seen: Vec<String>,
}

impl LineOnlyReceiver for Log {
    type Message = usize;

    fn line_received(&mut self, cx: &mut Context<'_, usize>, rules: &mut Rules, line: &[u8]) {
        self.seen.push(String::from_utf8_lossy(line).into_owned());
        match line {
            b"quit" => cx.close(),
            b"pause" => cx.pause_reading(),
            b"semicolons" => rules.set_delimiter(Delimiter::bytes(b";").unwrap()),
            _ => {}
        }
    }

    fn length_exceeded(&mut self, cx: &mut Context<'_, usize>, _: &mut Rules, line: &[u8]) {
        self.seen.push(format!("exceeded {}", String::from_utf8_lossy(line)));
        if !self.forgives {
            cx.close();
        }
    }

    fn message_received(&mut self, cx: &mut Context<'_, usize>, rules: &mut Rules, limit: usize) {
        rules.set_max_length(limit);
        cx.resume_reading();
    }
}

fn log(forgives: bool) -> Harness<LineOnly<Log>> {
    let rules = Rules::new(Delimiter::Lf, 10);
    Harness::new(LineOnly::new(Log { forgives, seen: Vec::new() }, rules))
}

fn seen(harness: &Harness<LineOnly<Log>>) -> &[String] {
    &harness.protocol().receiver().seen
}

#[test]
fn a_line_that_is_too_long_is_reported_alone_and_the_complete_ones_behind_it_are_dropped() {
    let mut harness = log(true);
    harness.feed(b"a\n12345678901\nb\nc\nd");
    harness.feed(b"e\n");
    assert_eq!(seen(&harness), ["a", "exceeded 12345678901", "de"]);
}

#[test]
fn an_unfinished_line_that_is_too_long_is_reported_and_stays() {
    let mut harness = log(true);
    harness.feed(b"12345678901");
    harness.feed(b"2\n");
    assert_eq!(seen(&harness), ["exceeded 12345678901", "exceeded 123456789012"]);
}

#[test]
fn by_default_a_line_that_is_too_long_closes() {
    let mut harness = log(false);
    harness.feed(b"12345678901\nb\n");
    harness.feed(b"c\n");
    assert!(harness.is_closing());
    assert_eq!(seen(&harness), ["exceeded 12345678901"]);
}

#[test]
fn nothing_is_delivered_after_a_handler_has_closed() {
    let mut harness = log(false);
    harness.feed(b"a\nquit\nb\n");
    assert_eq!(seen(&harness), ["a", "quit"]);
}

#[test]
fn a_paused_protocol_keeps_its_lines() {
    let mut harness = log(false);
    harness.feed(b"pause\nb\nc");
    harness.feed(b"d\n");
    assert_eq!(seen(&harness), ["pause"]);
    harness.tell(10);
    assert_eq!(seen(&harness), ["pause", "b", "cd"]);
}

#[test]
fn another_delimiter_holds_from_the_next_chunk_on() {
    let mut harness = log(false);
    harness.feed(b"semicolons\nb;\nc");
    harness.feed(b"d;e\n;");
    assert_eq!(seen(&harness), ["semicolons", "b;", "cd", "e\n"]);
}

proptest! {
    #[test]
    fn no_input_makes_it_panic(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..30), 0..20),
    ) {
        let mut harness = log(true);
        for chunk in chunks {
            harness.feed(&chunk);
        }
    }
}
