//! Which names are the same.

use proptest::{collection::vec, prelude::*};
use ropewalk_irc::Casemapping;

const ALL: [Casemapping; 3] =
    [Casemapping::Ascii, Casemapping::Rfc1459, Casemapping::StrictRfc1459];

/// RFC 2812, 2.2: `{}|^` are the lower case of `[]\~`.
#[test]
fn rfc1459_folds_brackets_backslash_and_tilde() {
    assert!(Casemapping::Rfc1459.same(br"[]\~", b"{}|^"));
    assert!(Casemapping::StrictRfc1459.same(br"[]\", b"{}|"));
    assert!(!Casemapping::StrictRfc1459.same(b"~", b"^"));
    for (upper, lower) in br"[]\~".iter().zip(b"{}|^") {
        assert!(!Casemapping::Ascii.same(&[*upper], &[*lower]));
    }
}

#[test]
fn mappings_are_found_by_the_names_that_servers_give() {
    for mapping in ALL {
        assert_eq!(Casemapping::parse(mapping.name().as_bytes()), Some(mapping));
    }
    assert_eq!(Casemapping::StrictRfc1459.name(), "strict-rfc1459");
    assert_eq!(Casemapping::parse(b"rfc7613"), None);
}

#[test]
fn bytes_beyond_ascii_stay_as_they_are() {
    for mapping in ALL {
        for byte in 128..=255 {
            assert_eq!(mapping.fold_byte(byte), byte);
        }
    }
}

proptest! {
    #[test]
    fn names_are_the_same_when_their_keys_are(
        one in vec(any::<u8>(), 0..6),
        other in vec(any::<u8>(), 0..6),
    ) {
        for mapping in ALL {
            let (key, other_key) = (mapping.fold(&one), mapping.fold(&other));
            prop_assert_eq!(mapping.same(&one, &other), key == other_key);
            prop_assert!(mapping.same(&one, key.as_bytes()));
            prop_assert_eq!(mapping.fold(key.as_bytes()), key);
        }
    }
}
