//! Heads of requests; RFC 9112, sections 2 to 5.

use std::ops::Range;

use bytes::Bytes;
use httparse::{EMPTY_HEADER, Error, Header, Status};

use ropewalk_protocol::Peer;

use crate::{BadRequest, Method, Request, request::Field, settings::Settings};

/// Fields that a head can have at all.
const FIELDS: usize = 128;

/// Finds the end of a head, and refuses line ends that others could see otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scanner {
    /// So many bytes have been looked at.
    scanned: usize,
    /// Where the line begins that is being looked at.
    line: usize,
}

impl Scanner {
    /// The length of the head with its empty line, once that is there.
    pub(crate) fn find(
        &mut self,
        input: &[u8],
        settings: &Settings,
    ) -> Result<Option<usize>, BadRequest> {
        let room = &input[..input.len().min(settings.head)];
        while let Some(&byte) = room.get(self.scanned) {
            let at = self.scanned;
            match byte {
                b'\r' if input.get(at + 1).is_none() => break,
                b'\r' if input[at + 1] != b'\n' => {
                    return Err(BadRequest::Syntax("a bare carriage return"));
                }
                b'\n' if at == 0 || input[at - 1] != b'\r' => {
                    return Err(BadRequest::Syntax("a bare line feed"));
                }
                b'\n' if at == self.line + 1 => return Ok(Some(at + 1)),
                b'\n' => self.line = at + 1,
                b' ' | b'\t' if at == self.line && at > 0 => {
                    return Err(BadRequest::Syntax("a folded line"));
                }
                0 => return Err(BadRequest::Syntax("a NUL")),
                _ => {}
            }
            self.scanned += 1;
        }
        if input.len() >= settings.head {
            let first_line = self.line == 0;
            let limit = settings.target;
            return Err(match first_line && input.len() > limit {
                true => BadRequest::TargetTooLong { length: room.len(), limit },
                false => BadRequest::HeadTooLarge { limit: settings.head, unit: "bytes" },
            });
        }
        Ok(None)
    }
}

impl Request {
    /// Reads a whole head, for tests and tools. A server takes it from what arrives.
    ///
    /// # Errors
    /// [`BadRequest`] says what is wrong; what is not whole is [`BadRequest::Syntax`].
    pub fn parse(head: &[u8]) -> Result<Self, BadRequest> {
        let settings = Settings::new(|| std::time::SystemTime::UNIX_EPOCH);
        match Scanner::default().find(head, &settings)? {
            Some(length) if length == head.len() => parse(head, Peer::unnamed(), &settings),
            _ => Err(BadRequest::Syntax("not a whole head")),
        }
    }
}

/// Reads a head whose line ends a [`Scanner`] has seen.
pub(crate) fn parse(head: &[u8], peer: Peer, settings: &Settings) -> Result<Request, BadRequest> {
    let mut fields = [EMPTY_HEADER; FIELDS];
    let mut parsed = httparse::Request::new(&mut fields[..settings.fields.min(FIELDS)]);
    match parsed.parse(head) {
        Ok(Status::Complete(length)) if length == head.len() => {}
        Ok(_) => return Err(BadRequest::Syntax("the head ends early")),
        Err(error) => return Err(refused(error, head, settings)),
    }
    let (Some(method), Some(target), Some(minor)) = (parsed.method, parsed.path, parsed.version)
    else {
        return Err(BadRequest::Syntax("no request line"));
    };
    let limit = settings.target;
    if target.len() > limit {
        return Err(BadRequest::TargetTooLong { length: target.len(), limit });
    }
    let place = |part: &[u8]| -> Range<u32> {
        // The parts lie in the head, and a head has fewer than 4 GiB.
        let start = part.as_ptr() as usize - head.as_ptr() as usize;
        start as u32..(start + part.len()) as u32
    };
    let fields: Vec<Field> = parsed
        .headers
        .iter()
        .map(|it: &Header<'_>| Field { name: place(it.name.as_bytes()), value: place(it.value) })
        .collect();
    let request = Request {
        method: Method::of(method),
        method_text: place(method.as_bytes()),
        target: place(target.as_bytes()),
        path: path_in(method, target)?,
        minor,
        fields,
        text: Bytes::copy_from_slice(head),
        body: Bytes::new(),
        peer,
    };
    check_host(&request)?;
    Ok(request)
}

fn refused(error: Error, head: &[u8], settings: &Settings) -> BadRequest {
    match error {
        Error::TooManyHeaders => {
            BadRequest::HeadTooLarge { limit: settings.fields.min(FIELDS), unit: "fields" }
        }
        Error::Version if names_version(head) => BadRequest::Version,
        Error::Version => BadRequest::Syntax("the version"),
        Error::HeaderName => BadRequest::Syntax("the name of a field"),
        Error::HeaderValue => BadRequest::Syntax("the value of a field"),
        Error::Token => BadRequest::Syntax("the request line"),
        Error::NewLine => BadRequest::Syntax("the end of a line"),
        Error::Status => BadRequest::Syntax("a status"),
    }
}

/// Whether the request line ends with a version, if one that is not understood; RFC 9112, section
/// 2.3.
fn names_version(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let version = line.splitn(3, |byte| *byte == b' ').nth(2).unwrap_or_default();
    let digits = version.strip_prefix(b"HTTP/").unwrap_or_default();
    matches!(digits, [major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit())
}

/// Where the path begins; RFC 9112, section 3.2: the origin form, the absolute form, `*` for
/// OPTIONS, and an authority for CONNECT.
fn path_in(method: &str, target: &str) -> Result<u32, BadRequest> {
    let wrong = Err(BadRequest::Syntax("the target"));
    let printable = target.bytes().all(|byte| (b'!'..=b'~').contains(&byte) && byte != b'#');
    if !printable {
        return wrong;
    }
    if target.starts_with('/') || method == "CONNECT" || target == "*" && method == "OPTIONS" {
        return Ok(0);
    }
    let Some((scheme, rest)) = target.split_once("://") else { return wrong };
    let known = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let authority = rest.find(['/', '?']).unwrap_or(rest.len());
    if !known || !is_host(&rest.as_bytes()[..authority]) || authority == 0 {
        return wrong;
    }
    Ok((target.len() - rest.len() + authority) as u32)
}

/// RFC 9112, section 3.2: HTTP/1.1 has exactly one, and a server MUST refuse all else.
fn check_host(request: &Request) -> Result<(), BadRequest> {
    let mut hosts = request.headers("host");
    match (hosts.next(), hosts.next()) {
        (None, _) if request.minor == 0 => Ok(()),
        (Some(host), None) if is_host(host) => Ok(()),
        _ => Err(BadRequest::Host),
    }
}

/// A name, an address, and a port; RFC 3986, section 3.2. It may be empty.
fn is_host(host: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(byte);
    host.iter().all(allowed)
}
