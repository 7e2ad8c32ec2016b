//! The realm with a runner in memory, and its IRC front end with clients in memory.

mod anything;
mod chat;
mod limits;
mod long_answers;
mod messages;
mod names;
mod resources;
mod rooms;
mod sessions;
mod talk;
mod world;
