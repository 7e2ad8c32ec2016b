//! One line of a journal.

use std::{borrow::Cow, fmt};

use thiserror::Error;

/// A line of a [`FileJournal`](crate::FileJournal), without its end: a checksum of what follows it,
/// the revision, both in hexadecimal digits, and the name of a finished step, in which a backslash, a
/// line feed and a carriage return are written `\\`, `\n` and `\r`.
///
/// ```
/// use ropewalk_task::JournalLine;
///
/// let line = JournalLine { revision: 7, step: "compile".into() };
/// let text = line.to_string();
/// assert_eq!(JournalLine::parse(text.as_bytes()), Ok(line));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JournalLine<'a> {
    /// Which revision of the step it was.
    pub revision: u64,
    /// The step's name.
    pub step: Cow<'a, str>,
}

/// A line is not one of a journal.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum BadLine {
    /// It is too short, has other digits, or is not UTF-8.
    #[error("it is not `checksum revision step`")]
    Form,
    /// The checksum is that of something else.
    #[error("its checksum is wrong")]
    Checksum,
    /// A backslash stands before something else.
    #[error("it has a backslash that means nothing")]
    Escape,
}

impl<'a> JournalLine<'a> {
    /// Reads a line, without its line feed.
    ///
    /// # Errors
    /// It is not one, or was damaged.
    pub fn parse(line: &'a [u8]) -> Result<Self, BadLine> {
        let (checksum, rest) = line.split_at_checked(16).ok_or(BadLine::Form)?;
        let rest = rest.strip_prefix(b" ").ok_or(BadLine::Form)?;
        if hexadecimal(checksum)? != checksum_of(rest) {
            return Err(BadLine::Checksum);
        }
        let (revision, step) = rest.split_at_checked(16).ok_or(BadLine::Form)?;
        let step = step.strip_prefix(b" ").ok_or(BadLine::Form)?;
        let step = str::from_utf8(step).map_err(|_| BadLine::Form)?;
        Ok(Self { revision: hexadecimal(revision)?, step: unescaped(step)? })
    }
}

impl fmt::Display for JournalLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = self.step.replace('\\', r"\\").replace('\n', r"\n").replace('\r', r"\r");
        let rest = format!("{:016x} {step}", self.revision);
        write!(f, "{:016x} {rest}", checksum_of(rest.as_bytes()))
    }
}

fn unescaped(step: &str) -> Result<Cow<'_, str>, BadLine> {
    if !step.contains('\\') {
        return Ok(step.into());
    }
    let (mut out, mut characters) = (String::with_capacity(step.len()), step.chars());
    while let Some(character) = characters.next() {
        let plain = match character {
            '\\' => match characters.next() {
                Some('\\') => '\\',
                Some('n') => '\n',
                Some('r') => '\r',
                _ => return Err(BadLine::Escape),
            },
            other => other,
        };
        out.push(plain);
    }
    Ok(out.into())
}

fn hexadecimal(digits: &[u8]) -> Result<u64, BadLine> {
    digits.iter().try_fold(0, |number, digit| {
        let digit = char::from(*digit);
        let value = digit.to_digit(16).filter(|_| !digit.is_ascii_uppercase());
        value.map(|value| number << 4 | u64::from(value)).ok_or(BadLine::Form)
    })
}

/// FNV-1a: against damage, not against people.
fn checksum_of(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
