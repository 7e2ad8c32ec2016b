//! Child processes: what they read and write, and what is told of it.

use std::{
    io::ErrorKind,
    os::unix::process::ExitStatusExt,
    process::{Command, ExitStatus},
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    time::{Duration, Instant},
};

use bytes::BytesMut;
use ropewalk_protocol::{
    Flow, Limits, Mailbox, ProcessContext, ProcessProtocol, Reason, Signal, WindowSize,
};
use ropewalk_reactor::{Descriptor, Process, Spawn, SpawnProcess};

use crate::{Running, on_each_reactor};

/// Something that the test wants done in the protocol's place.
pub(crate) struct Do(Deed);
type Deed = Box<dyn FnOnce(&mut ProcessContext<'_, Do>) + Send>;

/// Tells the test, in one line each, what happened.
struct Told {
    tell: Sender<String>,
    give: Sender<Mailbox<Do>>,
    deadline: Option<Instant>,
    to_write: usize,
}

pub(crate) struct Seen {
    hear: Receiver<String>,
    mailboxes: Receiver<Mailbox<Do>>,
    pub(crate) process: Process,
}

pub(crate) fn start(reactor: &impl SpawnProcess, spawn: Spawn) -> Seen {
    let ((tell, hear), (give, mailboxes)) = (mpsc::channel(), mpsc::channel());
    let told = Told { tell, give, deadline: None, to_write: 0 };
    let process = reactor.spawn_process(spawn, told).unwrap();
    Seen { hear, mailboxes, process }
}

pub(crate) fn shell(script: &str) -> Spawn {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    Spawn::new(command)
}

impl Seen {
    pub(crate) fn next(&self) -> String {
        self.hear.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    /// All up to the end. The two outputs of a child have no order among each other.
    pub(crate) fn sorted(&self) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            seen.push(self.next());
            if seen.last().unwrap().starts_with("ended") {
                let end = seen.pop().unwrap();
                seen.sort();
                seen.push(end);
                return seen;
            }
        }
    }

    pub(crate) fn mailbox(&self) -> Mailbox<Do> {
        self.mailboxes.recv_timeout(Duration::from_secs(20)).unwrap()
    }
}

