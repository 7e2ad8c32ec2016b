//! Files of a folder.

use std::{
    fs::File,
    future::Future,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use futures_core::Stream;

use ropewalk_protocol::Reactor;

use crate::{
    Answer, Body, Handler, Intake, Request, Response, content_type, date,
    range::{self, Part},
};

/// Bytes that are read at a time.
const PIECE: usize = 64 * 1024;

/// A [`Handler`] for the files of a folder. They are read on the reactor's pool of threads, a piece
/// at a time.
///
/// A path that ends with `/` is its folder's `index.html`; one that names a folder is sent there.
/// What is outside of the root is not found, also by way of symbolic links, and neither is what
/// begins with a dot. Answers have an `ETag` and a `Last-Modified`; conditions and single ranges are
/// understood (RFC 9110, sections 13 and 14). There are no listings.
///
/// ```
/// use ropewalk_http::{Files, Method, Router};
/// use ropewalk_protocol::Reactor;
///
/// fn router(reactor: &impl Reactor) -> std::io::Result<Router> {
///     let files = Files::new(reactor.clone(), "/usr/share/doc")?.below("/doc/");
///     Ok(Router::new().at(Method::Get, "/doc/", files))
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Files<R> {
    reactor: R,
    root: Arc<Path>,
    prefix: &'static str,
}

impl<R: Reactor> Files<R> {
    /// The files below `root`.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn new(reactor: R, root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into().canonicalize()?;
        if !root.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { reactor, root: root.into(), prefix: "/" })
    }

    /// Where in the server's paths the folder is; it begins and ends with `/`.
    #[must_use]
    pub fn below(self, prefix: &'static str) -> Self {
        Self { prefix, ..self }
    }
}

impl<R: Reactor> Handler for Files<R> {
    fn intake(&self, _: &Request) -> Intake {
        Intake::Collect(0)
    }

    fn handle(&self, request: Request) -> Answer {
        let rest = request.path().strip_prefix(self.prefix).map(str::to_owned);
        let Some(path) = rest.as_deref().and_then(relative) else {
            return Response::plain(404).into();
        };
        let (reactor, root) = (self.reactor.clone(), Arc::clone(&self.root));
        Answer::later(async move {
            let found = reactor.call_in_thread(move || Found::open(&root, &path)).await;
            match found {
                Some(Ok(Found::File(file))) => file.respond(&request, reactor),
                Some(Ok(Found::Folder)) => {
                    let location = format!("{}/", request.path());
                    // A path that begins with two slashes names another host.
                    let location = format!("/{}", location.trim_start_matches('/'));
                    Response::plain(308).header("Location", location)
                }
                Some(Err(error)) => refused(&error),
                None => Response::plain(500),
            }
        })
    }
}

fn refused(error: &io::Error) -> Response {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename => {
            Response::plain(404)
        }
        io::ErrorKind::PermissionDenied => Response::plain(403),
        _ => {
            tracing::error!(%error, "a file cannot be served");
            Response::plain(500)
        }
    }
}

/// The path in the folder that a target names; `None` for what names nothing in it.
fn relative(path: &str) -> Option<PathBuf> {
    let decoded = decode(path)?;
    let mut relative = PathBuf::new();
    let mut parts = decoded.split('/').peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        match part {
            "" if last => relative.push("index.html"),
            _ if part.is_empty() || part.starts_with('.') || part.contains(['\0', '\\']) => {
                return None;
            }
            _ => relative.push(part),
        }
    }
    Some(relative)
}

/// Undoes percent signs, once. `None` where what comes of it is not text, or where a slash was
/// hidden.
fn decode(path: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let byte = (digit()? * 16 + digit()?) as u8;
        if byte == b'/' {
            return None;
        }
        decoded.push(byte);
    }
    String::from_utf8(decoded).ok()
}

enum Found {
    File(Opened),
    Folder,
}

struct Opened {
    file: Arc<File>,
    length: u64,
    modified: Option<SystemTime>,
    content_type: &'static str,
}

impl Found {
    /// Blocks.
    fn open(root: &Path, path: &Path) -> io::Result<Self> {
        // Symbolic links are followed, and what comes of it must be below the root.
        let real = root.join(path).canonicalize()?;
        let inside = real.strip_prefix(root).map_err(|_| io::ErrorKind::NotFound)?;
        let hidden =
            |part: std::path::Component<'_>| part.as_os_str().as_encoded_bytes().starts_with(b".");
        if inside.components().any(hidden) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let kind = std::fs::metadata(&real)?;
        if kind.is_dir() {
            return Ok(Self::Folder);
        }
        // A pipe or a device would block, or never end.
        if !kind.is_file() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let file = File::open(&real)?;
        let metadata = file.metadata()?;
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        Ok(Self::File(Opened {
            file: Arc::new(file),
            length: metadata.len(),
            modified: metadata.modified().ok(),
            content_type: content_type::of(name),
        }))
    }
}

