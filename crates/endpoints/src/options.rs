//! The values that options have, and how they are written.

use std::{fmt, sync::Arc, time::Duration};

use crate::{Arguments, EndpointError, Layer};

/// A port that something listens on; 0 lets the system pick.
pub(crate) fn port(arguments: &mut Arguments<'_>) -> Result<u16, EndpointError> {
    arguments.required("port", "a number from 0 to 65535", number)
}

pub(crate) fn yes_or_no(
    arguments: &mut Arguments<'_>,
    argument: &'static str,
) -> Result<Option<bool>, EndpointError> {
    arguments.optional(argument, "yes or no", |value| match value {
        "yes" | "true" | "1" => Some(true),
        "no" | "false" | "0" => Some(false),
        _ => None,
    })
}

/// Seconds, at least one.
pub(crate) fn seconds(
    arguments: &mut Arguments<'_>,
    argument: &'static str,
) -> Result<Option<Duration>, EndpointError> {
    let seconds = arguments.optional(argument, "a number of seconds", |value| {
        number::<u32>(value).filter(|seconds| *seconds > 0)
    })?;
    Ok(seconds.map(|seconds| Duration::from_secs(seconds.into())))
}

/// Digits and nothing else.
pub(crate) fn number<T: std::str::FromStr>(value: &str) -> Option<T> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    if digits { value.parse().ok() } else { None }
}

/// Writes `text` so that it is read as one word.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in self.0.split_inclusive(['\\', ':', '=']) {
            let last = piece.len() - piece.ends_with(['\\', ':', '=']) as usize;
            f.write_str(&piece[..last])?;
            if last < piece.len() {
                write!(f, "\\{}", &piece[last..])?;
            }
        }
        Ok(())
    }
}

pub(crate) fn write_yes_or_no(
    f: &mut fmt::Formatter<'_>,
    option: &str,
    value: bool,
) -> fmt::Result {
    write!(f, ":{option}={}", if value { "yes" } else { "no" })
}

pub(crate) fn write_seconds(
    f: &mut fmt::Formatter<'_>,
    option: &str,
    value: Duration,
) -> fmt::Result {
    write!(f, ":{option}={}", value.as_secs())
}

/// Writes each layer and the colon behind it.
pub(crate) fn write_layers(f: &mut fmt::Formatter<'_>, layers: &[Arc<dyn Layer>]) -> fmt::Result {
    layers.iter().try_for_each(|layer| write!(f, "{layer}:"))
}

/// Whether they print the same.
pub(crate) fn same(one: &[Arc<dyn Layer>], other: &[Arc<dyn Layer>]) -> bool {
    let printed =
        |layers: &[Arc<dyn Layer>]| -> Vec<_> { layers.iter().map(ToString::to_string).collect() };
    printed(one) == printed(other)
}
