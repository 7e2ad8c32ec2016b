//! The time as a number, RFC 868.

use std::time::{Duration, SystemTime};

use bytes::BytesMut;

use ropewalk_protocol::{Context, Protocol};

/// Sends the seconds since 1900 as 32 bits, and closes (RFC 868).
///
/// The number begins again at 0 in February 2036, as the RFC leaves it.
///
/// ```
/// use std::time::SystemTime;
/// use ropewalk_protocol::{Connection, Peer};
/// use ropewalk_wire::Time;
///
/// let time = Time::new(|| SystemTime::UNIX_EPOCH);
/// let mut connection = Connection::new(time, Peer::unnamed(), Default::default());
/// connection.start(std::time::Instant::now());
/// assert_eq!(connection.outgoing(), 2_208_988_800_u32.to_be_bytes());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Time<N> {
    now: N,
}

impl<N: Fn() -> SystemTime> Time<N> {
    /// With a source of time, such as [`SystemTime::now`].
    pub fn new(now: N) -> Self {
        Self { now }
    }
}

impl<N: Fn() -> SystemTime> Protocol for Time<N> {
    type Message = ();

    fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
        let seconds = unix_seconds((self.now)()).wrapping_add(FROM_1900_TO_1970);
        cx.write(&(seconds as u32).to_be_bytes());
        cx.close();
    }

    fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut BytesMut) {
        input.clear();
    }
}

/// Whole seconds since 1970, rounded down; negative before.
pub(crate) fn unix_seconds(time: SystemTime) -> i64 {
    let whole = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX / 2);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => whole(after),
        Err(before) => {
            let before = before.duration();
            -whole(before) - i64::from(before.subsec_nanos() > 0)
        }
    }
}

/// RFC 868: "the time 2,208,988,800 corresponds to 00:00 1 Jan 1970 GMT".
const FROM_1900_TO_1970: i64 = 2_208_988_800;
