//! Endpoint strings: where a server listens and a client connects to, as people write it.
//!
//! A string is a scheme and its arguments, divided by colons. Arguments have a name
//! (`backlog=1024`) or a place; a backslash takes the meaning from the character behind it, so
//! that colons, equals signs and backslashes can be written.
//!
//! | for servers | and the options |
//! |---|---|
//! | `tcp:6667` | `port`, `interface` (an address, by default every IPv4 one), `backlog`, `reuse_port`, `nodelay` (`yes`, `no`), `keepalive` (seconds) |
//! | `tcp6:6667` | the same over IPv6 |
//! | `unix:/run/chat.sock` | `address`, `backlog` |
//!
//! | for clients | and the options |
//! |---|---|
//! | `tcp:chat.example:6667` | `host` (a name or an address), `port`, `timeout` (seconds), `bindAddress`, `nodelay`, `keepalive` |
//! | `tcp6:chat.example:6667` | the same over IPv6 |
//! | `unix:/run/chat.sock` | `path`, `timeout` |
//!
//! ```
//! use ropewalk_endpoints::ServerEndpoint;
//!
//! let endpoint: ServerEndpoint = "tcp:6667:interface=127.0.0.1:backlog=64".parse()?;
//! assert_eq!(endpoint.plan().backlog, 64);
//!
//! let error = "tcp:6667:prot=1".parse::<ServerEndpoint>().unwrap_err();
//! let message = r#"unknown option "prot" in tcp:6667:prot=1
//!   tcp:6667:prot=1
//!            ^^^^"#;
//! assert_eq!(error.to_string(), message);
//! # Ok::<(), ropewalk_endpoints::EndpointError>(())
//! ```

mod arguments;
mod client;
mod error;
mod grammar;
mod options;
mod server;

pub use client::{ClientEndpoint, DialError};
pub use error::{EndpointError, Problem};
pub use server::ServerEndpoint;
