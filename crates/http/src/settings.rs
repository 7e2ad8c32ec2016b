//! How a server reads and waits.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

/// What tells the date of responses, such as [`SystemTime::now`]. Servers read no clock themselves.
#[derive(Clone)]
pub struct WallClock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl WallClock {
    /// The date now.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        (self.0)()
    }
}

impl fmt::Debug for WallClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WallClock")
    }
}

/// How a server reads and waits. What a peer can make grow has its limit here, or in
/// [`Intake`](crate::Intake).
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use ropewalk_http::Settings;
///
/// let mut settings = Settings::new(SystemTime::now);
/// settings.idle = Duration::from_secs(15);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The date of responses.
    pub clock: WallClock,
    /// Bytes of a request's head, and of a chunked body's trailer; more are answered with 431.
    pub head: usize,
    /// Fields of a head, 128 at most; more are answered with 431.
    pub fields: usize,
    /// Bytes of a target; more are answered with 414.
    pub target: usize,
    /// For the head of a request, from its first byte on; longer is answered with 408.
    pub head_time: Duration,
    /// For its body; longer is answered with 408.
    pub body_time: Duration,
    /// For a service's answer; longer is answered with 503.
    pub work_time: Duration,
    /// For a piece of a response to be made and to leave; a client that takes longer is cut off.
    pub send_time: Duration,
    /// Between requests; after that the connection is closed.
    pub idle: Duration,
}

impl Settings {
    /// 16 KiB, 100 fields, 8 KiB of target, 30 seconds for each step, 60 between requests.
    pub fn new(clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        let step = Duration::from_secs(30);
        Self {
            clock: WallClock(Arc::new(clock)),
            head: 16 * 1024,
            fields: 100,
            target: 8 * 1024,
            head_time: step,
            body_time: step,
            work_time: step,
            send_time: step,
            idle: Duration::from_secs(60),
        }
    }
}
