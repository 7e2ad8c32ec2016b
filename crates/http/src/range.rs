//! Parts of a file; RFC 9110, section 14.

/// What of a file is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    /// All of it: nothing was said, or nothing that is understood here.
    All,
    /// From the first byte to the last, both included.
    Bytes(u64, u64),
    /// Nothing that there is.
    Unsatisfiable,
}

/// Reads `Range` for something of so many bytes. One range is understood; several are answered with
/// the whole, as the RFC allows.
pub(crate) fn part(field: Option<&str>, length: u64) -> Part {
    let Some(range) = field.and_then(|field| field.strip_prefix("bytes=")) else {
        return Part::All;
    };
    let Some((first, last)) = range.trim_matches([' ', '\t']).split_once('-') else {
        return Part::All;
    };
    match (number(first), number(last)) {
        (None, Some(suffix)) if first.is_empty() => match suffix.min(length) {
            0 => Part::Unsatisfiable,
            suffix => Part::Bytes(length - suffix, length - 1),
        },
        (Some(first), None) if last.is_empty() => within(first, u64::MAX, length),
        (Some(first), Some(last)) if first <= last => within(first, last, length),
        _ => Part::All,
    }
}

fn within(first: u64, last: u64, length: u64) -> Part {
    if first >= length { Part::Unsatisfiable } else { Part::Bytes(first, last.min(length - 1)) }
}

/// Digits alone; what is larger than any file is the largest number.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_understood_and_what_is_not_is_the_whole() {
        for (field, part_of_ten) in [
            ("bytes=0-0", Part::Bytes(0, 0)),
            ("bytes=2-5", Part::Bytes(2, 5)),
            ("bytes=2-", Part::Bytes(2, 9)),
            ("bytes=2-99999999999999999999999", Part::Bytes(2, 9)),
            ("bytes=-3", Part::Bytes(7, 9)),
            ("bytes=-30", Part::Bytes(0, 9)),
            ("bytes=-0", Part::Unsatisfiable),
            ("bytes=10-", Part::Unsatisfiable),
            ("bytes=5-2", Part::All),
            ("bytes=0-1,3-4", Part::All),
            ("bytes=-", Part::All),
            ("bytes=a-b", Part::All),
            ("bytes=+1-2", Part::All),
            ("lines=0-1", Part::All),
        ] {
            assert_eq!(part(Some(field), 10), part_of_ten, "{field}");
        }
        assert_eq!(part(Some("bytes=0-"), 0), Part::Unsatisfiable);
        assert_eq!(part(Some("bytes=-5"), 0), Part::Unsatisfiable);
    }
}
