use proptest::prelude::*;
use ropewalk_line::{Delimiter, Lines, Overlong};
use ropewalk_protocol::{Codec, Context, Framed, Malformed, Receiver};

use crate::harness::{Harness, at_every_cut, cut, owned};

fn other(bytes: &[u8]) -> Delimiter {
    Delimiter::bytes(bytes).unwrap()
}

#[test]
fn lines_are_the_same_wherever_the_input_is_cut() {
    let cases: [(Delimiter, &[u8], &[&str]); 6] = [
        (Delimiter::Lf, b"a\r\n\nbc\nd", &["a\r", "", "bc"]),
        (Delimiter::CrLf, b"a\r\r\n\n\r\nb\r\n\r", &["a\r", "\n", "b"]),
        (Delimiter::LfOrCrLf, b"a\r\nb\n\r\n\nc\r\r\n", &["a", "b", "", "", "c\r"]),
        (other(b"--"), b"a---b--c-", &["a", "-b"]),
        (other(b"aab"), b"aaabxaabaab", &["a", "x", ""]),
        (other(b"\0"), b"a\0b\0", &["a", "b"]),
    ];
    for (delimiter, input, lines) in cases {
        let (frames, refused) = at_every_cut(&Lines::new(delimiter, 100), input);
        assert_eq!((frames, refused), (owned(lines), None), "{input:?}");
    }
}

#[test]
fn a_line_that_is_too_long_is_refused_as_soon_as_that_is_known() {
    let lines = Lines::new(Delimiter::CrLf, 4);
    let refused = |length| Some(Malformed::TooLong { unit: "line", length, limit: 4 });
    assert_eq!(cut(lines.clone(), &[b"1234\r\n12345\r\n"]).1, refused(5));
    assert_eq!(cut(lines.clone(), &[b"12345"]).1, refused(5));
    assert_eq!(cut(lines.clone(), &[b"1234", b"\r"]).1, None, "the delimiter may have begun");
    assert_eq!(cut(lines.clone(), &[b"1234", b"\r", b"\r"]).1, refused(5));
    assert_eq!(cut(lines, &[b"1234", b"\r", b"\n"]).0, owned(&["1234"]));
    at_every_cut(&Lines::new(other(b"aab"), 3), b"xxxaabxxxaxaab");
}

#[test]
fn ten_megabytes_without_an_end_are_refused_at_the_limit() {
    let chunk = vec![b'x'; 64 * 1024];
    let chunks = vec![&chunk[..]; 160];
    let (frames, refused) = cut(Lines::new(Delimiter::Lf, 100_000), &chunks);
    assert!(frames.is_empty());
    let limit = 100_000;
    assert_eq!(refused, Some(Malformed::TooLong { unit: "line", length: 131_072, limit }));
}

#[test]
fn a_line_that_is_too_long_can_be_cut_instead() {
    let lines = Lines::new(Delimiter::LfOrCrLf, 3).overlong(Overlong::Truncate);
    let (frames, refused) = at_every_cut(&lines, b"12345\r\n12\n1234\n123\r\n");
    assert_eq!((frames, refused), (owned(&["123", "12", "123", "123"]), None));
}

#[test]
fn the_receiver_is_told_which_line_was_cut() {
    struct Marks;
    impl Receiver<Lines> for Marks {
        type Message = ();
        fn frame_received(&mut self, cx: &mut Context<'_, ()>, lines: &mut Lines, _: &[u8]) {
            cx.write(if lines.is_cut() { b"cut " } else { b"whole " });
        }
    }
    let lines = Lines::new(Delimiter::Lf, 3).overlong(Overlong::Truncate);
    let mut harness = Harness::new(Framed::new(lines, Marks));
    harness.feed(b"1234\n123\n12345\n");
    assert_eq!(harness.written(), b"cut whole cut ");
}

#[test]
fn delimiter_and_limit_change_between_lines() {
    struct Changes;
    impl Receiver<Lines> for Changes {
        type Message = ();
        fn frame_received(&mut self, cx: &mut Context<'_, ()>, lines: &mut Lines, line: &[u8]) {
            lines.set_delimiter(Delimiter::bytes(b";").unwrap());
            lines.set_max_length(3);
            cx.write(line);
            cx.write(b"|");
        }
    }
    let mut harness = Harness::new(Framed::new(Lines::new(Delimiter::Lf, 100), Changes));
    harness.feed(b"longer\na\nb;123;1234;");
    assert_eq!(harness.written(), b"longer|a\nb|123|");
    assert!(harness.is_closing());
}

fn delimiters() -> impl Strategy<Value = Delimiter> {
    prop_oneof![
        Just(Delimiter::Lf),
        Just(Delimiter::CrLf),
        Just(Delimiter::LfOrCrLf),
        prop::collection::vec(any::<u8>(), 1..4).prop_map(|it| Delimiter::bytes(&it).unwrap()),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..10),
        delimiter in delimiters(),
        size in 1_usize..40,
    ) {
        let end = delimiter.as_bytes();
        let mut input = Vec::new();
        let mut expected = Vec::new();
        for line in lines {
            let framed = [&line, end].concat();
            // Without lines that contain their end, or make one with it.
            let (frames, _) = cut(Lines::new(delimiter.clone(), 100), &[&framed]);
            if frames == [line.clone()] {
                input.extend(framed);
                expected.push(line);
            }
        }
        let chunks: Vec<_> = input.chunks(size).collect();
        prop_assert_eq!(cut(Lines::new(delimiter, 100), &chunks), (expected, None));
    }

    #[test]
    fn anything_is_cut_the_same_however_it_comes(
        input in prop::collection::vec(prop::sample::select(b"\r\nab".to_vec()), 0..60),
        delimiter in prop_oneof![Just(Delimiter::Lf), Just(Delimiter::CrLf),
            Just(Delimiter::LfOrCrLf), Just(Delimiter::bytes(b"aab").unwrap())],
        limit in 0_usize..12,
    ) {
        at_every_cut(&Lines::new(delimiter.clone(), limit), &input);
        at_every_cut(&Lines::new(delimiter, limit).overlong(Overlong::Truncate), &input);
    }

    #[test]
    fn no_input_and_no_change_makes_it_panic(
        inputs in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..30), 0..10),
        delimiter in delimiters(),
        limit in 0_usize..12,
    ) {
        let mut lines = Lines::new(delimiter, limit);
        for mut input in inputs {
            let _ = lines.split(&mut input);
        }
    }
}