fn act(mailbox: &Mailbox<Do>, act: impl FnOnce(&mut ProcessContext<'_, Do>) + Send + 'static) {
    mailbox.post(Do(Box::new(act))).unwrap();
}

impl Told {
    fn say(&self, what: impl Into<String>) {
        let _ = self.tell.send(what.into()); // the test may be over
    }
}

impl ProcessProtocol for Told {
    type Message = Do;

    fn started(&mut self, cx: &mut ProcessContext<'_, Do>) {
        self.give.send(cx.mailbox()).unwrap();
    }

    fn child_data_received(
        &mut self,
        cx: &mut ProcessContext<'_, Do>,
        fd: u32,
        input: &mut BytesMut,
    ) {
        while let Some(end) = input.iter().position(|byte| *byte == b'\n') {
            let line = input.split_to(end + 1);
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            match &*line {
                "please panic" => panic!("asked to"),
                "please wait" => self.deadline = Some(cx.now() + Duration::from_millis(20)),
                "please write" => {
                    self.to_write = BIG;
                    self.drained(cx, 0);
                }
                _ => self.say(format!("{fd}: {line}")),
            }
        }
    }

    fn child_connection_lost(&mut self, _: &mut ProcessContext<'_, Do>, fd: u32, reason: &Reason) {
        self.say(format!("lost {fd}: {reason}"));
    }

    fn message_received(&mut self, cx: &mut ProcessContext<'_, Do>, message: Do) {
        message.0(cx);
    }

    fn drained(&mut self, cx: &mut ProcessContext<'_, Do>, fd: u32) {
        while self.to_write > 0 && cx.flow(fd) == Flow::Open {
            cx.write(fd, &[b'x'; 1000]);
            self.to_write -= 1000;
        }
        if self.to_write == 0 {
            cx.close_fd(fd);
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn timed_out(&mut self, _: &mut ProcessContext<'_, Do>) {
        self.say("timed out");
    }

    fn process_exited(&mut self, _: &mut ProcessContext<'_, Do>, status: ExitStatus) {
        self.say(format!("exited: {status}"));
    }

    fn process_ended(&mut self, status: Result<ExitStatus, &Reason>) {
        match status {
            Ok(status) => self.say(format!("ended: {status}")),
            Err(reason) => self.say(format!("ended: given up: {reason}")),
        }
    }
}

const BIG: usize = 4_000_000;

fn what_a_child_writes_arrives_before_its_end(reactor: impl SpawnProcess) {
    let spawn = shell("read line; echo out $line; echo err >&2; exit 3");
    let seen = start(&reactor, spawn);
    let _running = Running::new(reactor);
    act(&seen.mailbox(), |cx| cx.write(0, b"hello\n"));
    let expected = [
        "1: out hello",
        "2: err",
        "exited: exit status: 3",
        "lost 0: closed",
        "lost 1: closed",
        "lost 2: closed",
        "ended: exit status: 3",
    ];
    assert_eq!(seen.sorted(), expected);
    assert!(seen.process.signal(Signal::Kill).is_err(), "it has been reaped");
}

fn four_megabytes_go_through_a_child_with_backpressure(reactor: impl SpawnProcess) {
    let seen = start(&reactor, shell("echo please write; wc -c"));
    let _running = Running::new(reactor);
    assert_eq!(seen.next(), "lost 0: closed", "when all of it had left");
    let seen = seen.sorted();
    assert!(seen.iter().any(|line| line.replace(' ', "") == format!("1:{BIG}")), "{seen:?}");
    assert_eq!(seen.last().unwrap(), "ended: exit status: 0");
}

fn a_child_that_closes_its_input_is_noticed(reactor: impl SpawnProcess) {
    let closes = start(&reactor, shell("exec <&-; exec sleep 1000"));
    let breaks = start(&reactor, shell("read x; exec <&-; exec sleep 1000"));
    let _running = Running::new(reactor);
    assert_eq!(closes.next(), "lost 0: closed");
    act(&breaks.mailbox(), |cx| {
        cx.write(0, b"line\n");
        cx.write(0, &[b'x'; 1_000_000]);
    });
    let broken = breaks.next();
    assert!(broken.starts_with("lost 0: ") && !broken.ends_with("closed"), "{broken}");
    for seen in [closes, breaks] {
        seen.process.signal(Signal::Kill).unwrap();
        assert!(seen.sorted().pop().unwrap().starts_with("ended: signal: 9"));
    }
}

fn further_descriptors_have_their_numbers(reactor: impl SpawnProcess) {
    let script = "cat <&3 >&4; read x <&7; echo got $x >&7";
    let mut spawn = shell(script);
    spawn.descriptors.insert(3, Descriptor::In);
    spawn.descriptors.insert(4, Descriptor::Out);
    spawn.descriptors.insert(7, Descriptor::Both);
    spawn.descriptors.insert(5, Descriptor::Null);
    spawn.descriptors.remove(&0);
    let seen = start(&reactor, spawn);
    let _running = Running::new(reactor);
    let mailbox = seen.mailbox();
    act(&mailbox, |cx| {
        cx.write(3, b"through\n");
        cx.close_fd(3);
    });
    assert_eq!((seen.next(), seen.next()), ("lost 3: closed".into(), "4: through".into()));
    act(&mailbox, |cx| cx.write(7, b"both ways\n"));
    let seen = seen.sorted();
    assert!(seen.contains(&"7: got both ways".into()), "{seen:?}");
    assert_eq!(seen.last().unwrap(), "ended: exit status: 0");
}

fn a_child_has_no_descriptor_but_its_own(reactor: impl SpawnProcess) {
    let mut spawn = shell("for fd in /proc/$$/fd/*; do test -e $fd && echo ${fd##*/}; done; true");
    spawn.descriptors.insert(4, Descriptor::Null);
    let seen = start(&reactor, spawn);
    let _running = Running::new(reactor);
    let mut listed = seen.sorted();
    // Those from ten on this process may have been started with itself.
    listed.retain(|line| line.starts_with("1: ") && line.len() == 4);
    assert_eq!(listed, ["1: 0", "1: 1", "1: 2", "1: 4"]);
}

fn a_program_that_is_not_there_is_an_error_at_once(reactor: impl SpawnProcess) {
    for further in [false, true] {
        let mut spawn = Spawn::new(Command::new("/nowhere/at-all"));
        if further {
            (3..20).for_each(|fd| drop(spawn.descriptors.insert(fd, Descriptor::Out)));
        }
        let ((tell, _hear), (give, _mailboxes)) = (mpsc::channel(), mpsc::channel());
        let told = Told { tell, give, deadline: None, to_write: 0 };
        let error = reactor.spawn_process(spawn, told).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    let mut spawn = shell("true");
    spawn.descriptors.insert(256, Descriptor::Out);
    let ((tell, _hear), (give, _mailboxes)) = (mpsc::channel(), mpsc::channel());
    let told = Told { tell, give, deadline: None, to_write: 0 };
    let error = reactor.spawn_process(spawn, told).unwrap_err();
    assert_eq!(error.to_string(), "a child's descriptor 256 is above the limit of 255");
}

fn signals_reach_a_child_and_never_another_process(reactor: impl SpawnProcess) {
    let by_handle = start(&reactor, Spawn::new(sleep()));
    let by_protocol = start(&reactor, Spawn::new(sleep()));
    let _running = Running::new(reactor);
    by_handle.process.signal(Signal::Terminate).unwrap();
    let end = by_handle.sorted().pop().unwrap();
    assert_eq!(end, format!("ended: {}", ExitStatus::from_raw(15)));
    assert_eq!(by_handle.process.signal(Signal::Kill).unwrap_err().kind(), ErrorKind::NotFound);
    act(&by_protocol.mailbox(), |cx| cx.signal(Signal::Kill));
    let end = by_protocol.sorted().pop().unwrap();
    assert_eq!(end, format!("ended: {}", ExitStatus::from_raw(9)));
}

pub(crate) fn sleep() -> Command {
    let mut command = Command::new("sleep");
    command.arg("1000");
    command
}

fn a_terminal_is_a_terminal_of_that_size(reactor: impl SpawnProcess) {
    let script = "trap 'stty size' WINCH; test -t 0 && test -t 1 && test -t 2 && stty size;
        echo to the terminal > /dev/tty; stty -echo; read x; echo $x; echo ready;
        while :; do read y && break; done; echo end";
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    let seen = start(&reactor, Spawn::on_terminal(command, WindowSize { rows: 30, columns: 100 }));
    let _running = Running::new(reactor);
    let mailbox = seen.mailbox();
    assert_eq!(seen.next(), "1: 30 100");
    assert_eq!(seen.next(), "1: to the terminal", "it controls the session");
    act(&mailbox, |cx| cx.write(0, b"typed\n"));
    while seen.next() != "1: ready" {} // what was typed before the echo was off comes twice
    act(&mailbox, |cx| cx.resize(WindowSize { rows: 31, columns: 101 }));
    assert_eq!(seen.next(), "1: 31 101");
    act(&mailbox, |cx| cx.write(0, b"\n"));
    let expected = ["1: end", "exited: exit status: 0", "lost 0: closed", "lost 1: closed"];
    let seen = seen.sorted();
    assert_eq!(seen[..4], expected);
    assert_eq!(seen[4], "ended: exit status: 0");
}

fn output_is_read_to_its_end_also_from_descendants(reactor: impl SpawnProcess) {
    let seen = start(&reactor, shell("sleep 1000 & echo $!"));
    let _running = Running::new(reactor);
    let mailbox = seen.mailbox();
    let first = [seen.next(), seen.next(), seen.next()];
    assert!(first.contains(&"exited: exit status: 0".into()), "{first:?}");
    assert!(first.contains(&"lost 0: closed".into()), "{first:?}");
    let descendant = first.iter().find_map(|line| line.strip_prefix("1: ")).unwrap();
    assert!(seen.hear.try_recv().is_err(), "the descendant has its output open");
    act(&mailbox, |cx| {
        cx.close_fd(1);
        cx.close_fd(2);
    });
    let rest = ["lost 1: closed", "lost 2: closed", "ended: exit status: 0"];
    assert_eq!(seen.sorted(), rest);
    Command::new("kill").arg(descendant).status().unwrap();
}

fn pipes_have_limits_and_time_passes(reactor: impl SpawnProcess) {
    let limits = Limits { outbox: 100_000, input: 1000, ..Limits::default() };
    let mut deaf = Spawn::new(sleep());
    deaf.limits = Arc::new(limits);
    let mut loud = shell("echo please wait; head -c 5000 /dev/zero; exec sleep 1000");
    loud.limits = Arc::clone(&deaf.limits);
    let (deaf, loud) = (start(&reactor, deaf), start(&reactor, loud));
    let _running = Running::new(reactor);
    act(&deaf.mailbox(), |cx| cx.write(0, &[b'x'; 300_000]));
    let full = deaf.next();
    assert!(full.starts_with("lost 0: 300000 bytes queued"), "{full}");
    assert!(full.ends_with("the limit is 100000"), "{full}");
    let both = [loud.next(), loud.next()];
    assert!(both.contains(&"timed out".into()), "{both:?}");
    let full = |line: &String| line.starts_with("lost 1: ") && line.ends_with("limit is 1000");
    assert!(both.iter().any(full), "{both:?}");
    deaf.process.signal(Signal::Kill).unwrap();
    loud.process.signal(Signal::Kill).unwrap();
    assert!(deaf.sorted().pop().unwrap().starts_with("ended: signal: 9"));
    assert!(loud.sorted().pop().unwrap().starts_with("ended: signal: 9"));
}

fn a_paused_pipe_keeps_what_arrived(reactor: impl SpawnProcess) {
    let seen = start(&reactor, shell("read x; echo one; echo two"));
    let _running = Running::new(reactor);
    let mailbox = seen.mailbox();
    act(&mailbox, |cx| {
        cx.pause_reading(1);
        cx.write(0, b"go\n");
    });
    let first = [seen.next(), seen.next(), seen.next()];
    assert!(first.iter().all(|line| !line.starts_with("1: ")), "{first:?}");
    act(&mailbox, |cx| cx.resume_reading(1));
    assert_eq!((seen.next(), seen.next()), ("1: one".into(), "1: two".into()));
    assert_eq!(seen.sorted().pop().unwrap(), "ended: exit status: 0");
}

on_each_reactor!(
    what_a_child_writes_arrives_before_its_end,
    four_megabytes_go_through_a_child_with_backpressure,
    a_child_that_closes_its_input_is_noticed,
    further_descriptors_have_their_numbers,
    a_child_has_no_descriptor_but_its_own,
    a_program_that_is_not_there_is_an_error_at_once,
    signals_reach_a_child_and_never_another_process,
    a_terminal_is_a_terminal_of_that_size,
    output_is_read_to_its_end_also_from_descendants,
    pipes_have_limits_and_time_passes,
    a_paused_pipe_keeps_what_arrived,
);
