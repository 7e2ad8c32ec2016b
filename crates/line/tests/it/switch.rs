use proptest::prelude::*;
use ropewalk_line::{Delimiter, LineReceiver, Modes, Switch};
use ropewalk_protocol::Context;

use crate::harness::Harness;

/// A line `raw N` is followed by so many raw bytes; other words do what they say.
#[derive(Default)]
struct Log {
    seen: Vec<String>,
    expected: usize,
}

#[derive(Debug)]
enum Ask {
    Resume,
    Clear,
    Raw,
    Lines(&'static str),
}

impl LineReceiver for Log {
    type Message = Ask;

    fn line_received(&mut self, cx: &mut Context<'_, Ask>, modes: &mut Modes<'_>, line: &[u8]) {
        let line = String::from_utf8_lossy(line).into_owned();
        match &*line {
            "pause" => modes.pause(),
            "clear" => self.seen.push(format!("cleared {}", text(&modes.clear()))),
            "more" => modes.lines_with(b"one\ntwo\n"),
            "semicolons" => modes.set_delimiter(Delimiter::bytes(b";").unwrap()),
            "short" => modes.set_max_length(3),
            "stop" => cx.pause_reading(),
            "quit" => {
                modes.lines_with(b"unsaid\n");
                cx.close();
            }
            _ => {}
        }
        if let Some(count) = line.strip_prefix("raw ").and_then(|it| it.parse().ok()) {
            self.expected = count;
            modes.raw();
        } else {
            self.seen.push(line);
        }
    }

    fn raw_received(&mut self, _: &mut Context<'_, Ask>, modes: &mut Modes<'_>, data: &[u8]) {
        let taken = data.len().min(self.expected);
        self.expected -= taken;
        self.seen.push(format!("raw {}", text(&data[..taken])));
        if self.expected == 0 {
            modes.lines_from(data.len() - taken);
        }
    }

    fn length_exceeded(&mut self, cx: &mut Context<'_, Ask>, _: &mut Modes<'_>, data: &[u8]) {
        self.seen.push(format!("exceeded {}", text(data)));
        cx.close();
    }

