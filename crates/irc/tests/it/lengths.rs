//! Lines that fit.

use proptest::{collection::vec, prelude::*};
use ropewalk_irc::{LINE_LIMIT, Message, split_text, truncate_text};

#[test]
fn text_is_not_cut_inside_a_character() {
    let text = "aé€😀";
    let lengths: Vec<_> = (0..=10).map(|room| truncate_text(text.as_bytes(), room).len()).collect();
    assert_eq!(lengths, [0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10]);
}

#[test]
fn bytes_that_are_not_utf8_are_cut_anywhere() {
    assert_eq!(truncate_text(&[0x80; 9], 5).len(), 5);
    assert_eq!(truncate_text(b"ab\xf0\x9f", 3), b"ab\xf0", "a character that never ends");
    assert_eq!(truncate_text(b"ab\xff\xff", 3), b"ab\xff");
}

#[test]
fn a_message_that_fits_is_left_alone() {
    let text = "a".repeat(495);
    let message = Message::new(b"PRIVMSG").param(b"#rope").trailing(text.as_bytes());
    assert!(message.fits());
    assert_eq!(message.clone().truncated(), message);
    assert_eq!(message.clone().split().collect::<Vec<_>>(), [message]);
}

#[test]
fn a_message_without_room_for_its_text_has_no_pieces() {
    let target = "#".repeat(600);
    let message = Message::new(b"PRIVMSG").param(target.as_bytes()).trailing(b"text");
    assert_eq!(message.room(), 0);
    assert_eq!(message.clone().split().count(), 0);
    assert_eq!(message.truncated().params[1], b"");
}

#[test]
fn tags_do_not_count() {
    let tags = "a".repeat(1000);
    let tags = ropewalk_irc::Tags::from_raw(tags.as_bytes());
    assert!(Message::new(b"PING").tags(tags).param(b"x").fits());
}

proptest! {
    #[test]
    fn pieces_fit_and_together_are_the_text(text in "\\PC{0,60}", room in 4usize..20) {
        let pieces: Vec<_> = split_text(text.as_bytes(), room).collect();
        prop_assert!(pieces.iter().all(|piece| piece.len() <= room && !piece.is_empty()));
        prop_assert!(pieces.iter().all(|piece| std::str::from_utf8(piece).is_ok()));
        prop_assert_eq!(pieces.concat(), text.as_bytes());
    }

    #[test]
    fn any_bytes_are_split_and_lose_nothing(text in vec(any::<u8>(), 0..60), room in 1usize..9) {
        let pieces: Vec<_> = split_text(&text, room).collect();
        prop_assert!(pieces.iter().all(|piece| piece.len() <= room && !piece.is_empty()));
        prop_assert_eq!(pieces.concat(), text);
    }

    #[test]
    fn messages_are_split_into_lines_that_fit(text in "\\PC{0,900}") {
        let message = Message::new(b"NOTICE").prefix(b"irc.example.net").param(b"ann");
        let message = message.trailing(text.as_bytes());
        let mut all = Vec::new();
        for piece in message.clone().split() {
            let mut line = Vec::new();
            piece.write_line(&mut line).unwrap();
            prop_assert!(line.len() <= LINE_LIMIT);
            all.extend_from_slice(piece.params[1]);
        }
        prop_assert_eq!(all, text.as_bytes());
        let mut line = Vec::new();
        message.truncated().write_line(&mut line).unwrap();
        prop_assert!(line.len() <= LINE_LIMIT);
        prop_assert!(std::str::from_utf8(&line).is_ok());
    }
}
