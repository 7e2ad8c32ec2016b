//! Sans-I/O protocols: the traits, and the plumbing written once.
//!
//! Authors of protocols implement [`Protocol`]: callbacks, named for what happened, on a recorded
//! [`Transport`]. Or they implement a [`Codec`] (bytes to frames) and a [`Receiver`], plumbed by
//! [`Framed`]. None of them reads a clock, opens a socket or starts a thread.
//!
//! Authors of drivers hold a [`Connection`]: a machine that is fed and polled. Programs use one of
//! the drivers that exist, through the [`Reactor`] interface.
//!
//! ```
//! use bytes::BytesMut;
//! use ropewalk_protocol::{Context, Protocol};
//!
//! struct Echo;
//!
//! impl Protocol for Echo {
//!     type Message = ();
//!
//!     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
//!         cx.send(input.split().freeze());
//!     }
//! }
//! ```

mod address;
mod attach;
mod bottom;
mod child;
mod codec;
mod connection;
mod context;
mod datagram;
mod dialogue;
#[cfg(feature = "drive")]
mod drive;
mod factory;
mod filter;
mod filtered;
mod fired;
mod framed;
mod group;
mod lane;
mod limits;
mod mailbox;
mod outbox;
mod passing;
mod peer;
mod port;
mod protocol;
mod reactor;
mod reason;
mod roll;
mod timers;
mod transport;
mod watch;
mod wheel;
mod work;

pub use address::{Address, ClientAddress};
pub use attach::Attach;
pub use child::{Child, ChildRequest, ProcessContext, ProcessProtocol, Signal, Way, WindowSize};
pub use codec::{Codec, Receiver};
pub use connection::Connection;
pub use context::Context;
pub use datagram::{
    DatagramAddress, DatagramContext, DatagramError, DatagramLimits, DatagramProtocol,
    DatagramRequest, Datagrams, Interface,
};
pub use dialogue::{Dialogue, Sleep, Talk, Woken};
#[cfg(feature = "drive")]
pub use drive::drive;
pub use factory::{Factory, FromFn, factory};
pub use filter::{Filter, Wire};
pub use filtered::{Filtered, Given};
pub use framed::Framed;
pub use group::Group;
pub use lane::{Errand, Gathering, Home, Lane, Members, Said, Token};
pub use limits::Limits;
pub use mailbox::{Mailbox, PostError};
pub use outbox::Outbox;
pub use passing::{DescriptorContext, DescriptorProtocol, Passed, Passing, TooManyDescriptors};
pub use peer::{Peer, TlsFacts};
pub use port::Port;
pub use protocol::Protocol;
pub use reactor::{Connect, ConnectError, Listen, ListenError, Phase, Reactor};
pub use reason::{Malformed, Reason};
pub use roll::{Place, Roll, Word};
pub use ropewalk_clock::Clock;
pub use timers::{DelayedCall, NotPending, Timers};
pub use transport::{Flow, Transport};
pub use watch::{Interest, Ready, Watch, WatchFd};
pub use wheel::{TimerKey, Wheel};
