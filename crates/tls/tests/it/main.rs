//! The crate's behaviour, through its public face.

mod allocations;
mod anything;
mod choice;
mod cuts;
mod ends;
mod files;
mod handshake;
mod made;
mod openssl;
mod outside;
mod raw;
mod refusals;
mod resumption;
mod starttls;
mod streams;
