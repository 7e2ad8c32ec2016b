//! The line that a client sends; RFC 1288, section 2.3.

use std::{fmt, str::FromStr};

use nom::{
    IResult, Parser,
    bytes::complete::{tag_no_case, take_while, take_while1},
    character::complete::{char, space0},
    combinator::{eof, opt, peek},
    multi::many0,
    sequence::{preceded, terminated},
};

use crate::QueryError;

/// A question to a server: whom it is about, and whether the answer is to be long.
///
/// Both `{Q1}` (about this server) and `{Q2}` (to be passed on) of the RFC. A user without `/W`
/// before it is accepted, as all clients send it; so are spaces at the ends.
///
/// ```
/// use ropewalk_finger::Query;
///
/// let query: Query = "/W alice@inner@outer".parse()?;
/// assert!(query.is_verbose());
/// assert_eq!((query.user(), query.hosts()), ("alice", &["inner".into(), "outer".into()][..]));
/// let (next, rest) = query.next_hop().unwrap();
/// assert_eq!((next, &*rest.to_string()), ("outer", "/W alice@inner"));
/// # Ok::<(), ropewalk_finger::QueryError>(())
/// ```
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Query {
    verbose: bool,
    user: String,
    hosts: Vec<String>,
}

impl Query {
    /// Reads a line without its end.
    ///
    /// # Errors
    /// [`QueryError`] says what is wrong with it.
    pub fn parse(line: &[u8]) -> Result<Self, QueryError> {
        if line.len() > MAX_LENGTH {
            return Err(QueryError::TooLong { length: line.len(), limit: MAX_LENGTH });
        }
        let text = std::str::from_utf8(line)
            .map_err(|error| QueryError::Unprintable { at: error.valid_up_to() })?;
        if let Some((at, _)) = text.char_indices().find(|(_, it)| it.is_control() && *it != '\t') {
            return Err(QueryError::Unprintable { at });
        }
        let (rest, (verbose, user, hosts)) = parts(text).unwrap_or((text, (false, "", Vec::new())));
        if let Some(host) = hosts.iter().find(|host| !is_host(host)) {
            return Err(QueryError::Host((*host).to_owned()));
        }
        if !rest.is_empty() {
            return Err(QueryError::TwoWords(text.trim().to_owned()));
        }
        let hosts = hosts.into_iter().map(str::to_owned).collect();
        Ok(Self { verbose, user: user.to_owned(), hosts })
    }

    /// Asks for a longer answer (`/W`).
    #[must_use]
    pub fn verbose(self) -> Self {
        Self { verbose: true, ..self }
    }

    /// Whether a longer answer is wanted (`/W`).
    #[must_use]
    pub fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Whom it is about; empty where it asks who is there.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Through which hosts it is to be passed on, the last one first. Empty where it is for the
    /// server that gets it.
    #[must_use]
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// Where it goes next, and what is to be asked there.
    #[must_use]
    pub fn next_hop(&self) -> Option<(&str, Self)> {
        let (next, before) = self.hosts.split_last()?;
        Some((next, Self { hosts: before.to_vec(), ..self.clone() }))
    }

    /// The longest query, in bytes, without the end of its line. The RFC names none.
    pub const MAX_LENGTH: usize = MAX_LENGTH;
}

const MAX_LENGTH: usize = 512;

type Parts<'a> = (bool, &'a str, Vec<&'a str>);

/// `[/W] [user] {@host}`. `/W` is one only if a space, an `@` or the end follows it.
fn parts(input: &str) -> IResult<&str, Parts<'_>> {
    let blank = |it: char| it == ' ' || it == '\t';
    let name = move |it: char| !blank(it) && it != '@';
    let follows = peek(take_while1(blank).or(eof).or(nom::bytes::complete::tag("@")));
    let verbose = opt(terminated(tag_no_case("/w"), follows)).map(|found| found.is_some());
    let hosts = many0(preceded(char('@'), take_while(name)));
    let user = take_while(name);
    let (rest, _) = space0(input)?;
    let (rest, verbose) = terminated(verbose, space0).parse(rest)?;
    let (rest, (user, hosts)) = terminated((user, hosts), space0).parse(rest)?;
    Ok((rest, (verbose, user, hosts)))
}

/// A name or an address. What else a resolver would take is not for this parser to let through.
fn is_host(host: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    !host.is_empty() && !host.starts_with('-') && host.bytes().all(allowed)
}

impl FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        Self::parse(text.as_bytes())
    }
}

/// The line, without its end.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nothing = self.user.is_empty() && self.hosts.is_empty();
        f.write_str(match (self.verbose, nothing) {
            (false, _) => "",
            (true, true) => "/W",
            (true, false) => "/W ",
        })?;
        f.write_str(&self.user)?;
        self.hosts.iter().try_for_each(|host| write!(f, "@{host}"))
    }
}
