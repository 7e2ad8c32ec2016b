//! Lines out of a stream: cut at LF, with the CR before it, and none longer than IRC allows.

use memchr::memchr;
use ropewalk_irc::{CLIENT_TAGS_LIMIT, LINE_LIMIT};

/// Cuts lines; remembers only whether it is in the middle of one that is too long.
#[derive(Debug, Default)]
pub(super) struct Lines {
    skipping: bool,
}

/// What the input begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cut<'a> {
    /// A line, without its end.
    Line(&'a [u8]),
    /// A line that is longer than it may be; said once for each.
    TooLong,
    /// The end of a line that is too long, or a part of it.
    Rest,
    /// A line that has not ended yet.
    Part,
}

impl Lines {
    /// The first line of `input`, and how many bytes of it are dealt with.
    pub(super) fn cut<'a>(&mut self, input: &'a [u8]) -> (usize, Cut<'a>) {
        let end = memchr(b'\n', input);
        if self.skipping {
            self.skipping = end.is_none();
            return (end.map_or(input.len(), |end| end + 1), Cut::Rest);
        }
        match end {
            Some(end) if too_long(&input[..=end]) => (end + 1, Cut::TooLong),
            Some(end) => (end + 1, Cut::Line(without_cr(&input[..end]))),
            None if too_long(input) => {
                self.skipping = true;
                (input.len(), Cut::TooLong)
            }
            None => (0, Cut::Part),
        }
    }
}

/// Whether a line, or what there is of it, is longer than it may be: 512 bytes with its end, and
/// 4,096 of tags before that.
fn too_long(line: &[u8]) -> bool {
    if line.len() <= LINE_LIMIT {
        return false;
    }
    if line[0] != b'@' || line.len() > CLIENT_TAGS_LIMIT + LINE_LIMIT {
        return true;
    }
    match memchr(b' ', line) {
        Some(space) => space >= CLIENT_TAGS_LIMIT || line.len() - space - 1 > LINE_LIMIT,
        None => line.len() > CLIENT_TAGS_LIMIT,
    }
}

/// Some clients send more than one.
fn without_cr(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b'\r'] = line {
        line = rest;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_with_lf_and_loses_its_cr() {
        let mut lines = Lines::default();
        assert_eq!(lines.cut(b"PING a\r\nPI"), (8, Cut::Line(b"PING a")));
        assert_eq!(lines.cut(b"PI"), (0, Cut::Part));
        assert_eq!(lines.cut(b"\n"), (1, Cut::Line(b"")));
    }

    #[test]
    fn a_line_of_512_bytes_is_right_and_one_more_is_not() {
        let line = |length: usize| [vec![b'a'; length - 2], b"\r\n".to_vec()].concat();
        assert!(matches!(Lines::default().cut(&line(512)), (512, Cut::Line(_))));
        assert_eq!(Lines::default().cut(&line(513)), (513, Cut::TooLong));
        let tags = [b"@".as_slice(), &[b't'; 4094], b" "].concat();
        let tagged = [tags.as_slice(), &line(512)].concat();
        assert!(matches!(Lines::default().cut(&tagged), (4608, Cut::Line(_))));
        let more = [b"@t".as_slice(), &tagged[1..]].concat();
        assert_eq!(Lines::default().cut(&more), (4609, Cut::TooLong));
    }

    #[test]
    fn what_is_too_long_is_said_once_and_dropped_up_to_its_end() {
        let mut lines = Lines::default();
        assert_eq!(lines.cut(&[b'a'; 600]), (600, Cut::TooLong));
        assert_eq!(lines.cut(&[b'a'; 600]), (600, Cut::Rest));
        assert_eq!(lines.cut(b"aaa\nPING a\n"), (4, Cut::Rest));
        assert_eq!(lines.cut(b"PING a\n"), (7, Cut::Line(b"PING a")));
    }
}
