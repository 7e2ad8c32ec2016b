//! The program on a configuration of its own, and clients on sockets.

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// How long a client waits for what has to come; only a program that hangs takes as long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The program; it is gone when this is.
pub(crate) struct Running {
    child: Child,
    /// What it says it listens on, as endpoints.
    listening: Vec<String>,
}

impl Running {
    /// Starts it in `folder`, with this text as its configuration, and waits until it listens
    /// everywhere.
    pub(crate) fn start(folder: &Path, config: &str, endpoints: &[&str]) -> Self {
        let file = folder.join("words.toml");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_words"));
        command.arg("--config").arg(&file).env("RUST_LOG", "error").stdout(Stdio::piped());
        for endpoint in endpoints {
            command.args(["--listen", endpoint]);
        }
        let mut child = command.spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let mut running = Self { child, listening: Vec::new() };
        for line in said.lines().take(endpoints.len()) {
            let line = line.unwrap();
            running.listening.push(line.strip_prefix("listening on ").unwrap().to_owned());
        }
        assert_eq!(running.listening.len(), endpoints.len(), "it ended before it listened");
        running
    }

    /// The port that the system picked.
    pub(crate) fn port(&self) -> u16 {
        let tcp = self.listening.iter().find_map(|endpoint| endpoint.strip_prefix("tcp:"));
        tcp.and_then(|rest| rest.split(':').next()).unwrap().parse().unwrap()
    }

    /// Kills it as it stands, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The memory that it has, in KiB.
    pub(crate) fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that reads and writes lines.
pub(crate) struct Client<S> {
    stream: BufReader<S>,
    line: Vec<u8>,
}

impl<S: Read + Write> Client<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream: BufReader::new(stream), line: Vec::new() }
    }

    pub(crate) fn stream(&self) -> &S {
        self.stream.get_ref()
    }

    /// Sends text as it is.
    pub(crate) fn send(&mut self, text: &str) {
        self.stream.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// The next line without its end; none when the connection is over, however it ended.
    pub(crate) fn next_line(&mut self) -> Option<String> {
        self.line.clear();
        match self.stream.read_until(b'\n', &mut self.line) {
            Ok(1..) => Some(String::from_utf8_lossy(&self.line).trim_end().to_owned()),
            Ok(0) => None,
            Err(error) => {
                use std::io::ErrorKind::{BrokenPipe, ConnectionReset};
                assert!(matches!(error.kind(), BrokenPipe | ConnectionReset), "{error}");
                None
            }
        }
    }

    /// Reads up to a line with `what` in it, and gives what came before it to `heard`.
    pub(crate) fn hear(&mut self, what: &str, mut heard: impl FnMut(String)) -> String {
        loop {
            let line = self.next_line().unwrap_or_else(|| panic!("over before {what:?}"));
            assert!(!line.starts_with("ERROR "), "{line} before {what:?}");
            if line.contains(what) {
                return line;
            }
            heard(line);
        }
    }
}
