use bytes::BytesMut;
use proptest::prelude::*;
use ropewalk_line::{Netstrings, Prefix, Prefixed, StringTooLong, write_netstring, write_prefixed};
use ropewalk_protocol::{Context, Protocol, Transport};

use crate::harness::{Harness, cut};

/// Writes what it is told to when the connection stands.
struct Writes<F>(F);

impl<F: FnMut(&mut dyn Transport)> Protocol for Writes<F> {
    type Message = ();

    fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
        (self.0)(cx);
    }

    fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut BytesMut) {
        input.clear();
    }
}

fn written(write: impl FnMut(&mut dyn Transport)) -> Vec<u8> {
    Harness::new(Writes(write)).written()
}

#[test]
fn a_string_that_its_prefix_cannot_say_is_not_written() {
    for (prefix, limit) in [(Prefix::U8, 255), (Prefix::U16, 65_535)] {
        let longest = vec![b'x'; limit];
        let bytes = written(|out| write_prefixed(out, &longest, prefix).unwrap());
        assert!(bytes.ends_with(&longest) && bytes.len() > limit);
        let too_long = vec![b'x'; limit + 1];
        let bytes = written(|out| {
            let error = write_prefixed(out, &too_long, prefix).unwrap_err();
            assert_eq!(error, StringTooLong { length: limit + 1, limit });
        });
        assert_eq!(bytes, b"");
    }
    let error = StringTooLong { length: 256, limit: 255 }.to_string();
    assert_eq!(
        error,
        "string of 256 bytes is longer than the limit of 255 that its prefix can say"
    );
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        strings in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..10),
        size in 1_usize..100,
    ) {
        let netstrings =
            written(|out| strings.iter().for_each(|string| write_netstring(out, string)));
        let chunks: Vec<_> = netstrings.chunks(size).collect();
        prop_assert_eq!(cut(Netstrings::new(200), &chunks), (strings.clone(), None));
        for prefix in [Prefix::U8, Prefix::U16, Prefix::U32] {
            let prefixed = written(|out| {
                strings.iter().for_each(|it| write_prefixed(out, it, prefix).unwrap());
            });
            let chunks: Vec<_> = prefixed.chunks(size).collect();
            prop_assert_eq!(cut(Prefixed::new(prefix, 200), &chunks), (strings.clone(), None));
        }
    }
}
