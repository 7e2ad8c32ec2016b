#![doc = include_str!("../README.md")]

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
