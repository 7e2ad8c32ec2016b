//! User names: what is between the `!` and the `@`.

use std::fmt;

use crate::{NameError, message::Shown};

/// A user name, as given by `USER`.
///
/// ```
/// use ropewalk_irc::{NameError, UserName};
///
/// assert_eq!(UserName::parse(b"~ann", 10)?.as_bytes(), b"~ann");
/// assert_eq!(UserName::parse(b"a@b", 10), Err(NameError::Forbidden { byte: b'@', at: 1 }));
/// assert_eq!(UserName::parse(b"abcdef", 5), Err(NameError::TooLong { length: 6, limit: 5 }));
/// # Ok::<(), NameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserName(Box<[u8]>);

impl UserName {
    /// A user name of these bytes: anything but NUL, CR, LF, space and `@` (RFC 2812, 2.3.1), nor
    /// `!`, which would make a prefix ambiguous, nor a colon in front, which would end the
    /// parameters of a reply. `limit` is the server's `USERLEN`, in bytes.
    ///
    /// # Errors
    ///
    /// [`NameError`] says what is wrong, and where.
    pub fn parse(name: &[u8], limit: usize) -> Result<Self, NameError> {
        let &byte = name.first().ok_or(NameError::Empty)?;
        if name.len() > limit {
            return Err(NameError::TooLong { length: name.len(), limit });
        }
        if byte == b':' {
            return Err(NameError::BadStart { byte });
        }
        match name
            .iter()
            .position(|byte| matches!(byte, b'\0' | b'\r' | b'\n' | b' ' | b'@' | b'!'))
        {
            None => Ok(Self(name.into())),
            Some(at) => Err(NameError::Forbidden { byte: name[at], at }),
        }
    }

    /// The name as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown(&self.0).fmt(f)
    }
}
