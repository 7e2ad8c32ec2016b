//! What is measured: the candidates, and the shapes of load that each is put under.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::candidate::{Candidate, Load, Server};
use crate::cpu::memory_of;
use crate::inspircd;
use crate::results::Rounds;
use crate::tls_shapes;

/// How thoroughly to measure.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Interleaved rounds.
    pub rounds: usize,
    /// A tenth of the messages, and small rooms only: shows that it runs, proves nothing.
    pub quick: bool,
}

/// Runs one bench by name, or all of them.
pub fn run(name: Option<&str>, options: Options) -> Result<(), Box<dyn Error>> {
    let mut known = false;
    for (bench, code) in BENCHES {
        if name.is_none_or(|name| name == bench) {
            known = true;
            code(options)?;
        }
    }
    let names = BENCHES.map(|(name, _)| name).join(", ");
    if known { Ok(()) } else { Err(format!("there are {names}").into()) }
}

type Bench = (&'static str, fn(Options) -> Result<(), Box<dyn Error>>);

const BENCHES: [Bench; 10] = [
    ("echo", echo),
    ("lines", lines),
    ("timers", timers),
    ("task", tasks),
    ("memory", memory),
    ("fanout", fanout),
    ("tls", tls_shapes::tls),
    ("limits", crate::limits::limits),
    ("deferred", deferred),
    ("turns", crate::turns::turns),
];

/// A server as the table names it, its program, its arguments, and the load that it understands.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    name: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
    mode: &'static str,
}

impl Row {
    pub(crate) const fn new(
        name: &'static str,
        program: &'static str,
        arguments: &'static [&'static str],
        mode: &'static str,
    ) -> Self {
        Self { name, program, arguments, mode }
    }

    /// Whether it is a server, and not a bare loop that only gives the measure for CPU.
    fn holds_state(&self) -> bool {
        !self.program.starts_with("epoll-")
    }

    /// Whether its program was built; one line where it was not.
    fn is_there(&self) -> bool {
        let there = match self.program {
            "inspircd" => inspircd::is_installed(),
            program => beside(program).is_ok_and(|path| path.is_file()),
        };
        if !there {
            println!("left out: {} ({} is not there)", self.name, self.program);
        }
        there
    }

    pub(crate) fn serve(&self) -> Result<Server, Box<dyn Error>> {
        if self.program == "inspircd" {
            return inspircd::start();
        }
        let program = beside(self.program)?;
        let listen = ["--listen", "tcp:0:interface=127.0.0.1"];
        let configuration =
            std::env::temp_dir().join(format!("ropewalk-{}.toml", std::process::id()));
        let mut arguments = [&listen, self.arguments].concat();
        let path = configuration.display().to_string();
        if self.program == "words" {
            fs::write(&configuration, WORDS)?;
            arguments.extend(["--config", &path]);
        }
        let server = Server::start(&program, &arguments);
        if self.program == "words" {
            fs::remove_file(configuration)?;
        }
        server.map_err(|error| format!("{}: {error}", self.name).into())
    }

    fn start(&self, connections: usize, size: usize) -> Result<Candidate, Box<dyn Error>> {
        let server = self.serve()?;
        let load = Load::start(&server, self.mode, connections, size)
            .map_err(|error| format!("{}: {error}", self.name))?;
        Ok(Candidate { name: self.name.to_owned(), load, server })
    }
}

/// A load: how many connections or members, of what size, how many at a time, how many in all.
pub(crate) struct Shape {
    pub(crate) title: String,
    pub(crate) connections: usize,
    pub(crate) size: usize,
    pub(crate) depth: u64,
    pub(crate) messages: u64,
}

fn echo(options: Options) -> Result<(), Box<dyn Error>> {
    let shapes = [(64, 64, 1, 100_000), (64, 64, 16, 800_000), (1000, 64, 1, 100_000)];
    let more = [(1000, 64, 16, 800_000), (64, 16_384, 1, 40_000)];
    for (connections, size, depth, messages) in shapes.into_iter().chain(more) {
        let title = format!("echo: {connections} connections, {size} bytes, {depth} in flight");
        measure(ECHO, &[Shape { title, connections, size, depth, messages }], options)?;
    }
    Ok(())
}

fn lines(options: Options) -> Result<(), Box<dyn Error>> {
    let title = "lines: 64 connections, 64 bytes, 16 in flight".to_owned();
    let shape = Shape { title, connections: 64, size: 64, depth: 16, messages: 800_000 };
    measure(LINES, &[shape], options)
}

fn fanout(options: Options) -> Result<(), Box<dyn Error>> {
    let sizes: &[usize] = if options.quick { &[200] } else { &[200, 2_000, 10_000] };
    for &members in sizes {
        let deliveries = 400_000;
        let messages = (deliveries / members as u64).max(20).next_multiple_of(10);
        let shape = |how: &str, depth| Shape {
            title: format!("fanout: a room of {members}, messages of 100 bytes, {how}"),
            connections: members,
            size: 0,
            depth,
            messages,
        };
        measure(FANOUT, &[shape("one at a time", 1), shape("in bursts of ten", 10)], options)?;
    }
    Ok(())
}