    fn message_received(&mut self, cx: &mut Context<'_, Ask>, modes: &mut Modes<'_>, ask: Ask) {
        match ask {
            Ask::Resume => {
                modes.resume();
                cx.resume_reading();
            }
            Ask::Clear => self.seen.push(format!("cleared {}", text(&modes.clear()))),
            Ask::Raw => {
                self.expected = 100;
                modes.raw();
            }
            Ask::Lines(bytes) => modes.lines_with(bytes.as_bytes()),
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn log() -> Harness<Switch<Log>> {
    Harness::new(Switch::new(Log::default(), Delimiter::Lf, 10))
}

fn seen(harness: &Harness<Switch<Log>>) -> &[String] {
    &harness.protocol().receiver().seen
}

fn all(chunks: &[&[u8]]) -> Vec<String> {
    let mut harness = log();
    chunks.iter().for_each(|chunk| harness.feed(chunk));
    seen(&harness).to_vec()
}

#[test]
fn lines_and_raw_bytes_take_turns_wherever_the_input_is_cut() {
    let input = b"a\nraw 3\nx\nyb\nraw 1\n\nraw 2\nraraw 4\n1234\nc\n";
    let joined = |seen: Vec<String>| {
        // Raw bytes come in as many pieces as the cuts make.
        seen.join("\n").replace("raw \n", "").replace("\nraw ", "|")
    };
    let whole = all(&[input]);
    assert_eq!(
        whole,
        ["a", "raw x\ny", "b", "raw \n", "raw ra", "raw 1234", "", "c"],
        "in one piece"
    );
    for at in 1..input.len() {
        let halves = all(&[&input[..at], &input[at..]]);
        let strip = |it: &str| it.replace("raw ", "").replace(['\n', '|'], "");
        assert_eq!(strip(&joined(halves)), strip(&joined(whole.clone())), "cut at {at}");
    }
}

#[test]
fn thousands_of_flips_in_one_chunk_do_not_recurse() {
    let flips = 100_000;
    let mut harness = log();
    harness.feed(&b"raw 1\nx".repeat(flips));
    assert_eq!(seen(&harness).len(), flips);
    assert!(seen(&harness).iter().all(|it| it == "raw x"));
}

#[test]
fn bytes_from_a_handler_go_behind_those_that_are_there() {
    assert_eq!(all(&[b"more\nlast\n"]), ["more", "last", "one", "two"]);
    assert_eq!(all(&[b"more\nunfin"]), ["more", "unfinone", "two"]);
}

#[test]
fn bytes_from_a_message_are_read_at_once() {
    let mut harness = log();
    harness.feed(b"half ");
    harness.tell(Ask::Lines("line\nrest"));
    assert_eq!(seen(&harness), ["half line"]);
}

#[test]
fn a_pause_in_a_handler_holds_at_once_and_keeps_everything() {
    let mut harness = log();
    harness.feed(b"a\npause\nb\nc");
    harness.feed(b"d\n");
    assert_eq!(seen(&harness), ["a", "pause"]);
    harness.tell(Ask::Resume);
    assert_eq!(seen(&harness), ["a", "pause", "b", "cd"]);
}

#[test]
fn the_transports_pause_holds_as_well() {
    let mut harness = log();
    harness.feed(b"a\nstop\nb\nc");
    harness.feed(b"d\n");
    assert_eq!(seen(&harness), ["a", "stop"]);
    harness.tell(Ask::Resume);
    assert_eq!(seen(&harness), ["a", "stop", "b", "cd"]);
}

#[test]
fn a_pause_in_which_much_arrives_stops_the_reading() {
    let mut harness = log();
    harness.feed(b"pause\n");
    assert!(harness.connection.wants_input());
    harness.feed(&b"123456789\n".repeat(10_000));
    assert!(!harness.connection.wants_input());
    harness.tell(Ask::Resume);
    assert!(harness.connection.wants_input());
    assert_eq!(seen(&harness).len(), 10_001);
}

#[test]
fn what_was_not_delivered_can_be_taken_away() {
    let mut harness = log();
    harness.feed(b"clear\nb\nc");
    assert_eq!(seen(&harness), ["cleared b\nc", "clear"]);
    harness.feed(b"half");
    harness.tell(Ask::Clear);
    harness.feed(b"d\n");
    assert_eq!(seen(&harness)[2..], ["cleared half", "d"]);
}

#[test]
fn raw_mode_hands_over_what_is_there_first() {
    let mut harness = log();
    harness.feed(b"half");
    harness.tell(Ask::Raw);
    assert!(seen(&harness).is_empty(), "with the next bytes");
    harness.feed(b"raw");
    assert_eq!(seen(&harness), ["raw halfraw"]);
}

#[test]
fn a_line_that_is_too_long_is_reported_with_all_that_is_behind_it() {
    assert_eq!(all(&[b"a\n12345678901\nb\n"]), ["a", "exceeded 12345678901\nb\n"]);
    assert_eq!(all(&[b"1234567890"]), [""; 0], "the delimiter may follow");
    assert_eq!(all(&[b"1234567890", b"1"]), ["exceeded 12345678901"]);
    assert_eq!(all(&[b"1234567890", b"\n"]), ["1234567890"]);
}

#[test]
fn delimiter_and_limit_change_at_once() {
    assert_eq!(all(&[b"semicolons\nb\nc;d;"]), ["semicolons", "b\nc", "d"]);
    assert_eq!(all(&[b"short\nabc\nabcd\n"]), ["short", "abc", "exceeded abcd\n"]);
}

#[test]
fn nothing_is_delivered_after_a_line_whose_handler_closed() {
    assert_eq!(all(&[b"quit\nb\n", b"c\n"]), ["quit"]);
}

proptest! {
    #[test]
    fn no_input_makes_it_panic(
        words in prop::collection::vec(prop::sample::select(vec![
            "raw 3\n", "raw 0\n", "more\n", "clear\n", "pause\n", "semicolons\n", "short\n", "x",
            "\n", ";", "stop\n",
        ]), 0..40),
        size in 1_usize..20,
    ) {
        let mut harness = log();
        for chunk in words.concat().as_bytes().chunks(size) {
            harness.feed(chunk);
            harness.tell(Ask::Resume);
        }
        harness.tell(Ask::Clear);
    }
}
