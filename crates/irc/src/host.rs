//! Host names, as servers are named by them.

use std::fmt;

use crate::NameError;

/// A host name: labels of letters, digits and `-`, with at least one dot.
///
/// The dot is what tells a server's name from a nickname in a prefix.
///
/// ```
/// use ropewalk_irc::{HostName, NameError};
///
/// assert_eq!(HostName::parse(b"irc.example.net")?.as_str(), "irc.example.net");
/// assert_eq!(HostName::parse(b"localhost"), Err(NameError::NoDot));
/// assert_eq!(HostName::parse(b"a..b"), Err(NameError::EmptyLabel { at: 2 }));
/// # Ok::<(), NameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName(Box<str>);

impl HostName {
    /// A host name of these bytes (RFC 952, RFC 1123); a dot at the end is allowed.
    ///
    /// # Errors
    ///
    /// [`NameError`] says what is wrong, and where.
    pub fn parse(name: &[u8]) -> Result<Self, NameError> {
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        if name.len() > LIMIT {
            return Err(NameError::TooLong { length: name.len(), limit: LIMIT });
        }
        let mut start = 0;
        for label in name.strip_suffix(b".").unwrap_or(name).split(|&byte| byte == b'.') {
            check_label(label, start)?;
            start += label.len() + 1;
        }
        if !name.contains(&b'.') {
            return Err(NameError::NoDot);
        }
        // All bytes are ASCII by now: nothing is replaced.
        Ok(Self(String::from_utf8_lossy(name).into()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Checks the label that begins at `start` of the name.
fn check_label(label: &[u8], start: usize) -> Result<(), NameError> {
    let (Some(first), Some(last)) = (label.first(), label.last()) else {
        return Err(NameError::EmptyLabel { at: start });
    };
    let good = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    if let Some(at) = label.iter().position(|byte| !good(byte)) {
        return Err(NameError::Forbidden { byte: label[at], at: start + at });
    }
    if label.len() > LABEL_LIMIT {
        return Err(NameError::TooLong { length: label.len(), limit: LABEL_LIMIT });
    }
    if *first == b'-' {
        return Err(match start {
            0 => NameError::BadStart { byte: b'-' },
            at => NameError::Forbidden { byte: b'-', at },
        });
    }
    if *last == b'-' {
        return Err(NameError::BadEnd { byte: b'-', at: start + label.len() - 1 });
    }
    Ok(())
}

const LIMIT: usize = 254;
const LABEL_LIMIT: usize = 63;
