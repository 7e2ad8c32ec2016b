//! A request, as a service sees it.

use std::{fmt, ops::Range};

use bytes::Bytes;

use ropewalk_protocol::Peer;

/// A request: its head, and its body where the service wanted it collected.
///
/// It owns its text, in one buffer.
///
/// ```
/// use ropewalk_http::{Method, Request};
///
/// let request = Request::parse(b"GET /a?b=c HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n").unwrap();
/// assert_eq!((request.method(), request.path(), request.query()), (Method::Get, "/a", Some("b=c")));
/// assert_eq!(request.header("accept"), Some("*/*"));
/// ```
#[derive(Clone)]
pub struct Request {
    pub(crate) text: Bytes,
    pub(crate) method: Method,
    pub(crate) method_text: Range<u32>,
    pub(crate) target: Range<u32>,
    /// Where in the target the path begins: behind the authority of an absolute form.
    pub(crate) path: u32,
    pub(crate) minor: u8,
    pub(crate) fields: Vec<Field>,
    pub(crate) body: Bytes,
    pub(crate) peer: Peer,
}

/// A field's name and value, as places in the text.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: Range<u32>,
    pub(crate) value: Range<u32>,
}

/// What is asked for; RFC 9110, section 9.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Method {
    /// `GET`.
    Get,
    /// `HEAD`: `GET` without the body.
    Head,
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
    /// `DELETE`.
    Delete,
    /// `OPTIONS`.
    Options,
    /// `PATCH`.
    Patch,
    /// Another one; [`Request::method_text`] says which.
    Other,
}

impl Method {
    pub(crate) fn of(text: &str) -> Self {
        match text {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            "PATCH" => Self::Patch,
            _ => Self::Other,
        }
    }

    /// As it is written; empty for [`Method::Other`].
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Patch => "PATCH",
            Self::Other => "",
        }
    }
}

impl Request {
    /// What is asked for.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The method as it came.
    #[must_use]
    pub fn method_text(&self) -> &str {
        self.at(&self.method_text)
    }

    /// The whole target as it came.
    #[must_use]
    pub fn target(&self) -> &str {
        self.at(&self.target)
    }

    /// The path of the target, with its percent signs.
    #[must_use]
    pub fn path(&self) -> &str {
        let target = &self.target()[self.path as usize..];
        match target.split_once('?') {
            Some(("", _)) => "/",
            Some((path, _)) => path,
            None if target.is_empty() => "/",
            None => target,
        }
    }

    /// What stands behind the question mark.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.target().split_once('?').map(|(_, query)| query)
    }

    /// The minor version: 0 or 1.
    #[must_use]
    pub fn minor(&self) -> u8 {
        self.minor
    }

    /// The first value of a field that is text; names in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut named =
            self.fields.iter().filter(|it| self.at(&it.name).eq_ignore_ascii_case(name));
        named.find_map(|field| std::str::from_utf8(self.bytes(&field.value)).ok())
    }

    /// All values of a field.
    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> + 'a {
        let fields = self.fields.iter();
        let named = fields.filter(move |it| self.at(&it.name).eq_ignore_ascii_case(name));
        named.map(|field| self.bytes(&field.value))
    }

    /// The members of a field that is a list, in all its values, without the spaces around them.
    pub fn list<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        let values = self.headers(name).filter_map(|value| std::str::from_utf8(value).ok());
        let members = values.flat_map(|value| value.split(','));
        members.map(|member| member.trim_matches([' ', '\t'])).filter(|member| !member.is_empty())
    }

    /// The body, where the service collects it; empty where not.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Who asks.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Whether the connection stays open after it, as far as the client is concerned; RFC 9112,
    /// section 9.3.
    pub(crate) fn keeps_alive(&self) -> bool {
        let says = |what: &str| self.list("connection").any(|it| it.eq_ignore_ascii_case(what));
        if self.minor == 0 { says("keep-alive") && !says("close") } else { !says("close") }
    }

    fn at(&self, range: &Range<u32>) -> &str {
        // Only places in what was parsed as text are ever asked for as such.
        std::str::from_utf8(self.bytes(range)).unwrap_or_default()
    }

    pub(crate) fn bytes(&self, range: &Range<u32>) -> &[u8] {
        &self.text[range.start as usize..range.end as usize]
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method_text())
            .field("target", &self.target())
            .finish_non_exhaustive()
    }
}
