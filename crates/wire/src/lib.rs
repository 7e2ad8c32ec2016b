//! The small classic services, of 1983: for trying things out, and for measuring.
//!
//! [`Echo`], [`Discard`] and [`Chargen`] go on until the peer ends; [`Daytime`], [`Time`] and
//! [`Quote`] say one thing and close. Time is passed in.
//!
//! ```
//! use ropewalk_protocol::{Factory, Peer, factory};
//! use ropewalk_wire::Echo;
//!
//! let mut echoes = factory(|_: &Peer| Some(Echo));
//! assert!(echoes.build(&Peer::unnamed()).is_some());
//! ```

mod chargen;
mod daytime;
mod discard;
mod echo;
mod quote;
mod time;

pub use chargen::Chargen;
pub use daytime::Daytime;
pub use discard::Discard;
pub use echo::Echo;
pub use quote::Quote;
pub use time::Time;
