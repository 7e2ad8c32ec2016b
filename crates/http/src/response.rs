//! What a service answers.

use bytes::Bytes;

use crate::{Body, status::phrase};

/// A response: status, fields and body.
///
/// The server adds what frames it (`Content-Length`, `Transfer-Encoding`, `Connection`) and the
/// `Date`.
///
/// ```
/// use ropewalk_http::Response;
///
/// let response = Response::text(404, "not here\n").header("Cache-Control", "no-store");
/// assert_eq!(response.status(), 404);
/// ```
#[derive(Debug)]
pub struct Response {
    status: u16,
    pub(crate) fields: Vec<(&'static str, Bytes)>,
    pub(crate) body: Body,
}

impl Response {
    /// A response with a body of the given `Content-Type`. A status that is none (below 200 but 101,
    /// above 599) becomes 500.
    pub fn new(status: u16, content_type: &'static str, body: impl Into<Body>) -> Self {
        let fields = vec![("Content-Type", Bytes::from_static(content_type.as_bytes()))];
        Self { fields, body: body.into(), ..Self::empty(status) }
    }

    /// A response in plain text.
    pub fn text(status: u16, text: impl Into<Bytes>) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text.into())
    }

    /// A response whose body is empty.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        let status = if status == 101 || (200..600).contains(&status) { status } else { 500 };
        Self { status, fields: Vec::new(), body: Body::Whole(Bytes::new()) }
    }

    /// The status and its usual words, as text.
    #[must_use]
    pub fn plain(status: u16) -> Self {
        let response = Self::empty(status);
        let text = format!("{} {}\n", response.status, phrase(response.status));
        Self::text(status, text)
    }

    /// Adds a field.
    ///
    /// A name or value that would end the field early (response splitting) makes the response a 500,
    /// and is logged. So does one of the fields that are the server's: what frames the message.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<Bytes>) -> Self {
        let value = value.into();
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let visible = |byte: &u8| *byte == b'\t' || *byte >= b' ' && *byte != 0x7f;
        let owned = FRAMING.iter().any(|it| name.eq_ignore_ascii_case(it));
        if name.is_empty() || owned || !name.bytes().all(token) || !value.iter().all(visible) {
            tracing::error!(name, "a response had a field that cannot be sent");
            return Self::plain(500);
        }
        self.fields.push((name, value));
        self
    }

    /// With another body; the fields stay.
    #[must_use]
    pub fn body(self, body: impl Into<Body>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether there is never a body with such a status; RFC 9110, section 6.4.1.
    pub(crate) fn has_no_body(&self) -> bool {
        matches!(self.status, 101 | 204 | 304)
    }
}

const FRAMING: [&str; 3] = ["Content-Length", "Transfer-Encoding", "Connection"];
