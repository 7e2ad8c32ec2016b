//! HTTP/1.1 (RFC 9110, RFC 9112), the server's side, as far as upgrades, static files, health and
//! metrics need it. For applications there is hyper, which runs on the same reactors.
//!
//! [`Server`] is the protocol of a connection. It reads a request, asks a [`Service`], writes the
//! response, and goes on: requests are answered in order, and while one is worked on nothing is
//! read. A service is most often a [`Router`] of [`Handler`]s: [`Files`], [`Health`], [`Metrics`], or
//! a function. A handler answers at once, or with a future.
//!
//! It is strict where a proxy in front of it could understand something else (request smuggling):
//! two lengths, a length and chunks, bare carriage returns, folded lines, a space before a colon,
//! and all that is not a chunk are refused with 400, and the connection is closed.
//!
//! ```
//! use std::time::SystemTime;
//! use ropewalk_http::{Health, Method, Request, Response, Router, Server, Settings};
//! use ropewalk_protocol::factory;
//!
//! let router = Router::new()
//!     .at(Method::Get, "/health", Health::new())
//!     .at(Method::Get, "/hello/", |request: Request| {
//!         Response::text(200, format!("hello, {}\n", &request.path()["/hello/".len()..]))
//!     });
//! let settings = Settings::new(SystemTime::now);
//! let server = factory(move |_| Some(Server::new(router.clone(), settings.clone())));
//! # let _ = server;
//! ```

mod body;
mod chunked;
mod content_type;
mod date;
mod error;
mod exchange;
mod files;
mod framing;
mod handler;
mod health;
mod incoming;
mod metrics;
mod open;
mod parse;
mod range;
mod request;
mod response;
mod router;
mod server;
mod settings;
mod status;

pub use body::{Body, Pieces};
pub use error::BadRequest;
pub use exchange::{Carries, Progress};
pub use files::Files;
pub use handler::{Answer, Handler, Intake, Reply, Service, Watcher};
pub use health::Health;
pub use metrics::{Counter, Gauge, Metrics, MetricsError};
pub use request::{Method, Request};
pub use response::Response;
pub use router::{Nothing, Router};
pub use server::Server;
pub use settings::{Settings, WallClock};
