//! Datagram protocols, without sockets.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    task::Waker,
    time::{Duration, Instant},
};

use ropewalk_protocol::{
    DatagramAddress, DatagramContext, DatagramError, DatagramLimits, DatagramProtocol, Datagrams,
    Interface, Reason,
};

/// What the protocol was told.
type Notes = Arc<Mutex<Vec<String>>>;

#[derive(Default)]
struct Echo {
    notes: Notes,
    deadline: Option<Instant>,
    complains: bool,
}

impl Echo {
    fn note(&self, what: impl ToString) {
        self.notes.lock().unwrap().push(what.to_string());
    }
}

impl DatagramProtocol for Echo {
    type Message = u8;

    fn datagram_received(
        &mut self,
        cx: &mut DatagramContext<'_, u8>,
        datagram: &[u8],
        from: &DatagramAddress,
    ) {
        match datagram {
            b"close" => {
                cx.send_to(b"bye", from);
                cx.close();
                cx.send_to(b"after the end", from);
            }
            b"spawn" => cx.spawn(pending()),
            b"join" => (0..3000).for_each(|_| cx.join_group([239, 1, 1, 1].into(), Interface::Any)),
            b"late" => self.deadline = Some(cx.now()),
            _ => cx.send_to(datagram, from),
        }
    }

    fn failed(&mut self, cx: &mut DatagramContext<'_, u8>, why: &DatagramError) {
        self.note(why);
        if self.complains {
            cx.send(b"a complaint that does not fit either");
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn timed_out(&mut self, _: &mut DatagramContext<'_, u8>) {
        self.note("timed out");
    }

    fn stopped(&mut self, reason: &Reason) {
        self.note(reason);
    }
}

struct Ground {
    echo: Datagrams<Echo>,
    notes: Notes,
    from: DatagramAddress,
    now: Instant,
}

impl Ground {
    fn new(limits: DatagramLimits) -> Self {
        Self::with(Echo::default(), limits)
    }

    fn with(echo: Echo, limits: DatagramLimits) -> Self {
        let (from, now) = (DatagramAddress::from(([127, 0, 0, 1], 1)), Instant::now());
        let notes = Arc::clone(&echo.notes);
        let mut echo = Datagrams::new(echo, from.clone(), Arc::new(limits));
        echo.start(now);
        Self { echo, notes, from, now }
    }

    fn feed(&mut self, datagram: &[u8]) {
        self.echo.feed(self.now, datagram, &self.from);
    }

    fn notes(&self) -> Vec<String> {
        std::mem::take(&mut *self.notes.lock().unwrap())
    }
}

#[test]
fn receiving_and_sending_allocate_nothing_once_warm() {
    let mut ground = Ground::new(DatagramLimits::default());
    let mut exchange = || {
        for _ in 0..50 {
            ground.feed(&[b'x'; 200]);
        }
        while ground.echo.outgoing().is_some() {
            ground.echo.sent(ground.now);
        }
        ground.echo.poll(ground.now, Waker::noop());
    };
    (0..10).for_each(|_| exchange());
    let counted = allocation_counter::measure(|| (0..100).for_each(|_| exchange()));
    assert_eq!(counted.count_total, 0);
}

#[test]
fn a_close_sends_what_is_queued_but_not_for_ever() {
    let limits = DatagramLimits { flush: Duration::from_secs(3), ..DatagramLimits::default() };
    let mut ground = Ground::new(limits.clone());
    ground.feed(b"close");
    assert!(!ground.echo.wants_input() && ground.echo.over().is_none());
    assert_eq!(ground.echo.outgoing(), Some((&b"bye"[..], Some(&ground.from))));
    ground.echo.sent(ground.now);
    assert!(matches!(ground.echo.over(), Some(Reason::Closed)), "nothing is queued after the end");

    let mut ground = Ground::new(limits);
    ground.feed(b"close");
    let until = ground.now + Duration::from_secs(3);
    assert_eq!(ground.echo.deadline(), Some(until));
    ground.echo.poll(until, Waker::noop());
    assert!(matches!(ground.echo.over(), Some(Reason::Linger(_))));
}

#[test]
fn a_full_queue_and_too_many_futures_stop_the_input() {
    let limits = DatagramLimits { queue: 2, futures: 1, ..DatagramLimits::default() };
    let mut ground = Ground::new(limits);
    ground.feed(b"one");
    assert!(ground.echo.wants_input());
    ground.feed(b"two");
    assert!(!ground.echo.wants_input());
    ground.feed(b"three");
    assert_eq!(ground.notes(), ["1 datagrams dropped: the queue holds 2"]);
    ground.echo.sent(ground.now);
    assert!(ground.echo.wants_input());
    ground.feed(b"spawn");
    assert!(!ground.echo.wants_input());
}

#[test]
fn bytes_and_requests_that_wait_are_bounded() {
    let limits = DatagramLimits { queued_bytes: 10, datagram: 50, ..DatagramLimits::default() };
    let mut ground = Ground::new(limits);
    ground.feed(b"12345678");
    ground.feed(b"123");
    assert_eq!(ground.notes(), ["1 datagrams dropped: the queue holds 10"]);
    ground.echo.sent(ground.now);
    assert_eq!(ground.echo.outgoing(), None);
    ground.feed(&[b'x'; 51]);
    assert_eq!(ground.notes(), ["datagram of 51 bytes is longer than the limit of 50"]);
    ground.feed(b"join");
    assert!(ground.notes()[0].ends_with(": the queue holds 10"));
    let groups = std::iter::from_fn(|| ground.echo.request()).count();
    assert_eq!(groups, 1024);
}

#[test]
fn one_that_complains_of_a_full_queue_into_the_full_queue_does_not_go_round_in_circles() {
    let limits = DatagramLimits { queue: 1, ..DatagramLimits::default() };
    let mut ground = Ground::with(Echo { complains: true, ..Echo::default() }, limits);
    ground.feed(b"one");
    ground.feed(b"two");
    assert_eq!(ground.notes(), ["1 datagrams dropped: the queue holds 1"]);
    ground.echo.sent(ground.now);
    assert_eq!(ground.notes().len(), 1, "its own complaint was dropped");
}

#[test]
fn a_deadline_fires_once_and_the_end_is_told_once() {
    let mut ground = Ground::new(DatagramLimits::default());
    ground.feed(b"late");
    assert_eq!(ground.echo.deadline(), Some(ground.now));
    ground.echo.poll(ground.now, Waker::noop());
    ground.echo.poll(ground.now, Waker::noop());
    assert_eq!(ground.echo.deadline(), None);
    ground.echo.finish(&Reason::Shutdown);
    ground.echo.finish(&Reason::Closed);
    ground.feed(b"too late");
    assert_eq!(ground.echo.outgoing(), None);
    assert_eq!(ground.notes(), ["timed out", &*Reason::Shutdown.to_string()]);
}
