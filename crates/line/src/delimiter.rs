//! What ends a line.

use std::sync::Arc;

use memchr::{memchr, memmem::Finder};

/// What ends a line.
///
/// ```
/// use ropewalk_line::Delimiter;
///
/// assert_eq!(Delimiter::CrLf.as_bytes(), b"\r\n");
/// assert_eq!(Delimiter::bytes(b"END").map(|it| it.as_bytes().to_vec()), Some(b"END".to_vec()));
/// assert!(Delimiter::bytes(b"").is_none());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Delimiter {
    /// A line feed; a carriage return before it is part of the line.
    Lf,
    /// A carriage return and a line feed; either alone is part of the line.
    CrLf,
    /// A line feed, with or without a carriage return before it: the habit of IRC. Written as both.
    LfOrCrLf,
    /// Any other bytes, as [`Delimiter::bytes`] makes it.
    Bytes(Arc<Finder<'static>>),
}

impl Delimiter {
    /// Any bytes; `None` where there are none.
    #[must_use]
    pub fn bytes(bytes: &[u8]) -> Option<Self> {
        match bytes {
            b"" => None,
            b"\n" => Some(Self::Lf),
            b"\r\n" => Some(Self::CrLf),
            _ => Some(Self::Bytes(Arc::new(Finder::new(bytes).into_owned()))),
        }
    }

    /// What to write after a line.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Lf => b"\n",
            Self::CrLf | Self::LfOrCrLf => b"\r\n",
            Self::Bytes(finder) => finder.needle(),
        }
    }

    /// The first one in `input`, of whose first `scanned` bytes it is known that none ends there:
    /// where it begins, and its length.
    #[inline]
    pub(crate) fn find(&self, input: &[u8], scanned: usize) -> Option<(usize, usize)> {
        match self {
            Self::Lf => Some((scanned + memchr(b'\n', input.get(scanned..)?)?, 1)),
            Self::LfOrCrLf => {
                let at = scanned + memchr(b'\n', input.get(scanned..)?)?;
                let returned = at > 0 && input[at - 1] == b'\r';
                Some(if returned { (at - 1, 2) } else { (at, 1) })
            }
            Self::CrLf => find_crlf(input, scanned),
            Self::Bytes(finder) => {
                let length = finder.needle().len();
                let from = (scanned + 1).saturating_sub(length);
                Some((from + finder.find(input.get(from..)?)?, length))
            }
        }
    }

    /// How many bytes at the end of `input` may turn out to be the beginning of a delimiter.
    pub(crate) fn begun(&self, input: &[u8]) -> usize {
        let whole = self.as_bytes();
        (1..whole.len()).rev().find(|count| input.ends_with(&whole[..*count])).unwrap_or(0)
    }
}

#[inline]
fn find_crlf(input: &[u8], scanned: usize) -> Option<(usize, usize)> {
    let mut from = scanned;
    loop {
        let at = from + memchr(b'\n', input.get(from..)?)?;
        if at > 0 && input[at - 1] == b'\r' {
            return Some((at - 1, 2));
        }
        from = at + 1;
    }
}
