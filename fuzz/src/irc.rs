//! Lines of IRC, and the small languages inside them.

use ropewalk_irc::{IsupportToken, Message, ModeTable, write_modes};

/// A line that is read can be written, and is then read as the same message.
pub fn message(data: &[u8]) {
    for line in data.split(|byte| *byte == b'\n') {
        let Ok(message) = Message::parse(line) else { continue };
        for tag in message.tags {
            let _ = tag.value();
        }
        let _ = (message.prefix.map(ropewalk_irc::Prefix::split), message.numeric());
        let mut out = Vec::new();
        message.write(&mut out).expect("what was read can be written");
        assert_eq!(Message::parse(&out).as_ref(), Ok(&message));
    }
}

/// A mode string and its arguments; the changes that are understood can be written.
pub fn modes(data: &[u8]) {
    let table = ModeTable::parse(b"beI,k,l,imnpst", b"(qaohv)~&@%+").expect("it is a right one");
    let words: Vec<&[u8]> = data.split(|byte| *byte == b' ').collect();
    if let Some((modes, arguments)) = words.split_first() {
        let changes: Vec<_> = table.changes(modes, arguments).filter_map(Result::ok).collect();
        let mut out = Vec::new();
        write_modes(&changes, &mut out);
        assert_eq!(out.is_empty(), changes.is_empty());
    }
}

/// One token of a 005; its two halves as `CHANMODES` and `PREFIX`, too.
pub fn isupport(data: &[u8]) {
    let _ = IsupportToken::parse(data);
    let (chanmodes, prefix) = data.split_at(data.len() / 2);
    if let Ok(table) = ModeTable::parse(chanmodes, prefix) {
        let again = ModeTable::parse(&table.chanmodes(), &table.prefix());
        assert_eq!(again.expect("it was written by us").chanmodes(), table.chanmodes());
    }
}