/// Runs shapes that share their connections, all candidates in turn in every round.
pub(crate) fn measure(
    rows: &[Row],
    shapes: &[Shape],
    options: Options,
) -> Result<(), Box<dyn Error>> {
    let Some(first) = shapes.first() else { return Ok(()) };
    let mut candidates = Vec::new();
    for row in rows.iter().filter(|row| row.is_there()) {
        match row.start(first.connections, first.size) {
            Ok(candidate) => candidates.push(candidate),
            Err(error) => println!("left out: {error}"),
        }
    }
    for shape in shapes {
        let messages = if options.quick { shape.messages / 10 } else { shape.messages };
        let mut rounds = Rounds::new(candidates.iter().map(|c| c.name.clone()).collect());
        for candidate in &mut candidates {
            candidate.load.run(messages / 10, shape.depth)?;
        }
        for _ in 0..options.rounds {
            for (index, candidate) in candidates.iter_mut().enumerate() {
                let phase = candidate.load.run(messages, shape.depth);
                rounds.add(index, phase.map_err(|error| format!("{}: {error}", candidate.name))?);
            }
        }
        rounds.print(&shape.title);
    }
    Ok(())
}

fn memory(options: Options) -> Result<(), Box<dyn Error>> {
    let connections = if options.quick { 1_000 } else { 10_000 };
    let kinds = [
        (LINES, "lines", "idle line connections"),
        (FANOUT, "lobby", "registered IRC users in no room"),
        (FANOUT, "irc", "registered IRC users in one room"),
    ];
    for (rows, mode, what) in kinds {
        println!("\nmemory: {connections} {what}, bytes each of the server's process");
        for row in rows.iter().filter(|row| row.holds_state() && row.is_there()) {
            let server = row.serve()?;
            let before = memory_of(server.process())?;
            let mut load = Load::start(&server, mode, connections, 64)?;
            if mode == "lines" {
                // One line each: all are accepted, and have used their buffers.
                load.run(connections as u64, 1)?;
            }
            let grown = memory_of(server.process())?.saturating_sub(before);
            println!("  {:<26} {:>8}", row.name, grown / connections as u64);
        }
    }
    Ok(())
}

fn timers(options: Options) -> Result<(), Box<dyn Error>> {
    in_one_process("timers", options)
}

fn deferred(options: Options) -> Result<(), Box<dyn Error>> {
    in_one_process("deferred", options)
}

fn tasks(options: Options) -> Result<(), Box<dyn Error>> {
    in_one_process("tasks", options)
}

/// Some things are compared inside one process, by a program of its own.
fn in_one_process(name: &str, options: Options) -> Result<(), Box<dyn Error>> {
    let program = beside(name)?;
    if !program.is_file() {
        println!("left out: {name} (its program is not there)");
        return Ok(());
    }
    let mut command = Command::new(program);
    command.args(["--rounds", &options.rounds.to_string()]);
    if options.quick {
        command.arg("--quick");
    }
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{name} ended with {status}").into()) }
}

/// A program in the same folder as this one.
fn beside(program: &str) -> std::io::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name(program))
}

const ECHO: &[Row] = &[
    Row::new("epoll by hand", "epoll-echo", &[], "echo"),
    Row::new("ours on poll", "echo", &["--reactor", "poll", "--threads", "1"], "echo"),
    Row::new("ours on poll, 2 threads", "echo", &["--reactor", "poll", "--threads", "2"], "echo"),
    Row::new("ours on async-io", "echo", &["--reactor", "async-io"], "echo"),
    Row::new("ours on tokio", "echo", &["--reactor", "tokio"], "echo"),
    Row::new("plain tokio", "tokio-echo", &[], "echo"),
];

const LINES: &[Row] = &[
    Row::new("tokio-util's line codec", "tokio-lines", &[], "lines"),
    Row::new("epoll by hand, no lines", "epoll-echo", &[], "lines"),
    Row::new("ours on poll", "lines", &["--reactor", "poll", "--threads", "1"], "lines"),
    Row::new("ours on async-io", "lines", &["--reactor", "async-io"], "lines"),
    Row::new("ours on tokio", "lines", &["--reactor", "tokio"], "lines"),
];

const FANOUT: &[Row] = &[
    Row::new("epoll by hand", "epoll-fanout", &[], "raw"),
    Row::new("words on poll", "words", &["--reactor", "poll", "--threads", "1"], "irc"),
    Row::new("inspircd", "inspircd", &[], "irc"),
];

/// What `words` is run with: no throttles, like the others.
const WORDS: &str = include_str!("../words.toml");
