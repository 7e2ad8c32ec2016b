//! The realm, through its public face, with a runner in memory.

mod anything;
mod limits;
mod long_answers;
mod messages;
mod names;
mod resources;
mod rooms;
mod sessions;
mod world;
