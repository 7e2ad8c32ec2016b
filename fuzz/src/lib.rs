//! Fuzz targets: each takes bytes, does with them what a peer could have done, and panics where
//! something is not as it has to be.
//!
//! `cargo xtask fuzz` runs them under libFuzzer; a plain `cargo test` replays `corpus/TARGET/`.

pub mod endpoint;
pub mod finger;
pub mod http;
pub mod irc;
pub mod line;
pub mod realm;
pub mod task;
pub mod tls;
pub mod words;

/// A target and the name by which it is chosen; a new one is a new row.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] = &[
    ("endpoint", endpoint::strings),
    ("proxy_header", endpoint::proxy_header),
    ("finger_query", finger::query),
    ("http_request", http::request),
    ("irc_message", irc::message),
    ("irc_modes", irc::modes),
    ("irc_isupport", irc::isupport),
    ("line_lines", line::lines),
    ("line_netstrings", line::netstrings),
    ("line_prefixed", line::prefixed),
    ("line_switch", line::switch),
    ("realm", realm::commands),
    ("task_job_file", task::job_file),
    ("task_journal_line", task::journal_line),
    ("task_schedule", task::schedule),
    ("tls_files", tls::files),
    ("tls_server", tls::server),
    ("words_irc", words::irc),
];
