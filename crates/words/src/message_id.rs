//! Ids of events: unique across nodes, and in order of time.

use std::fmt;

use crate::Timestamp;

/// The id of one event: its time, a count within that millisecond, and the node that made it.
///
/// Ids of one realm grow strictly, also when the wall clock is set back. The text form is 18
/// characters of base 32 and sorts as the ids do.
///
/// ```
/// use ropewalk_words::{MessageId, Timestamp};
///
/// let id = MessageId::new(Timestamp::from_millis(1_700_000_000_000), 3, 7);
/// let text = id.to_string();
/// assert_eq!(MessageId::parse(text.as_bytes()), Some(id));
/// assert!(text < MessageId::new(Timestamp::from_millis(1_700_000_000_001), 0, 0).to_string());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(u128);

impl MessageId {
    /// How many characters [`text`](Self::text) has.
    pub const LENGTH: usize = 18;

    /// The id with these parts; of `at` the low 48 bits count, of `count` the low 24.
    #[must_use]
    pub const fn new(at: Timestamp, count: u32, node: u16) -> Self {
        let millis = (at.as_millis() & ((1 << MILLIS) - 1)) as u128;
        let count = (count & ((1 << COUNT) - 1)) as u128;
        Self(millis << (COUNT + NODE) | count << NODE | node as u128)
    }

    /// When it was made: never earlier than the id before it.
    #[must_use]
    pub const fn at(self) -> Timestamp {
        Timestamp::from_millis((self.0 >> (COUNT + NODE)) as u64)
    }

    /// Which node made it.
    #[must_use]
    pub const fn node(self) -> u16 {
        self.0 as u16
    }

    /// The text form, without allocating.
    #[must_use]
    pub fn text(self) -> [u8; Self::LENGTH] {
        std::array::from_fn(|place| {
            let shift = 5 * (Self::LENGTH - 1 - place);
            DIGITS[(self.0 >> shift) as usize & 31]
        })
    }

    /// The id with this text form, if it is one.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() != Self::LENGTH {
            return None;
        }
        let value = text.iter().try_fold(0_u128, |value, byte| {
            let digit = DIGITS.iter().position(|digit| digit == byte)?;
            Some(value << 5 | digit as u128)
        })?;
        (value >> (MILLIS + COUNT + NODE) == 0).then_some(Self(value))
    }

    /// The id after this one on the same node, not before `now`.
    pub(crate) fn next(self, now: Timestamp) -> Self {
        let fresh = Self::new(now, 0, self.node());
        // Carries from the count into the milliseconds when one of them is used up.
        if fresh > self { fresh } else { Self(self.0 + (1 << NODE)) }
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().iter().try_for_each(|&digit| fmt::Write::write_char(f, char::from(digit)))
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const MILLIS: u32 = 48;
const COUNT: u32 = 24;
const NODE: u32 = 16;

/// In the order of ASCII, without `i`, `l`, `o` and `u`.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
