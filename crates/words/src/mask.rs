//! Masks such as `*!*@*.example`: whom a ban means.

use std::sync::Arc;

use crate::{Fold, Prefix, Timestamp, name::is_word};

/// A pattern for [`Prefix`]es: `*` is any run of bytes, `?` any one byte.
///
/// ```
/// use ropewalk_words::{Fold, Mask, Prefix};
///
/// let mask = Mask::parse(b"*@*.test").unwrap();
/// assert_eq!(mask.as_bytes(), b"*!*@*.test");
/// assert!(mask.matches(Fold::Ascii, &Prefix::new(b"ada", b"a", b"host.TEST")));
/// assert_eq!(Mask::parse(b"ada").unwrap().as_bytes(), b"ada!*@*");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask(Arc<[u8]>);

impl Mask {
    /// Completes what is missing: `nick`, `user@host` and `nick!user` are masks too. None when
    /// it is empty or has spaces or controls in it.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if !is_word(text) {
            return None;
        }
        let bang = text.contains(&b'!');
        let at = text.contains(&b'@');
        let whole = match (bang, at) {
            (true, true) => text.to_vec(),
            (true, false) => [text, b"@*"].concat(),
            (false, true) => [b"*!", text].concat(),
            (false, false) => [text, b"!*@*"].concat(),
        };
        Some(Self(whole.into()))
    }

    /// The whole mask.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it means this prefix.
    #[must_use]
    pub fn matches(&self, fold: Fold, prefix: &Prefix) -> bool {
        glob(fold, &self.0, prefix.as_bytes())
    }

    pub(crate) fn shared(&self) -> Arc<[u8]> {
        Arc::clone(&self.0)
    }
}

/// A mask on a room's list: who put it there, and when.
#[derive(Clone, Debug)]
pub struct MaskEntry {
    /// The mask.
    pub mask: Mask,
    /// Who added it.
    pub setter: Prefix,
    /// When.
    pub at: Timestamp,
}

/// Compares without recursion: takes at most as many steps as the product of both lengths.
pub(crate) fn glob(fold: Fold, pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || fold.byte(byte) == fold.byte(text[t]) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                (p, t) = (at + 1, from + 1);
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}
