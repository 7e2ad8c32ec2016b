//! The realm with a runner in memory, and its IRC front end with clients in memory.

mod anything;
mod chat;
mod commands;
mod config;
mod cuts;
mod endurance;
mod irc_costs;
mod limits;
mod long_answers;
mod messages;
mod names;
mod order;
#[cfg(feature = "server")]
mod program;
mod resources;
mod rooms;
mod sessions;
mod talk;
mod world;
