//! Standard input and output as a connection, in a process of its own.

use std::{
    fs::File,
    io::{Read, Write},
    process::{Command, Stdio},
};

use ropewalk_protocol::{Attach, Context, Protocol, Reactor};

use crate::on_each_reactor;

/// Says that a test started this process.
const PART: &str = "ROPEWALK_TEST_STDIO";
const TALKER: &str = "program_that_talks";

/// Writes back in upper case, and ends with its input.
struct Upper<R>(R);

impl<R: Reactor> Protocol for Upper<R> {
    type Message = ();

    fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
        cx.write(b"BEGIN\n");
    }

    fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut bytes::BytesMut) {
        input.make_ascii_uppercase();
        cx.send(input.split().freeze());
    }

    fn eof_received(&mut self, cx: &mut Context<'_, ()>) {
        cx.write(b"END\n");
        cx.close();
    }

    fn connection_lost(&mut self, _: &ropewalk_protocol::Reason) {
        self.0.stop();
    }
}

/// Not a test of its own: the program that the tests below start.
fn program_that_talks(reactor: impl Reactor) {
    if std::env::var_os(PART).is_some() {
        reactor.attach(Attach::standard_io().unwrap(), Upper(reactor.clone())).unwrap();
        reactor.run();
    }
}

fn talker<R>() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let reactor = std::any::type_name::<R>();
    let of = |part: &str| reactor.contains(part);
    let module = if of("Poll") {
        "poll"
    } else if of("Async") {
        "async_io"
    } else {
        "tokio"
    };
    let name = format!("standard_io::{module}::{TALKER}");
    command.args(["--exact", &name, "--nocapture"]).env(PART, "1");
    command
}

/// What the program said, between what the test harness prints.
fn said(output: &str) -> &str {
    let (_, rest) = output.split_once("BEGIN\n").expect(output);
    rest.split_once("END\n").expect(output).0
}

fn pipes_are_talked_to<R: Reactor>(_: R) {
    let mut child = talker::<R>().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let text = "many words\n".repeat(100_000);
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut output = String::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            stdin.write_all(text.as_bytes()).unwrap();
            drop(stdin);
        });
        stdout.read_to_string(&mut output).unwrap();
    });
    assert!(said(&output) == text.to_uppercase());
    assert!(child.wait().unwrap().success());
}

fn files_are_talked_to<R: Reactor>(_: R) {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    let text = "some words\n".repeat(50_000);
    std::fs::write(&from, &text).unwrap();
    let (input, output) = (File::open(&from).unwrap(), File::create(&to).unwrap());
    assert!(talker::<R>().stdin(input).stdout(output).status().unwrap().success());
    assert!(said(&std::fs::read_to_string(&to).unwrap()) == text.to_uppercase());
}

fn nothing_at_all_is_an_end_at_once<R: Reactor>(_: R) {
    let output = talker::<R>().stdin(Stdio::null()).output().unwrap();
    assert_eq!(said(&String::from_utf8(output.stdout).unwrap()), "");
}

fn a_terminal_is_talked_to<R: ropewalk_reactor::SpawnProcess>(reactor: R) {
    let spawn = ropewalk_reactor::Spawn::on_terminal(
        talker::<R>(),
        ropewalk_protocol::WindowSize::default(),
    );
    let (tell, hear) = std::sync::mpsc::channel();
    reactor.spawn_process(spawn, Types { tell, shown: String::new(), typed: false }).unwrap();
    let _running = crate::Running::new(reactor);
    let shown = hear.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
    assert!(shown.contains("TYPED WORDS"), "{shown}");
}

/// Types a line when the other side has begun, and then the end of file.
struct Types {
    tell: std::sync::mpsc::Sender<String>,
    shown: String,
    typed: bool,
}

impl ropewalk_protocol::ProcessProtocol for Types {
    type Message = ();

    fn child_data_received(
        &mut self,
        cx: &mut ropewalk_protocol::ProcessContext<'_, ()>,
        _: u32,
        input: &mut bytes::BytesMut,
    ) {
        self.shown.push_str(&String::from_utf8_lossy(&input.split()));
        if self.shown.contains("BEGIN") && !std::mem::replace(&mut self.typed, true) {
            cx.write(0, b"typed words\n\x04");
        }
    }

    fn process_ended(&mut self, _: Result<std::process::ExitStatus, &ropewalk_protocol::Reason>) {
        self.tell.send(std::mem::take(&mut self.shown)).unwrap();
    }
}

on_each_reactor!(
    program_that_talks,
    pipes_are_talked_to,
    files_are_talked_to,
    nothing_at_all_is_an_end_at_once,
    a_terminal_is_talked_to,
);
