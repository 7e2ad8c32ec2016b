//! What a server allows its peers: how fast, how long silent, how many, and who is written down.
//!
//! - [`Throttle`] lets so many bytes a second through, by token [`Bucket`]s that share what a
//!   parent has.
//! - [`Idle`] ends connections on which nothing arrives, or which do not get anywhere.
//! - [`ConnectionLimits`] counts connections, in all and by address prefix; [`Limited`] refuses what
//!   is too many.
//! - [`TrafficLog`] writes down what passes.
//! - [`Forward`] passes connections on to somewhere else.
//!
//! They stack: filters in [`Filtered`](ropewalk_protocol::Filtered), factories in factories.
//!
//! ```
//! use std::time::{Duration, Instant};
//! use ropewalk_policies::{Bucket, ConnectionLimits, Idle, Limited, Rate, Rules, Throttle};
//! use ropewalk_protocol::{Filtered, factory};
//! # use bytes::BytesMut;
//! # use ropewalk_protocol::{Context, Protocol};
//! # #[derive(Clone)]
//! # struct Echo;
//! # impl Protocol for Echo {
//! #     type Message = ();
//! #     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
//! #         cx.send(input.split().freeze());
//! #     }
//! # }
//!
//! let all = Bucket::new(Rate::per_second(10_000_000));
//! let served = factory(move |_| {
//!     let throttle = Throttle::default().writing(all.child(Rate::per_second(100_000)));
//!     let echo = factory(|_| Some(Idle::new(Duration::from_secs(60), Echo)));
//!     Some(Filtered::new(throttle, echo))
//! });
//! let limits = ConnectionLimits::new(Rules::default(), Instant::now);
//! let served = Limited::new(limits, served);
//! # let _ = served;
//! ```

mod admitted;
mod bucket;
mod draw;
mod forward;
mod idle;
mod journal;
mod limit;
mod log;
mod network;
mod onward;
mod rate;
mod relay;
mod rules;
mod tally;
mod throttle;

pub use admitted::{Admitted, Limited};
pub use bucket::Bucket;
pub use forward::{Forward, Forwarded};
pub use idle::Idle;
pub use journal::{Journal, journal};
pub use limit::{Admission, ConnectionLimits, Refusal};
pub use log::{Direction, Record, TrafficLog};
pub use network::{Network, NetworkError};
pub use onward::Onward;
pub use rate::Rate;
pub use relay::Relay;
pub use rules::{PrefixRule, Rules};
pub use throttle::Throttle;
