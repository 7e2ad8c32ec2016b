//! The realm with a runner in memory, and its IRC front end with clients in memory.

mod anything;
mod chat;
mod commands;
mod config;
#[cfg(all(feature = "server", target_os = "linux"))]
mod crashes;
mod cuts;
mod endurance;
mod irc_costs;
mod limits;
mod long_answers;
mod messages;
mod names;
mod order;
#[cfg(feature = "server")]
mod outside;
#[cfg(feature = "server")]
mod program;
mod proxied;
mod resources;
mod rooms;
#[cfg(all(feature = "server", target_os = "linux"))]
mod running;
mod sessions;
#[cfg(all(feature = "server", target_os = "linux"))]
mod soak;
mod talk;
mod turns;
mod world;
