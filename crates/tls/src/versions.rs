//! The versions of TLS that are spoken.

use rustls::{
    SupportedProtocolVersion,
    version::{TLS12, TLS13},
};

pub(crate) type Versions = &'static [&'static SupportedProtocolVersion];

pub(crate) static ALL: Versions = &[&TLS13, &TLS12];
pub(crate) static ONLY_TLS13: Versions = &[&TLS13];
