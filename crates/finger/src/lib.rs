//! The finger protocol (RFC 1288): who is there, and what they say of themselves.
//!
//! [`Ruip`] is the server, the *remote user information program*: a protocol that asks a
//! [`Directory`], which may take its time. [`finger()`] is the client, on any reactor. [`Query`] is
//! the line between the two.
//!
//! What this server never does by itself: ask other servers (a directory may, in
//! [`Directory::forward`]), run programs, or send control characters.
//!
//! ```
//! use ropewalk_finger::{Answer, Directory, LookupError, Query, Ruip, Settings};
//! use ropewalk_protocol::factory;
//!
//! #[derive(Clone)]
//! struct Office;
//!
//! impl Directory for Office {
//!     async fn user(self, query: Query) -> Result<Answer, LookupError> {
//!         match query.user() {
//!             "alice" => Ok(Answer::from("Alice, room 12\n")),
//!             _ => Err(LookupError::NoSuchUser),
//!         }
//!     }
//!
//!     async fn users(self, _: Query) -> Result<Answer, LookupError> {
//!         Err(LookupError::ListDenied)
//!     }
//! }
//!
//! let server = factory(|_| Some(Ruip::protocol(Office, Settings::default())));
//! # let _ = server;
//! ```

mod answer;
mod client;
mod directory;
mod error;
mod query;
mod server;

pub use answer::{Answer, Characters};
pub use client::{Inquiry, Patience, finger};
pub use directory::{Directory, LookupError};
pub use error::{FingerError, QueryError};
pub use query::Query;
pub use server::{Done, Ruip, Settings};
