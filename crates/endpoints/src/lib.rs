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
//! | `unix:/run/chat.sock` | `address`, `backlog`, `mode` (such as `660`), `lockfile` (`yes`, `no`) |
//! | `tls:6697:key=key.pem:cert=cert.pem` | TLS over TCP (feature `tls`): those of `tcp` and of the prefix below |
//! | `systemd:index=0` | a socket that systemd passed in: `index` or `name`; `nodelay`, `keepalive` |
//! | `stdio:` | standard input and output, one connection |
//!
//! | before any of them | and the options |
//! |---|---|
//! | `haproxy:` | a PROXY header comes first; `from` (networks that may send one), `timeout` (seconds) |
//! | `tls:key=key.pem:cert=cert.pem:` | TLS (feature `tls`): `key` and `cert` (PEM files; one may hold both), or `dir` (a folder of them, chosen by the name that the client asks for), `alpn`, `clientca` (whose certificates clients have to show), `clients` (`required`, `optional`, `any`), `handshake` (seconds) |
//!
//! | for clients | and the options |
//! |---|---|
//! | `tcp:chat.example:6667` | `host` (a name or an address), `port`, `timeout` (seconds), `bindAddress`, `nodelay`, `keepalive` |
//! | `tcp6:chat.example:6667` | the same over IPv6 |
//! | `unix:/run/chat.sock` | `path`, `timeout` |
//! | `tls:chat.example:6697` | TLS over TCP (feature `tls`): those of `tcp` and `roots` (a PEM file, instead of the platform's), `pin` (SHA-256 sums of public keys), `key` and `cert` (our own), `alpn`, `name` (whose certificate it has to be) |
//! | `tls:name=chat.example:unix:/run/chat.sock` | TLS before any of them, with those options |
//!
//! Sockets that systemd or a predecessor passed in are taken also by the endpoints whose addresses
//! they have, so that a program that is started anew needs no other strings.
//!
//! Layers stand in the order in which bytes from the wire pass them, and the address at the end:
//! `haproxy:tls:key=key.pem:cert=cert.pem:tcp:6697` takes a PROXY header, then speaks TLS.
//!
//! ```
//! use ropewalk_endpoints::ServerEndpoint;
//!
//! let endpoint: ServerEndpoint = "tcp:6667:interface=127.0.0.1:backlog=64".parse()?;
//! assert_eq!(endpoint.plan().backlog, Some(64));
//!
//! let error = "tcp:6667:prot=1".parse::<ServerEndpoint>().unwrap_err();
//! let message = r#"unknown option "prot" in tcp:6667:prot=1
//!   tcp:6667:prot=1
//!            ^^^^"#;
//! assert_eq!(error.to_string(), message);
//! # Ok::<(), ropewalk_endpoints::EndpointError>(())
//! ```

mod arguments;
mod attempt;
mod candidates;
mod client;
mod client_schemes;
mod dial;
mod error;
mod grammar;
mod haproxy;
mod inherited;
mod layer;
mod layered;
mod listening;
mod options;
mod proxy;
mod resolver;
mod schemes;
mod server;
mod server_schemes;
#[cfg(feature = "tls")]
mod tls;

pub use arguments::Arguments;
pub use client::{ClientEndpoint, ClientPlan, Family, Target};
pub use dial::DialError;
pub use error::{EndpointError, Problem};
pub use haproxy::ProxyFilter;
pub use inherited::tell_predecessor;
pub use layer::{Filters, Layer, LayerError};
pub use listening::{ListenFailure, Listening};
pub use proxy::ProxyHeader;
pub use resolver::{Answers, Resolver, SystemResolver};
pub use schemes::{Layers, Prefix, Scheme, Schemes};
pub use server::{Place, ServerEndpoint, ServerPlan};
