//! From a line to a message: one look for what is forbidden, then one walk.

use memchr::{memchr, memchr3};

use crate::{Message, Params, ParseError, Prefix, TAGS_LIMIT, Tags};

impl<'a> Message<'a> {
    /// Parses one line, given without its line end; nothing is copied.
    ///
    /// Any number of spaces is accepted where there must be one, and before the first word. The
    /// fifteenth parameter takes the rest of the line, with or without a colon (RFC 2812, 2.3.1).
    /// The length of the line, its tags apart, is not limited here: that is for what cut the line
    /// out of the stream.
    ///
    /// # Errors
    ///
    /// [`ParseError`] says what is wrong with the line, and where.
    ///
    /// ```
    /// use ropewalk_irc::{Message, ParseError};
    ///
    /// let message = Message::parse(b":irc.example.net NOTICE * :Looking up \xff")?;
    /// assert_eq!(message.params[1], b"Looking up \xff");
    /// assert_eq!(Message::parse(b":ann "), Err(ParseError::MissingCommand { at: 5 }));
    /// # Ok::<(), ParseError>(())
    /// ```
    pub fn parse(line: &'a [u8]) -> Result<Self, ParseError> {
        if line.is_empty() {
            return Err(ParseError::Empty);
        }
        if let Some(at) = memchr3(b'\0', b'\r', b'\n', line) {
            return Err(ParseError::Forbidden { byte: line[at], at });
        }
        let at = |rest: &[u8]| line.len() - rest.len();
        let (tags, rest) = tags(skip_spaces(line))?;
        let (prefix, rest) = match rest.strip_prefix(b":") {
            None => (None, rest),
            Some(after) => match word(after) {
                ([], _) => return Err(ParseError::EmptyPrefix { at: at(rest) }),
                (prefix, after) => (Some(Prefix::new(prefix)), skip_spaces(after)),
            },
        };
        let (command, after) = word(rest);
        match command.first() {
            None => return Err(ParseError::MissingCommand { at: line.len() }),
            Some(&byte @ (b':' | b'@')) => {
                return Err(ParseError::BadCommand { byte, at: at(rest) });
            }
            Some(_) => {}
        }
        Ok(Message { tags, prefix, command, params: params(after) })
    }
}

fn tags(line: &[u8]) -> Result<(Tags<'_>, &[u8]), ParseError> {
    let Some(tags) = line.strip_prefix(b"@") else { return Ok((Tags::default(), line)) };
    let (tags, rest) = tags.split_at(memchr(b' ', tags).unwrap_or(tags.len()));
    let length = tags.len() + 2;
    if length > TAGS_LIMIT {
        return Err(ParseError::TagsTooLong { length, limit: TAGS_LIMIT });
    }
    Ok((Tags::from_raw(tags), skip_spaces(rest)))
}

fn params(line: &[u8]) -> Params<'_> {
    let mut params = Params::new();
    let mut rest = skip_spaces(line);
    while !rest.is_empty() {
        if let Some(trailing) = rest.strip_prefix(b":") {
            params.push_trailing(trailing);
            return params;
        }
        if params.has_room_for_one() {
            params.push(rest);
            return params;
        }
        let (param, after) = word(rest);
        params.push(param);
        rest = skip_spaces(after);
    }
    params
}

/// Up to the next space. Words are short: a plain loop is faster than calling for `memchr`.
fn word(line: &[u8]) -> (&[u8], &[u8]) {
    line.split_at(line.iter().position(|&byte| byte == b' ').unwrap_or(line.len()))
}

fn skip_spaces(mut line: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] = line {
        line = rest;
    }
    line
}
