//! A server under measurement and the load generator that goes with it, as two processes.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::results::Phase;

/// A server that runs until this is dropped.
pub struct Server {
    child: Child,
    port: u16,
    /// Kept open: a server may print more.
    _output: Option<BufReader<ChildStdout>>,
    /// Removed with the server.
    folder: Option<PathBuf>,
}

/// A load generator with its connections made; it ends when this is dropped.
pub struct Load {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// The two together, under a name for the table.
pub struct Candidate {
    /// What the table calls it.
    pub name: String,
    /// Dropped first, so that the server sees its clients leave.
    pub load: Load,
    /// The server.
    pub server: Server,
}

impl Server {
    /// Starts a program of ours and waits until it says where it listens.
    pub fn start(program: &Path, arguments: &[&str]) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(program);
        command.args(arguments).env("RUST_LOG", "error").stdout(Stdio::piped());
        let mut child = command.stdin(Stdio::null()).spawn()?;
        let mut output = child.stdout.take().map(BufReader::new);
        let mut server = Self { child, port: 0, _output: None, folder: None };
        let mut line = String::new();
        if let Some(output) = &mut output {
            output.read_line(&mut line)?;
        }
        let port = line.strip_prefix("listening on tcp:").and_then(|rest| rest.split(':').next());
        server.port = port.and_then(|port| port.trim().parse().ok()).ok_or_else(|| {
            format!("{} said {line:?} and not where it listens", program.display())
        })?;
        server._output = output;
        Ok(server)
    }

    /// Starts a program that says nothing, and waits until its port answers.
    pub(crate) fn start_silent(
        command: &mut Command,
        port: u16,
        folder: PathBuf,
    ) -> Result<Self, Box<dyn Error>> {
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut server = Self { child, port, _output: None, folder: Some(folder) };
        for _ in 0..100 {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("it ended with {status}").into());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err("its port does not answer".into())
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

impl Load {
    /// Starts `load` (in the folder of this program) and waits until its connections are made.
    pub fn start(
        server: &Server,
        mode: &str,
        connections: usize,
        size: usize,
    ) -> Result<Self, Box<dyn Error>> {
        let program = std::env::current_exe()?.with_file_name("load");
        let numbers = [
            ("--port", server.port.to_string()),
            ("--process", server.process().to_string()),
            ("--connections", connections.to_string()),
            ("--size", size.to_string()),
        ];
        let mut command = Command::new(program);
        command.arg(mode).args(numbers.iter().flat_map(|(name, value)| [*name, value]));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let input = input.ok_or("no pipe to the load generator")?;
        let output = output.map(BufReader::new).ok_or("no pipe from the load generator")?;
        let mut load = Self { child, input, output };
        let line = load.line()?;
        if line == "ready" { Ok(load) } else { Err("the load generator gave up".into()) }
    }

    /// One measured phase.
    pub fn run(&mut self, messages: u64, depth: u64) -> Result<Phase, Box<dyn Error>> {
        writeln!(self.input, "{messages} {depth}")?;
        let line = self.line()?;
        let mut numbers = line.split(' ').map(str::parse::<u64>);
        let mut next = || Ok::<_, Box<dyn Error>>(numbers.next().ok_or("the load gave up")??);
        Ok(Phase { messages: next()?, nanoseconds: next()?, cpu: next()? })
    }

    fn line(&mut self) -> Result<String, Box<dyn Error>> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
