//! The hot path: nothing is allocated once the buffer is warm.

use allocation_counter::measure;
use ropewalk_irc::{Casemapping, Mask, Message};

#[test]
fn a_privmsg_is_read_and_written_without_allocating() {
    let line = b"@time=2026-01-01T00:00:00Z;msgid=7 :ann!a@example.net PRIVMSG #rope :good morning";
    let mut out = Vec::with_capacity(512);
    let counted = measure(|| {
        for _ in 0..100 {
            out.clear();
            let message = Message::parse(line).unwrap();
            assert!(message.is(b"privmsg"));
            assert_eq!(message.prefix.unwrap().user(), Some(&b"a"[..]));
            assert_eq!(message.tags.get(b"msgid").as_deref(), Some(&b"7"[..]));
            let (target, text) = (message.params[0], message.params[1]);
            let answer = Message::new(b"PRIVMSG").prefix(b"bob!b@example.org").param(target);
            answer.trailing(text).truncated().write_line(&mut out).unwrap();
        }
    });
    assert_eq!(out, b":bob!b@example.org PRIVMSG #rope :good morning\r\n");
    assert_eq!(counted.count_total, 0);
}

#[test]
fn names_are_looked_up_and_masks_matched_without_allocating() {
    let mask = Mask::new(b"*!*@*.example.net");
    let mut key = Vec::with_capacity(64);
    let counted = measure(|| {
        Casemapping::Rfc1459.fold_into(b"#Rope[7]", &mut key);
        assert!(Casemapping::Rfc1459.same(b"ANN", b"ann"));
        assert!(mask.matches(b"ann!a@pc.example.net", Casemapping::Rfc1459));
    });
    assert_eq!(key, b"#rope{7}");
    assert_eq!(counted.count_total, 0);
}

#[test]
fn the_counter_counts() {
    let counted = measure(|| {
        assert_eq!(Casemapping::Ascii.fold(b"#Rope").as_bytes(), b"#rope");
    });
    assert_eq!(counted.count_total, 1);
}
