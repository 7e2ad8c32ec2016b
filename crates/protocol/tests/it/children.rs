//! Process protocols, without processes.

use std::{
    future::pending,
    io::IoSlice,
    os::unix::process::ExitStatusExt,
    process::ExitStatus,
    sync::{Arc, Mutex},
    task::Waker,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use ropewalk_protocol::{
    Child, ChildRequest, Limits, Mailbox, ProcessContext, ProcessProtocol, Reason, Signal, Way,
    WindowSize,
};

type Notes = Arc<Mutex<Vec<String>>>;

/// Takes lines, and obeys some.
#[derive(Default)]
struct Told {
    notes: Notes,
    mailbox: Arc<Mutex<Option<Mailbox<u8>>>>,
    deadline: Option<Instant>,
}

impl Told {
    fn note(&self, what: impl ToString) {
        self.notes.lock().unwrap().push(what.to_string());
    }
}

impl ProcessProtocol for Told {
    type Message = u8;

    fn started(&mut self, cx: &mut ProcessContext<'_, u8>) {
        *self.mailbox.lock().unwrap() = Some(cx.mailbox());
    }

    fn child_data_received(
        &mut self,
        cx: &mut ProcessContext<'_, u8>,
        fd: u32,
        input: &mut BytesMut,
    ) {
        while let Some(end) = input.iter().position(|byte| *byte == b'\n') {
            let line = input.split_to(end + 1);
            match &line[..end] {
                b"pause" => return cx.pause_reading(fd),
                b"write" => cx.write(0, &[b'x'; 100]),
                b"close" => cx.close_stdin(),
                b"spawn" => cx.spawn(pending()),
                b"give up" => cx.give_up(),
                b"late" => self.deadline = Some(cx.now()),
                b"ask" => {
                    (0..1000).for_each(|_| cx.signal(Signal::Hangup));
                    cx.resize(WindowSize::default());
                    cx.signal(Signal::Kill);
                }
                line => self.note(format!("{fd}: {}", String::from_utf8_lossy(line))),
            }
        }
    }

    fn message_received(&mut self, cx: &mut ProcessContext<'_, u8>, _: u8) {
        cx.resume_reading(1);
        self.note(format!("{:?}", cx.flow(0)));
    }

    fn child_connection_lost(&mut self, _: &mut ProcessContext<'_, u8>, fd: u32, reason: &Reason) {
        self.note(format!("lost {fd}: {reason}"));
    }

    fn drained(&mut self, _: &mut ProcessContext<'_, u8>, fd: u32) {
        self.note(format!("drained {fd}"));
    }

    fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn timed_out(&mut self, _: &mut ProcessContext<'_, u8>) {
        self.note("timed out");
    }

    fn process_exited(&mut self, _: &mut ProcessContext<'_, u8>, status: ExitStatus) {
        self.note(format!("exited: {status}"));
    }

    fn process_ended(&mut self, status: Result<ExitStatus, &Reason>) {
        self.note(match status {
            Ok(status) => format!("ended: {status}"),
            Err(reason) => format!("given up: {reason}"),
        });
    }
}

struct Ground {
    child: Child<Told>,
    notes: Notes,
    mailbox: Mailbox<u8>,
    now: Instant,
}

impl Ground {
    fn new(limits: Limits) -> Self {
        let (told, now) = (Told::default(), Instant::now());
        let (notes, mailbox) = (Arc::clone(&told.notes), Arc::clone(&told.mailbox));
        let pipes = [(0, Way::In), (1, Way::Out), (2, Way::Out)];
        let mut child = Child::new(told, 1234, pipes, Arc::new(limits));
        child.start(now);
        let mailbox = mailbox.lock().unwrap().clone().unwrap();
        Self { child, notes, mailbox, now }
    }

    fn says(&mut self, text: &str) {
        self.child.feed(self.now, 1, &mut BytesMut::from(text));
    }

    fn poll(&mut self) {
        self.child.poll(self.now, Waker::noop());
    }

    fn notes(&self) -> Vec<String> {
        std::mem::take(&mut *self.notes.lock().unwrap())
    }
}

#[test]
fn output_cut_at_every_byte_is_the_same() {
    let text = "one\ntwo\nthree\n";
    for cut in 0..text.len() {
        let mut ground = Ground::new(Limits::default());
        ground.says(&text[..cut]);
        ground.says(&text[cut..]);
        assert_eq!(ground.notes(), ["1: one", "1: two", "1: three"], "cut at {cut}");
    }
}

#[test]
fn the_end_comes_when_it_was_reaped_and_all_was_read_whichever_is_first() {
    let status = ExitStatus::from_raw(3 << 8);
    for exits_first in [true, false] {
        let mut ground = Ground::new(Limits::default());
        if exits_first {
            ground.child.exited(ground.now, status);
            assert_eq!(ground.notes(), ["exited: exit status: 3", "lost 0: closed"]);
        }
        ground.says("last words\n");
        ground.child.end(ground.now, 1, None);
        ground.child.end(ground.now, 2, None);
        let expected = ["1: last words", "lost 1: closed", "lost 2: closed"];
        assert_eq!(ground.notes(), expected);
        if !exits_first {
            assert!(!ground.child.over());
            ground.child.exited(ground.now, status);
            assert_eq!(ground.notes(), ["exited: exit status: 3", "lost 0: closed"]);
        }
        assert!(ground.child.over());
        ground.child.finish(&Reason::Closed);
        ground.child.finish(&Reason::Shutdown);
        assert_eq!(ground.notes(), ["ended: exit status: 3"], "once");
    }
}

#[test]
fn a_pause_keeps_the_output_and_its_end_in_order() {
    let mut ground = Ground::new(Limits { input: 10, ..Limits::default() });
    ground.says("pause\nbehind the pause\n");
    assert!(!ground.child.wants_input(1) && ground.child.wants_input(2));
    ground.says("and more\n");
    ground.child.end(ground.now, 1, None);
    assert_eq!(ground.notes(), [""; 0]);
    ground.mailbox.post(1).unwrap();
    ground.poll();
    let expected = ["Open", "1: behind the pause", "1: and more", "lost 1: closed"];
    assert_eq!(ground.notes(), expected);
    ground.child.feed(ground.now, 2, &mut BytesMut::from("a line without end"));
    assert_eq!(ground.notes().len(), 1, "the limit of input that is left");
    assert!(!ground.child.has(2));
}

#[test]
fn input_of_the_child_has_watermarks_and_a_limit() {
    let limits =
        Limits { high_watermark: 150, low_watermark: 50, outbox: 250, ..Limits::default() };
    let mut ground = Ground::new(limits);
    ground.says("write\nwrite\n");
    ground.mailbox.post(1).unwrap();
    ground.poll();
    assert_eq!(ground.notes(), ["Paused"]);
    let mut slices = [IoSlice::new(&[]); 4];
    let filled = ground.child.slices(0, &mut slices);
    assert_eq!(slices[..filled].iter().map(|slice| slice.len()).sum::<usize>(), 200);
    ground.child.sent(ground.now, 0, 150);
    assert_eq!(ground.notes(), ["drained 0"]);
    ground.says("close\nwrite\n");
    assert_eq!(ground.child.queued(0), 50, "nothing is written after the close");
    ground.child.sent(ground.now, 0, 50);
    assert_eq!(ground.notes(), ["lost 0: closed"]);

    let mut ground = Ground::new(Limits { outbox: 250, ..Limits::default() });
    ground.says("write\nwrite\nwrite\n");
    let full = ground.notes().pop().unwrap();
    assert!(full.starts_with("lost 0: 300 bytes queued"), "{full}");
}

#[test]
fn requests_are_bounded_and_repeated_ones_count_once() {
    let mut ground = Ground::new(Limits::default());
    ground.says("ask\n");
    let asked: Vec<_> = std::iter::from_fn(|| ground.child.request()).collect();
    let resize = ChildRequest::Resize(WindowSize { rows: 24, columns: 80 });
    let (hangup, kill) = (ChildRequest::Signal(Signal::Hangup), ChildRequest::Signal(Signal::Kill));
    assert_eq!(asked, [hangup, resize, kill]);
}

#[test]
fn too_many_futures_stop_the_output_and_an_abort_ends_all() {
    let mut ground = Ground::new(Limits { futures: 1, ..Limits::default() });
    ground.says("spawn\n");
    assert!(!ground.child.wants_input(1));
    ground.mailbox.abort(Reason::killed("enough"));
    ground.poll();
    assert!(ground.child.over());
    ground.child.finish(&Reason::Closed);
    assert_eq!(ground.notes(), ["given up: enough"]);
    assert!(ground.mailbox.post(1).is_err());
}

#[test]
fn a_child_is_given_up_and_deadlines_fire_once() {
    let mut ground = Ground::new(Limits::default());
    ground.says("late\n");
    assert_eq!(ground.child.deadline(), Some(ground.now));
    ground.now += Duration::from_secs(1);
    ground.poll();
    ground.poll();
    assert_eq!((ground.child.deadline(), ground.notes()), (None, vec!["timed out".to_owned()]));
    ground.says("give up\nnot heard\n");
    assert!(ground.child.over());
    ground.child.finish(&Reason::Closed);
    assert_eq!(ground.notes().last().unwrap(), "given up: aborted");
}
