//! TLS as a [`Filter`](ropewalk_protocol::Filter): below any protocol, on any reactor.
//!
//! - [`ServerTls`]: certificates by SNI, ALPN, [client certificates](ClientCertificates), resumption,
//!   [reload](ServerTls::reload) without dropping a connection.
//! - [`ClientTls`]: the system's [authorities](Roots) or others, [pinned keys](Pin), a certificate.
//! - Either makes a [`Tls`] for each connection: from the first byte, or after STARTTLS.
//!
//! The protocol above finds what was settled in its peer, as
//! [`TlsFacts`](ropewalk_protocol::TlsFacts): version, cipher, ALPN, names, certificates, and the
//! channel bindings `tls-exporter` (RFC 9266) and `tls-server-end-point` (RFC 5929).
//!
//! The work is done by rustls with the cryptography of ring. There is no renegotiation, no
//! compression and no early data. Certificates are checked against the system's calendar; nothing
//! else here reads a clock.
//!
//! ```
//! use std::time::Duration;
//!
//! use bytes::BytesMut;
//! use ropewalk_protocol::{Context, Filtered, Protocol};
//! use ropewalk_testkit::{Harness, Pair};
//! use ropewalk_tls::{ClientTls, Identity, Roots, ServerTls};
//!
//! struct Greeter;
//! impl Protocol for Greeter {
//!     type Message = ();
//!     fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
//!         let tls = cx.peer().tls.clone().expect("the handshake is done");
//!         cx.write(format!("welcome to {}", tls.server_name.as_deref().unwrap_or("?")).as_bytes());
//!     }
//!     fn data_received(&mut self, _: &mut Context<'_, ()>, _: &mut BytesMut) {}
//! }
//!
//! struct Hears(Vec<u8>);
//! impl Protocol for Hears {
//!     type Message = ();
//!     fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut BytesMut) {
//!         self.0.extend(input.split());
//!     }
//! }
//!
//! let made = rcgen::generate_simple_self_signed(["irc.example".to_owned()])?;
//! let identity = Identity::pem(made.cert.pem(), made.signing_key.serialize_pem());
//! let server = ServerTls::builder().identity(identity).build()?;
//! let client = ClientTls::builder().roots(Roots::pem(made.cert.pem())).build()?;
//!
//! let mut pair = Pair::of(
//!     Harness::new(Filtered::around(client.filter("irc.example")?, Hears(Vec::new()))),
//!     Harness::new(Filtered::around(server.filter(), Greeter)),
//!     Duration::ZERO,
//! );
//! pair.run();
//! assert_eq!(pair.a.protocol().inner().expect("it is open").0, b"welcome to irc.example");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod certificate;
mod chooser;
mod client;
mod clients;
mod der;
mod error;
mod facts;
mod filter;
mod identity;
mod pem;
mod pin;
mod refusal;
mod roots;
mod server;
mod session;
mod verifier;
mod versions;

pub use client::{ClientTls, ClientTlsBuilder};
pub use clients::ClientCertificates;
pub use error::TlsError;
pub use filter::Tls;
pub use identity::Identity;
pub use pin::Pin;
pub use roots::Roots;
pub use server::{ServerTls, ServerTlsBuilder};
