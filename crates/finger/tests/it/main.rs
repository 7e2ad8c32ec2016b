//! The crate's behaviour, through its public face.

mod asking;
mod outside;
mod queries;
mod serving;

use std::{future::pending, time::Duration};

use bytes::Bytes;
use ropewalk_finger::{Answer, Directory, LookupError, Query};

/// A directory with someone of every kind.
#[derive(Clone)]
struct Office;

impl Directory for Office {
    async fn user(self, query: Query) -> Result<Answer, LookupError> {
        match query.user() {
            "alice" if query.is_verbose() => Ok(Answer::from("Alice\nRoom 12\n")),
            "alice" => Ok(Answer::from("Alice\n")),
            "mallory" => {
                Ok(Answer::from(&b"\x1b[31mred\x07\r\rtab\there\xe9 \xc2\x9b2J caf\xc3\xa9\n"[..]))
            }
            "long" => Ok(Answer::pieces(
                (0..100_000).map(|number| Bytes::from(format!("line {number}\n"))),
            )),
            "slow" => pending().await,
            "broken" => Err(LookupError::Failed("the disk is on fire".into())),
            "later" => Err(LookupError::Unavailable),
            _ => Err(LookupError::NoSuchUser),
        }
    }

    async fn users(self, _: Query) -> Result<Answer, LookupError> {
        Ok(Answer::from("alice\nbob"))
    }
}

const SECOND: Duration = Duration::from_secs(1);
