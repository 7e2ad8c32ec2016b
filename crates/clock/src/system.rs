//! The machine's monotonic clock, without a reactor: one thread of its own serves all waits.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock},
    task::Waker,
    thread::{self, Thread},
    time::Instant,
};

use crate::{
    Alarm, Clock, Sleep,
    sleepers::{Sleepers, Source, State},
};

/// The machine's monotonic clock.
///
/// Waits are served by one thread, started by the first of them; what an [alarm](Clock::wake_at)
/// calls runs there, and should be short. Under a reactor prefer the
/// reactor's own clock, which needs none.
///
/// ```
/// use ropewalk_clock::{Clock, SystemClock};
///
/// let clock = SystemClock;
/// assert!(clock.now() <= clock.now());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep_until(&self, at: Instant) -> impl Future<Output = ()> + Send + 'static {
        Sleep::new(Arc::clone(keeper()) as Arc<dyn Source>, at)
    }

    fn wake_at(&self, at: Instant, waker: Waker) -> Alarm {
        Alarm::sleep(Sleep::queued(Arc::clone(keeper()) as Arc<dyn Source>, at, waker))
    }
}

struct Keeper {
    sleepers: Sleepers,
    thread: OnceLock<Thread>,
}

impl Source for Keeper {
    fn sleepers(&self) -> &Sleepers {
        &self.sleepers
    }

    fn now(&self, _: &State) -> Instant {
        Instant::now()
    }

    fn earlier(&self) {
        let spawned = self.thread.get_or_init(|| {
            thread::Builder::new()
                .name("ropewalk-clock".into())
                .spawn(|| keeper().serve())
                // A process that cannot start one small thread cannot go on in any useful way.
                .expect("the clock's thread could not be started")
                .thread()
                .clone()
        });
        spawned.unpark();
    }
}

impl Keeper {
    fn serve(&self) {
        loop {
            let now = Instant::now();
            // Who panics when woken ends nobody else's waits; the panic's hook has told of it.
            while catch_unwind(AssertUnwindSafe(|| self.sleepers.wake(now))).is_err() {}
            match self.sleepers.next() {
                Some(at) => thread::park_timeout(at.saturating_duration_since(Instant::now())),
                None => thread::park(),
            }
        }
    }
}

fn keeper() -> &'static Arc<Keeper> {
    static KEEPER: OnceLock<Arc<Keeper>> = OnceLock::new();
    KEEPER.get_or_init(|| {
        Arc::new(Keeper { sleepers: Sleepers::new(Instant::now()), thread: OnceLock::new() })
    })
}
