//! Names of channels.

use std::{fmt, str};

use crate::{NameError, message::Shown};

/// The name of a channel that follows a server's [`ChannelRules`], its `#` included.
///
/// ```
/// use ropewalk_irc::{ChannelName, ChannelRules, NameError};
///
/// let rules = ChannelRules::default();
/// assert_eq!(ChannelName::parse(b"#rope", &rules)?.as_bytes(), b"#rope");
/// assert_eq!(ChannelName::parse(b"rope", &rules), Err(NameError::BadStart { byte: b'r' }));
/// assert_eq!(
///     ChannelName::parse(b"#a,#b", &rules),
///     Err(NameError::Forbidden { byte: b',', at: 2 })
/// );
/// # Ok::<(), NameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelName(Box<[u8]>);

/// What a server accepts as the name of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelRules {
    /// How many bytes it may be, the first included: `CHANNELLEN`. 64 by default.
    pub length: usize,
    /// What it may begin with: `CHANTYPES`. `#` by default.
    pub types: Vec<u8>,
}

impl ChannelName {
    /// A channel name of these bytes: one of the types, then anything but NUL, BELL, CR, LF, space
    /// and comma. The type alone is a name too, as it is everywhere.
    ///
    /// # Errors
    ///
    /// [`NameError`] says what is wrong, and where.
    pub fn parse(name: &[u8], rules: &ChannelRules) -> Result<Self, NameError> {
        let &byte = name.first().ok_or(NameError::Empty)?;
        if name.len() > rules.length {
            return Err(NameError::TooLong { length: name.len(), limit: rules.length });
        }
        if !rules.types.contains(&byte) {
            return Err(NameError::BadStart { byte });
        }
        match name.iter().position(|byte| matches!(byte, b'\0' | 7 | b'\r' | b'\n' | b' ' | b',')) {
            None => Ok(Self(name.into())),
            Some(at) => Err(NameError::Forbidden { byte: name[at], at }),
        }
    }

    /// The name as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The name as text, when it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        str::from_utf8(&self.0).ok()
    }
}

impl Default for ChannelRules {
    fn default() -> Self {
        Self { length: 64, types: b"#".to_vec() }
    }
}

impl fmt::Debug for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown(&self.0).fmt(f)
    }
}
