//! Wildcards.

use proptest::prelude::*;
use ropewalk_irc::{Casemapping, Mask};

fn matches(mask: &[u8], text: &[u8]) -> bool {
    Mask::new(mask).matches(text, Casemapping::Rfc1459)
}

#[test]
fn a_star_is_anything_and_a_question_mark_one_byte() {
    assert!(matches(b"", b"") && matches(b"*", b"") && matches(b"**", b"abc"));
    assert!(!matches(b"", b"a") && !matches(b"?", b"") && !matches(b"?", b"ab"));
    assert!(matches(b"a*b*c", b"aXbXbc") && !matches(b"a*b*c", b"aXbXb"));
    assert!(matches(b"*ab", b"aab") && matches(b"*?", b"x") && !matches(b"*?", b""));
}

/// RFC 2812, 2.5: a backslash takes the meaning from the wildcard behind it.
#[test]
fn an_escaped_wildcard_is_itself() {
    assert!(matches(br"a\*", b"a*") && !matches(br"a\*", b"ab"));
    assert!(matches(br"\?", b"?") && !matches(br"\?", b"x"));
    assert!(matches(br"a\b", br"a\b") && matches(br"a\", br"a\"));
}

#[test]
fn case_is_folded_by_the_mapping() {
    assert!(matches(b"ann[*]", b"ANN{7}"));
    assert!(!Mask::new(b"ann[*]").matches(b"ANN{7}", Casemapping::Ascii));
}

/// A matcher that tried every star anew would not end in this lifetime.
#[test]
fn many_stars_do_not_make_it_slow() {
    let mask = [b"*a".repeat(200), b"b".to_vec()].concat();
    assert!(!matches(&mask, &[b'a'; 4000]));
}

/// What a mask means, by the definition; exponential.
fn by_definition(mask: &[u8], text: &[u8]) -> bool {
    match mask {
        [] => text.is_empty(),
        [b'\\', wild @ (b'*' | b'?'), rest @ ..] => {
            text.first() == Some(wild) && by_definition(rest, &text[1..])
        }
        [b'*', rest @ ..] => (0..=text.len()).any(|end| by_definition(rest, &text[end..])),
        [b'?', rest @ ..] => !text.is_empty() && by_definition(rest, &text[1..]),
        [byte, rest @ ..] => text.first() == Some(byte) && by_definition(rest, &text[1..]),
    }
}

proptest! {
    #[test]
    fn a_mask_matches_what_its_definition_says(
        mask in r"[ab*?\\]{0,8}",
        text in r"[ab*?\\]{0,8}",
    ) {
        let expected = by_definition(mask.as_bytes(), text.as_bytes());
        prop_assert_eq!(matches(mask.as_bytes(), text.as_bytes()), expected);
    }

    #[test]
    fn a_completed_mask_has_all_three_parts(text in r"[ab.!@:*]{0,8}") {
        let mask = Mask::complete(text.as_bytes());
        prop_assert!(mask.as_bytes().contains(&b'!') && mask.as_bytes().contains(&b'@'));
    }
}
