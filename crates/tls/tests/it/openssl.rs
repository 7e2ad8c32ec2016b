//! The program `openssl`, and connections on real sockets for it to talk to.

use std::{
    fs,
    io::{Read, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::Duration,
};

use bytes::BytesMut;
use ropewalk_protocol::{
    Address, Connect, Context, Filtered, Listen, Peer, Port, Protocol, Reactor, Reason, factory,
};
use ropewalk_reactor::{PollReactor, Settings};
use ropewalk_tls::{ServerTls, Tls};
use tempfile::TempDir;

/// What happened on a connection.
pub(crate) enum Event {
    Made(Box<Peer>),
    Data(Vec<u8>),
    Lost(String),
}

/// Tells what happens; says something at the beginning, or sends back what arrives.
pub(crate) struct Tells {
    pub(crate) says: Option<&'static [u8]>,
    pub(crate) events: Sender<Event>,
}

impl Tells {
    pub(crate) fn tell(&self, event: Event) {
        // A test that is over does not listen any more.
        let _ = self.events.send(event);
    }
}

impl Protocol for Tells {
    type Message = ();

    fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
        self.tell(Event::Made(Box::new(cx.peer().clone())));
        cx.write(self.says.unwrap_or_default());
    }

    fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
        self.tell(Event::Data(input.to_vec()));
        if self.says.is_none() {
            cx.write(input);
        }
        input.clear();
    }

    fn connection_lost(&mut self, reason: &Reason) {
        self.tell(Event::Lost(reason.to_string()));
    }
}

/// A reactor on a thread of its own, until it is dropped.
pub(crate) struct Running {
    reactor: PollReactor,
    thread: Option<thread::JoinHandle<()>>,
    pub(crate) events: Receiver<Event>,
    sender: Sender<Event>,
}

impl Running {
    pub(crate) fn new() -> Self {
        let settings = Settings { shutdown: Duration::ZERO, ..Settings::default() };
        let reactor = PollReactor::new(settings).unwrap();
        let running = reactor.clone();
        let thread = Some(thread::spawn(move || running.run()));
        let (sender, events) = channel();
        Self { reactor, thread, events, sender }
    }

    /// An echo server under TLS.
    pub(crate) fn echo(&self, tls: &ServerTls) -> Port {
        let (tls, events) = (tls.clone(), self.sender.clone());
        self.listen(move || {
            Filtered::around(tls.filter(), Tells { says: None, events: events.clone() })
        })
    }

    pub(crate) fn listen<P>(&self, build: impl Fn() -> P + Clone + Send + 'static) -> Port
    where
        P: Protocol<Message = ()> + Send + 'static,
    {
        let listen = Listen::new(Address::Tcp(([127, 0, 0, 1], 0).into()));
        self.reactor.listen(listen, factory(move |_| Some(build()))).unwrap()
    }

    /// A client that says something.
    pub(crate) fn connect(&self, port: u16, tls: Tls, says: &'static [u8]) {
        let connect = Connect::new(Address::Tcp(([127, 0, 0, 1], port).into()));
        let tells = Tells { says: Some(says), events: self.sender.clone() };
        let connecting = self.reactor.connect(connect, Filtered::around(tls, tells));
        self.reactor.spawn(async { drop(connecting.await.unwrap()) });
    }

    pub(crate) fn sender(&self) -> Sender<Event> {
        self.sender.clone()
    }

    fn next(&self) -> Event {
        self.events.recv_timeout(PATIENCE).expect("something happens")
    }

    /// The peer, when the next connection is made.
    pub(crate) fn made(&self) -> Peer {
        loop {
            if let Event::Made(peer) = self.next() {
                return *peer;
            }
        }
    }

    pub(crate) fn data(&self) -> Vec<u8> {
        loop {
            if let Event::Data(data) = self.next() {
                return data;
            }
        }
    }

    pub(crate) fn lost(&self) -> String {
        loop {
            if let Event::Lost(reason) = self.next() {
                return reason;
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.reactor.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// `openssl`, as it runs; it is ended when this is dropped, and ends by itself after a minute.
pub(crate) struct OpenSsl {
    child: Child,
    input: Option<ChildStdin>,
    /// What it has said.
    pub(crate) said: String,
}

impl OpenSsl {
    pub(crate) fn run(arguments: &[&str]) -> Self {
        let mut command = Command::new("timeout");
        command.args(["60", "sh", "-c", "exec openssl \"$@\" 2>&1", "openssl"]).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        Self { child, input, said: String::new() }
    }

    /// `s_client` to this port.
    pub(crate) fn client(port: &Port, arguments: &[&str]) -> Self {
        let to = format!("127.0.0.1:{}", port.address().port().unwrap());
        Self::run(&[&["s_client", "-connect", &to], arguments].concat())
    }

    /// `s_server` on a port of the system's choice, for one connection.
    pub(crate) fn server(arguments: &[&str]) -> (Self, u16) {
        let first = ["s_server", "-accept", "127.0.0.1:0", "-naccept", "1"];
        let mut server = Self::run(&[&first, arguments].concat());
        server.until("ACCEPT 127.0.0.1:");
        server.until("\n");
        let (_, port) = server.said.split_once("ACCEPT 127.0.0.1:").unwrap();
        let port = port.trim().parse().unwrap();
        (server, port)
    }

    pub(crate) fn say(&mut self, line: &str) {
        self.input.as_mut().unwrap().write_all(line.as_bytes()).unwrap();
    }

    /// Reads until it has said this, from now on.
    pub(crate) fn until(&mut self, text: &str) {
        let from = self.said.len();
        let output = self.child.stdout.as_mut().unwrap();
        while !self.said[from..].contains(text) {
            let mut byte = [0];
            let count = output.read(&mut byte).unwrap();
            assert!(count > 0, "it ended without saying {text:?}: {}", self.said);
            self.said.push(char::from(byte[0]));
        }
    }

    /// Ends its input, and gives all it has said.
    pub(crate) fn finish(mut self) -> String {
        self.input = None;
        let mut rest = Vec::new();
        self.child.stdout.as_mut().unwrap().read_to_end(&mut rest).unwrap();
        self.child.wait().unwrap();
        format!("{}{}", self.said, String::from_utf8_lossy(&rest))
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        // It may have ended by itself. `timeout` hands this signal on, which it could not with KILL.
        let _ =
            Command::new("kill").arg(self.child.id().to_string()).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}

/// Files for it to read.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The path of a file with this in it.
    pub(crate) fn put(&self, name: &str, text: &str) -> String {
        fs::write(self.0.path().join(name), text).unwrap();
        self.path(name)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

const PATIENCE: Duration = Duration::from_secs(60);
