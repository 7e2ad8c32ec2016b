//! The chat realm: users with several sessions each, rooms, roles, bans, invitations, messages.
//!
//! A [`Realm`] is a deterministic machine. A front end opens a session and hands in
//! [`Command`]s; the asker gets an [`Outcome`] or a [`Refusal`] back, everyone else learns of it
//! through [`Effects`], which a runner carries out in order: group membership, events said to a
//! room, events delivered to one session. The realm knows no wire format, no socket and no clock,
//! and no work it does grows with the size of a room. Long answers are cursors
//! ([`NamesCursor`], [`UsersCursor`], [`RoomsCursor`]) that are pulled piece by piece.
//!
//! ```
//! use ropewalk_words::{Command, Effect, Effects, FrontEnd, Realm, Registration, Settings, Timestamp};
//!
//! let mut realm = Realm::new(Settings::default());
//! let mut effects = Effects::default();
//! let now = Timestamp::from_millis(1_000);
//!
//! let session = realm.open(now, FrontEnd::Irc)?;
//! let who = Registration { nick: b"ada", username: b"ada", host: b"a.test", realname: b"Ada" };
//! realm.apply(now, session, Command::Register(who), &mut effects)?;
//! realm.apply(now, session, Command::Join { room: b"#rope", key: None }, &mut effects)?;
//!
//! let told: Vec<_> = effects.drain().collect();
//! assert!(matches!(told[0], Effect::Join { .. }));
//! assert!(matches!(told[1], Effect::Say { .. }));
//! # Ok::<(), ropewalk_words::Refusal>(())
//! ```

mod calendar;
mod change;
mod command;
mod config;
mod cursor;
mod effect;
mod event;
mod form;
mod hall;
mod id;
pub mod irc;
mod limits;
mod mask;
mod members;
mod message_id;
mod name;
mod prefix;
mod realm;
mod refusal;
mod role;
mod room;
mod session;
mod slots;
mod timestamp;
mod user;

pub use calendar::Calendar;
pub use change::{Change, Flag, Flags, MaskList};
pub use command::{Command, Outcome, Refused, Registration, Target};
pub use config::{Admission, Config, Mistake, ProcessSettings, ReactorChoice};
pub use cursor::{NamesCursor, Progress, RoomsCursor, UsersCursor};
pub use effect::{Effect, Effects};
pub use event::{Event, MessageKind, RoomRef, UserRef, What};
pub use form::FORMS;
pub use hall::{Applied, Delivery, Hall, Seat};
pub use id::{RoomId, SessionId, UserId};
pub use limits::{RealmLimits, Settings};
pub use mask::{Mask, MaskEntry};
pub use message_id::MessageId;
pub use name::Fold;
pub use prefix::Prefix;
pub use realm::{Counts, Realm};
pub use refusal::{Field, Refusal};
pub use role::{Role, Roles};
pub use room::{Room, Topic};
pub use session::{FrontEnd, Session};
pub use timestamp::Timestamp;
pub use user::{User, UserMode, UserModes};
