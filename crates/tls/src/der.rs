//! As much DER as it takes to look into a certificate.

/// Reads one element after the other. Anything that is not as it has to be gives `None`.
#[derive(Clone, Copy)]
pub(crate) struct Der<'a>(&'a [u8]);

/// One element: its tag, its content, and both together with the length.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

impl<'a> Der<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next element, of whatever kind.
    pub(crate) fn next(&mut self) -> Option<Element<'a>> {
        let (&[tag, first], rest) = self.0.split_first_chunk()?;
        let (length, header) = match first {
            0..=0x7f => (usize::from(first), 2),
            // Four bytes of length are more than a certificate can have.
            0x81..=0x84 => {
                let count = usize::from(first & 0x7f);
                let length =
                    rest.get(..count)?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
                (length, 2 + count)
            }
            _ => return None,
        };
        let end = header.checked_add(length)?;
        let whole = self.0.get(..end)?;
        self.0 = &self.0[end..];
        Some(Element { tag, content: &whole[header..], whole })
    }

    /// The next element, if it is of this kind; otherwise it stays.
    pub(crate) fn take(&mut self, tag: u8) -> Option<Element<'a>> {
        let mut ahead = *self;
        let element = ahead.next().filter(|element| element.tag == tag)?;
        *self = ahead;
        Some(element)
    }

    /// The next element, if it is a sequence: what is in it.
    pub(crate) fn sequence(&mut self) -> Option<Self> {
        self.take(SEQUENCE).map(|element| Self(element.content))
    }
}

pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
pub(crate) const OBJECT: u8 = 0x06;
pub(crate) const OCTETS: u8 = 0x04;
pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
/// `[0]` and its like, around something: constructed and context-specific.
pub(crate) const EXPLICIT: u8 = 0xa0;
/// `[0]` and its like, instead of a tag.
pub(crate) const IMPLICIT: u8 = 0x80;
