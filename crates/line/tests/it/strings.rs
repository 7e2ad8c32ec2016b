use proptest::prelude::*;
use ropewalk_line::{Netstrings, Prefix, Prefixed};
use ropewalk_protocol::{Codec, Malformed};

use crate::harness::{at_every_cut, cut, owned};

#[test]
fn netstrings_are_the_same_wherever_the_input_is_cut() {
    let (frames, refused) = at_every_cut(&Netstrings::new(20), b"0:,3:a,b,12:hello world!,1:");
    assert_eq!((frames, refused), (owned(&["", "a,b", "hello world!"]), None));
}

#[test]
fn what_is_no_netstring_is_refused_and_nothing_after_it_is_read() {
    for wrong in ["x", ":", ",", "-1:a,", "01:a,", "00:,", "1 :a,", "1:ab", "1\n:a,", "0:x", "5x"] {
        let input = ["2:ok,", wrong, "1:a,"].concat();
        let (frames, refused) = at_every_cut(&Netstrings::new(20), input.as_bytes());
        assert_eq!(frames, owned(&["ok"]), "{wrong}");
        assert!(matches!(refused, Some(Malformed::Syntax(_))), "{wrong}: {refused:?}");
    }
}

#[test]
fn a_netstring_that_is_too_long_is_refused_at_the_digit_that_says_so() {
    let refused = |length| Some(Malformed::TooLong { unit: "string", length, limit: 20 });
    assert_eq!(cut(Netstrings::new(20), &[b"2"]).1, None);
    assert_eq!(cut(Netstrings::new(20), &[b"20:"]).1, None);
    assert_eq!(cut(Netstrings::new(20), &[b"21"]).1, refused(21));
    assert_eq!(cut(Netstrings::new(20), &[b"1", b"0", b"0"]).1, refused(100));
    let digits = [b'9'; 100];
    assert_eq!(cut(Netstrings::new(usize::MAX), &[&digits]).1, None, "waits, and never comes");
}

#[test]
fn prefixed_strings_are_the_same_wherever_the_input_is_cut() {
    let cases: [(Prefix, &[u8]); 3] = [
        (Prefix::U8, b"\0\x02hi\x01!\x03yo"),
        (Prefix::U16, b"\0\0\0\x02hi\0\x01!\0"),
        (Prefix::U32, b"\0\0\0\0\0\0\0\x02hi\0\0\0\x01!\0\0"),
    ];
    for (prefix, input) in cases {
        let (frames, refused) = at_every_cut(&Prefixed::new(prefix, 20), input);
        assert_eq!((frames, refused), (owned(&["", "hi", "!"]), None), "{prefix:?}");
    }
}

#[test]
fn a_prefixed_string_that_is_too_long_is_refused_when_its_prefix_has_come() {
    let refused = |length, limit| Some(Malformed::TooLong { unit: "string", length, limit });
    assert_eq!(cut(Prefixed::new(Prefix::U8, 2), &[b"\x02ab\x03"]).1, refused(3, 2));
    assert_eq!(cut(Prefixed::new(Prefix::U16, 2), &[b"\x01"]).1, None);
    let u32 = Prefixed::new(Prefix::U32, 2);
    assert_eq!(cut(u32, &[b"\xff\xff\xff\xff"]).1, refused(0xffff_ffff, 2));
}

proptest! {
    #[test]
    fn any_bytes_are_cut_the_same_however_they_come(
        input in prop::collection::vec(prop_oneof![any::<u8>(), 0_u8..4, 48_u8..60], 0..40),
        limit in 0_usize..40,
    ) {
        at_every_cut(&Netstrings::new(limit), &input);
        for prefix in [Prefix::U8, Prefix::U16, Prefix::U32] {
            at_every_cut(&Prefixed::new(prefix, limit), &input);
        }
    }

    #[test]
    fn no_input_makes_a_codec_panic(
        inputs in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..30), 0..10),
        limit in any::<usize>(),
    ) {
        let mut netstrings = Netstrings::new(limit);
        let mut prefixed = Prefixed::new(Prefix::U32, limit);
        for mut input in inputs {
            let _ = netstrings.split(&mut input);
            let _ = prefixed.split(&mut input);
        }
    }
}