impl Opened {
    fn respond<R: Reactor>(self, request: &Request, reactor: R) -> Response {
        let tag = self.tag();
        let with_tag = |response: Response| {
            let response = response.header("ETag", tag.clone()).header("Accept-Ranges", "bytes");
            match self.modified {
                Some(time) => response.header("Last-Modified", date::write(time).to_vec()),
                None => response,
            }
        };
        if self.is_known(request, &tag) {
            return with_tag(Response::empty(304));
        }
        let wanted = request.header("range").filter(|_| self.may_be_ranged(request, &tag));
        let (status, first, length) = match range::part(wanted, self.length) {
            Part::All => (200, 0, self.length),
            Part::Bytes(first, last) => (206, first, last - first + 1),
            Part::Unsatisfiable => {
                let all = format!("bytes */{}", self.length);
                return with_tag(Response::plain(416)).header("Content-Range", all);
            }
        };
        let reading =
            Reading { reactor, file: Arc::clone(&self.file), at: first, left: length, next: None };
        let body = Body::Pieces { length: Some(length), pieces: Box::pin(reading) };
        let response = with_tag(Response::new(status, self.content_type, body));
        if status == 200 {
            return response;
        }
        let last = first + length - 1;
        response.header("Content-Range", format!("bytes {first}-{last}/{}", self.length))
    }

    /// Changes with the time of the last change, and with the length.
    fn tag(&self) -> String {
        let time = self.modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        format!("\"{:x}-{:x}\"", time.unwrap_or_default().as_nanos(), self.length)
    }

    /// Whether the client has it already; RFC 9110, section 13.2.2.
    fn is_known(&self, request: &Request, tag: &str) -> bool {
        if request.headers("if-none-match").next().is_some() {
            let weak = |it: &str| it == "*" || it.strip_prefix("W/").unwrap_or(it) == tag;
            return request.list("if-none-match").any(weak);
        }
        let since = request.header("if-modified-since").and_then(date::read);
        matches!((since, self.modified), (Some(since), Some(time)) if whole_seconds(time) <= since)
    }

    /// Whether a part may be sent; RFC 9110, section 13.1.5: what the client has the other parts of
    /// must be the same.
    fn may_be_ranged(&self, request: &Request, tag: &str) -> bool {
        match request.header("if-range") {
            None => true,
            Some(it) if it.starts_with('"') => it == tag,
            Some(it) => {
                let time = date::read(it);
                time.is_some() && time == self.modified.map(whole_seconds)
            }
        }
    }
}

fn whole_seconds(time: SystemTime) -> SystemTime {
    let second = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    UNIX_EPOCH + std::time::Duration::from_secs(second)
}

type Read = Pin<Box<dyn Future<Output = Option<io::Result<Bytes>>> + Send>>;

/// A file, piece by piece.
struct Reading<R> {
    reactor: R,
    file: Arc<File>,
    at: u64,
    left: u64,
    next: Option<Read>,
}

/// Nothing in it is pinned but what is in a box.
impl<R> Unpin for Reading<R> {}

impl<R: Reactor> Stream for Reading<R> {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(None);
        }
        let read = this.next.get_or_insert_with(|| {
            let (reactor, file, at) = (this.reactor.clone(), Arc::clone(&this.file), this.at);
            let count = usize::try_from(this.left).unwrap_or(PIECE).min(PIECE);
            Box::pin(async move { reactor.call_in_thread(move || read_at(&file, at, count)).await })
        });
        let result = ready!(read.as_mut().poll(cx));
        this.next = None;
        let result = result.unwrap_or_else(|| Err(io::Error::other("reading a file panicked")));
        if let Ok(bytes) = &result {
            this.at += bytes.len() as u64;
            this.left -= bytes.len() as u64;
        }
        Poll::Ready(Some(result))
    }
}

/// Blocks. A file that has become shorter is an error.
fn read_at(file: &File, at: u64, count: usize) -> io::Result<Bytes> {
    let mut piece = vec![0; count];
    file.read_exact_at(&mut piece, at)?;
    Ok(piece.into())
}
