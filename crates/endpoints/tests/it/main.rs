//! The crate's behaviour, through its public face.

mod connections;
mod dialing;
mod haproxy;
mod mistakes;
mod plans;
mod proxy_header;
#[cfg(feature = "tls")]
mod secure;
mod strings;
