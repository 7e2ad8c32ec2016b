//! Streams cut into lines and strings.
//!
//! Three codecs for [`Framed`](ropewalk_protocol::Framed): [`Lines`], [`Netstrings`] and
//! [`Prefixed`], with the functions that write what they read. Two protocols for what a codec
//! cannot do: [`Switch`] goes back and forth between lines and raw bytes in one stream, and
//! [`LineOnly`] cuts each chunk as a whole.
//!
//! ```
//! use ropewalk_line::{Delimiter, Lines, write_line};
//! use ropewalk_protocol::{Context, Framed, Receiver};
//!
//! struct Echo;
//!
//! impl Receiver<Lines> for Echo {
//!     type Message = ();
//!     fn frame_received(&mut self, cx: &mut Context<'_, ()>, _: &mut Lines, line: &[u8]) {
//!         write_line(cx, line, &Delimiter::Lf);
//!     }
//! }
//!
//! let protocol = Framed::new(Lines::new(Delimiter::Lf, 16 * 1024), Echo);
//! # let _ = protocol;
//! ```

mod delimiter;
mod lines;
mod modes;
mod netstring;
mod only;
mod prefixed;
mod switch;

pub use delimiter::Delimiter;
pub use lines::{Lines, Overlong, write_line};
pub use modes::Modes;
pub use netstring::{Netstrings, write_netstring};
pub use only::{LineOnly, LineOnlyReceiver, Rules};
pub use prefixed::{Prefix, Prefixed, StringTooLong, write_prefixed};
pub use switch::{LineReceiver, Switch};

/// The guide for those who know the original, whose code has to compile.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/from-twisted.md")]
struct FromTwisted;
