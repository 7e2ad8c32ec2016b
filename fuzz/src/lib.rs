//! Fuzz targets: each takes bytes, does with them what a peer could have done, and panics where
//! something is not as it has to be.
//!
//! `cargo xtask fuzz` runs them under libFuzzer; a plain `cargo test` replays `corpus/TARGET/`.

pub mod irc;
pub mod words;

/// A target and the name by which it is chosen; a new one is a new row.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] = &[
    ("irc_message", irc::message),
    ("irc_modes", irc::modes),
    ("irc_isupport", irc::isupport),
    ("words_irc", words::irc),
];
