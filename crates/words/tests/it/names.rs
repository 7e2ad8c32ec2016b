//! What may be a name, and what a mask means.

use proptest::prelude::*;
use ropewalk_words::*;

use crate::world::{World, registration};

#[test]
fn a_nick_is_letters_digits_and_a_few_signs() {
    let mut world = World::new();
    for nick in ["ada", "Ada-1", "[ada]", "_", "été"] {
        world.user(nick);
    }
    for nick in ["", "1ada", "-ada", "a b", "a!b", "a@b", "#ada", "a,b", "a.b", "a\r\n", "a*"] {
        let session = world.open().unwrap();
        let refused = world.ask(session, Command::Register(registration(nick)));
        assert_eq!(refused.unwrap_err(), Refusal::Malformed(Field::Nick), "{nick:?}");
    }
}

#[test]
fn a_room_begins_with_a_sign_and_has_neither_space_nor_comma() {
    let mut world = World::new();
    let ada = world.user("ada");
    for room in ["#a", "##", "#été", "#a!@*"] {
        world.joined(ada, room);
    }
    for room in ["", "#", "a", "#a b", "#a,b", "#a\x07", "#a\r\n"] {
        let refused = world.join(ada, room).unwrap_err();
        assert_eq!(refused, Refusal::Malformed(Field::Room), "{room:?}");
    }
}

#[test]
fn an_identity_cannot_be_made_to_look_like_another() {
    let mut world = World::new();
    let session = world.open().unwrap();
    let honest = registration("ada");
    for (who, field) in [
        (Registration { username: b"a@b", ..honest }, Field::Username),
        (Registration { username: b"", ..honest }, Field::Username),
        (Registration { host: b"a!b", ..honest }, Field::Host),
        (Registration { realname: b"a\nb", ..honest }, Field::Realname),
    ] {
        let refused = world.ask(session, Command::Register(who));
        assert_eq!(refused.unwrap_err(), Refusal::Malformed(field));
    }
}

#[test]
fn names_fold_as_the_settings_say() {
    let mut world = World::with(Settings { fold: Fold::Rfc1459, ..Settings::default() });
    world.user("a[b]");
    let session = world.open().unwrap();
    let taken = world.ask(session, Command::Register(registration("A{B}")));
    assert_eq!(taken.unwrap_err(), Refusal::NickInUse);
}

#[test]
fn a_mask_of_many_stars_takes_no_time() {
    let mask = Mask::parse(format!("{}b!*@*", "*a".repeat(50)).as_bytes()).unwrap();
    let prefix = Prefix::new(&[b'a'; 10_000], b"u", b"h");
    assert!(!mask.matches(Fold::Ascii, &prefix));
}

proptest! {
    #[test]
    fn a_mask_means_what_the_plain_definition_says(mask in "[ab*?]{0,8}", text in "[ab]{0,8}") {
        fn plain(mask: &[u8], text: &[u8]) -> bool {
            match (mask.split_first(), text.split_first()) {
                (None, None) => true,
                (Some((b'*', rest)), _) => {
                    plain(rest, text) || text.split_first().is_some_and(|(_, t)| plain(mask, t))
                }
                (Some((b'?', rest)), Some((_, text))) => plain(rest, text),
                (Some((one, rest)), Some((other, text))) => one == other && plain(rest, text),
                _ => false,
            }
        }
        let whole = format!("n!u@{mask}");
        let parsed = Mask::parse(whole.as_bytes()).unwrap();
        let matches = parsed.matches(Fold::Ascii, &Prefix::new(b"n", b"u", text.as_bytes()));
        prop_assert_eq!(matches, plain(mask.as_bytes(), text.as_bytes()));
    }

    #[test]
    fn an_id_is_the_same_after_being_written_and_read(
        at in 0_u64..1 << 48, count in 0_u32..1 << 24, node: u16
    ) {
        let id = MessageId::new(Timestamp::from_millis(at), count, node);
        prop_assert_eq!(MessageId::parse(&id.text()), Some(id));
        prop_assert_eq!((id.at().as_millis(), id.node()), (at, node));
    }

    #[test]
    fn reading_an_id_never_panics(text: Vec<u8>, like in "[0-9a-z]{18}") {
        let _ = MessageId::parse(&text);
        if let Some(id) = MessageId::parse(like.as_bytes()) {
            prop_assert_eq!(id.to_string(), like);
        }
    }
}
