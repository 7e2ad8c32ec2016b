//! Casemapping: which names are the same.

use std::{borrow::Borrow, fmt};

use crate::message::Shown;

/// How a server folds case, as its `CASEMAPPING` token says.
///
/// All of them leave bytes beyond ASCII alone.
///
/// ```
/// use ropewalk_irc::Casemapping;
///
/// assert!(Casemapping::Rfc1459.same(b"Ann[away]", b"aNN{AWAY}"));
/// assert!(!Casemapping::Ascii.same(b"Ann[away]", b"aNN{AWAY}"));
/// assert_eq!(Casemapping::parse(b"rfc1459"), Some(Casemapping::Rfc1459));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Casemapping {
    /// `A` to `Z` are `a` to `z`.
    #[default]
    Ascii,
    /// As `Ascii`, and `[`, `]`, `\` and `~` are `{`, `}`, `|` and `^`.
    Rfc1459,
    /// As `Rfc1459`, but `~` and `^` differ.
    StrictRfc1459,
}

impl Casemapping {
    /// The mapping of this name, as in `CASEMAPPING=rfc1459`.
    #[must_use]
    pub fn parse(name: &[u8]) -> Option<Self> {
        [Self::Ascii, Self::Rfc1459, Self::StrictRfc1459]
            .into_iter()
            .find(|mapping| mapping.name().as_bytes() == name)
    }

    /// The name of the mapping in `CASEMAPPING`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ascii => "ascii",
            Self::Rfc1459 => "rfc1459",
            Self::StrictRfc1459 => "strict-rfc1459",
        }
    }

    /// One byte in lower case.
    #[must_use]
    pub fn fold_byte(self, byte: u8) -> u8 {
        self.table()[usize::from(byte)]
    }

    /// Whether both are the same name; allocates nothing.
    #[must_use]
    pub fn same(self, one: &[u8], other: &[u8]) -> bool {
        let table = self.table();
        one.len() == other.len()
            && one.iter().zip(other).all(|(a, b)| table[usize::from(*a)] == table[usize::from(*b)])
    }

    /// The name in lower case, to be the key of a map.
    #[must_use]
    pub fn fold(self, name: &[u8]) -> Folded {
        Folded(name.iter().map(|&byte| self.fold_byte(byte)).collect())
    }

    /// The name in lower case in place of what `out` holds, to look up a [`Folded`] key without
    /// allocating once `out` is warm.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use ropewalk_irc::{Casemapping, Folded};
    ///
    /// let mapping = Casemapping::Ascii;
    /// let mut users: HashMap<Folded, u32> = HashMap::new();
    /// users.insert(mapping.fold(b"Ann"), 7);
    ///
    /// let mut key = Vec::new();
    /// mapping.fold_into(b"ANN", &mut key);
    /// assert_eq!(users.get(key.as_slice()), Some(&7));
    /// ```
    pub fn fold_into(self, name: &[u8], out: &mut Vec<u8>) {
        out.clear();
        out.extend(name.iter().map(|&byte| self.fold_byte(byte)));
    }

    fn table(self) -> &'static [u8; 256] {
        match self {
            Self::Ascii => &ASCII,
            Self::Rfc1459 => &RFC1459,
            Self::StrictRfc1459 => &STRICT_RFC1459,
        }
    }
}

/// A name in lower case by some [`Casemapping`]: equal exactly when the names are the same.
///
/// Keys of one map must all be folded by one mapping.
///
/// ```
/// use ropewalk_irc::Casemapping;
///
/// assert_eq!(Casemapping::Ascii.fold(b"#Rope"), Casemapping::Ascii.fold(b"#ROPE"));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Folded(Box<[u8]>);

impl Folded {
    /// The bytes of the folded name.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Lets a map of folded names be asked with a slice; `Hash`, `Eq` and `Ord` are those of the slice.
impl Borrow<[u8]> for Folded {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Folded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown(&self.0).fmt(f)
    }
}

static ASCII: [u8; 256] = table(b"", b"");
static RFC1459: [u8; 256] = table(br"[]\~", b"{}|^");
static STRICT_RFC1459: [u8; 256] = table(br"[]\", b"{}|");

const fn table(upper: &[u8], lower: &[u8]) -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).to_ascii_lowercase();
        byte += 1;
    }
    let mut index = 0;
    while index < upper.len() {
        table[upper[index] as usize] = lower[index];
        index += 1;
    }
    table
}
