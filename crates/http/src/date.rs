//! Dates as HTTP writes them; RFC 9110, section 5.6.7.

use std::time::{Duration, SystemTime};

/// `Sun, 06 Nov 1994 08:49:37 GMT`. What is before 1970 is written as its beginning, what is after
/// 9999 as its end.
pub(crate) fn write(time: SystemTime) -> [u8; 29] {
    let second = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let second = second.min(LAST);
    let (days, second) = (second / DAY, second % DAY);
    let (year, month, day) = civil(days);
    let mut out = *b"Thu, 00 Jan 0000 00:00:00 GMT";
    out[..3].copy_from_slice(WEEKDAYS[((days + 4) % 7) as usize]);
    two(&mut out[5..7], day);
    out[8..11].copy_from_slice(MONTHS[month as usize - 1]);
    two(&mut out[12..14], year / 100);
    two(&mut out[14..16], year % 100);
    two(&mut out[17..19], second / 3600);
    two(&mut out[20..22], second / 60 % 60);
    two(&mut out[23..25], second % 60);
    out
}

/// Reads that form, and only that: the two older ones have not been sent for decades, and what is
/// not understood makes a condition be ignored.
pub(crate) fn read(text: &str) -> Option<SystemTime> {
    let bytes: &[u8; 29] = text.as_bytes().try_into().ok()?;
    let number = |from: usize, to: usize| -> Option<u64> {
        let digits = &bytes[from..to];
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
    };
    let month = MONTHS.iter().position(|month| bytes[8..11] == **month)? as u64 + 1;
    let (day, year) = (number(5, 7)?, number(12, 16)?);
    let clock = number(17, 19)? * 3600 + number(20, 22)? * 60 + number(23, 25)?;
    if year < 1970 {
        return None;
    }
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(days(year, month, day) * DAY + clock);
    // Whatever is not written so again was no date.
    (write(time) == *bytes).then_some(time)
}

fn two(out: &mut [u8], number: u64) {
    out[0] = b'0' + (number / 10 % 10) as u8;
    out[1] = b'0' + (number % 10) as u8;
}

/// Year, month and day of a day since 1970, in the Gregorian calendar.
fn civil(days: u64) -> (u64, u64, u64) {
    // Years are counted from March on, so that the leap day comes last.
    let days = days + FROM_MARCH_0_TO_1970;
    let (era, day) = (days / ERA, days % ERA);
    let year = (day - day / 1460 + day / 36_524 - day / (ERA - 1)) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

/// The day since 1970 of a date from then on.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = if month > 2 { month - 3 } else { month + 9 };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * month + 2) / 5 + day.saturating_sub(1);
    (era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year)
        .saturating_sub(FROM_MARCH_0_TO_1970)
}

const WEEKDAYS: [&[u8; 3]; 7] = [b"Sun", b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat"];
const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];
const DAY: u64 = 86_400;
/// The days of 400 years.
const ERA: u64 = 146_097;
const FROM_MARCH_0_TO_1970: u64 = 719_468;
/// The last second of the year 9999.
const LAST: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_and_read_the_same() {
        let at = |second| SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        for (second, text) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (LAST, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            assert_eq!(write(at(second)), text.as_bytes());
            assert_eq!(read(text), Some(at(second)));
        }
        for day in 0..100_000 {
            let text = String::from_utf8(write(at(day * DAY + 4711)).to_vec()).unwrap();
            assert_eq!(read(&text), Some(at(day * DAY + 4711)), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 25:49:37 GMT",
            "Sun, 06 Nov 0000 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
