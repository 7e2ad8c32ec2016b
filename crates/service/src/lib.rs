//! Services: what starts, runs and stops; trees of them; and a runner for whole applications.
//!
//! A [`Service`] starts and stops. [`Server`] listens on an endpoint, [`ReconnectingClient`] keeps
//! a connection, [`Timer`] does something again and again, [`Supervised`] keeps a process running, and [`Services`] is a tree of them,
//! started in order and stopped in reverse. [`Application`] runs a tree as a program that a system
//! can look after: as another user, with a PID file and a log file, with notices to systemd, with
//! SIGHUP as reload and SIGTERM as an orderly stop.
//!
//! ```no_run
//! use ropewalk_protocol::factory;
//! use ropewalk_reactor::{PollReactor, Settings};
//! use ropewalk_service::{Application, Server, Services};
//! # use ropewalk_protocol::{Context, Protocol};
//! # struct Echo;
//! # impl Protocol for Echo {
//! #     type Message = ();
//! #     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut bytes::BytesMut) {
//! #         cx.send(input.split().freeze());
//! #     }
//! # }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let reactor = PollReactor::new(Settings::default())?;
//!     let echo = Server::new(&reactor, "tcp:7".parse()?, factory(|_| Some(Echo)));
//!     let mut services = Services::default();
//!     services.add("echo", echo)?;
//!     let mut application = Application::new("echo");
//!     application.user = Some("nobody".into());
//!     application.log()?;
//!     application.run(&reactor, services, |line| println!("{line}"))?;
//!     Ok(())
//! }
//! ```

mod application;
mod background;
mod client;
mod server;
mod service;
mod services;
mod signal;
mod supervised;
mod timer;
mod tracked;

pub use application::{Application, ApplicationError, LogFile, PidFile};
pub use client::{ClientHandle, NotConnected, ReconnectingClient};
pub use server::Server;
pub use service::{Service, ServiceError, Stopping};
pub use services::Services;
pub use signal::{SignalWatch, watch_signal};
pub use supervised::Supervised;
pub use timer::Timer;
