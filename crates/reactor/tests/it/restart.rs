//! A server that restarts under load, in processes of its own; and sockets from systemd.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::BytesMut;
use ropewalk_protocol::{Address, Context, Listen, Port, Protocol, factory};
use ropewalk_reactor::{Inherited, SpawnProcess, Successor, SuccessorError};

use crate::on_each_reactor;

/// Says that a test started this process, and what it is to do.
const PART: &str = "ROPEWALK_TEST_PART";
/// Tests of this name run in both processes.
const SERVER: &str = "server_that_restarts";

/// Answers a line with the process's number, and `restart` by letting a successor go on.
struct Served<R> {
    reactor: R,
    port: Arc<Mutex<Option<Port>>>,
    answered: bool,
}

impl<R: SpawnProcess> Protocol for Served<R> {
    type Message = Result<u32, SuccessorError>;

    fn data_received(&mut self, cx: &mut Context<'_, Self::Message>, input: &mut BytesMut) {
        match &input[..] {
            b"hello\n" => {
                cx.write(format!("{}\n", std::process::id()).as_bytes());
                self.answered = true;
                cx.close();
            }
            b"restart\n" => {
                let port = self.port.lock().unwrap().clone().unwrap();
                let reactor = self.reactor.clone();
                let successor = Successor::new(std::env::current_exe().unwrap())
                    .arg("--exact")
                    .arg(std::env::var(PART).unwrap())
                    .arg("--nocapture")
                    .pass("test", port.hand_over().unwrap());
                cx.spawn(async move { Ok(successor.start(&reactor).await?.pid()) });
            }
            _ => return, // not yet whole
        }
        input.clear();
    }

    fn message_received(&mut self, cx: &mut Context<'_, Self::Message>, successor: Self::Message) {
        cx.write(format!("{}\n", successor.unwrap()).as_bytes());
        cx.close();
        self.answered = true;
        self.reactor.stop();
    }

    /// Who has been accepted is served first.
    fn shutting_down(&mut self, cx: &mut Context<'_, Self::Message>) {
        if self.answered {
            cx.close();
        }
    }
}

/// Not a test of its own: the server that the tests below start.
fn server_that_restarts(reactor: impl SpawnProcess) {
    if std::env::var_os(PART).is_none() {
        return;
    }
    let mut inherited = Inherited::take().unwrap();
    assert!(Inherited::take().is_err() || inherited.is_empty(), "only once");
    let mut listen = Listen::new(Address::Tcp(([127, 0, 0, 1], 0).into()));
    listen.socket = inherited.named("test").map(Arc::new);
    let port = Arc::new(Mutex::new(None));
    let (inside, on) = (Arc::clone(&port), reactor.clone());
    let serves = factory(move |_| {
        Some(Served { reactor: on.clone(), port: Arc::clone(&inside), answered: false })
    });
    let listening = reactor.listen(listen, serves).unwrap();
    eprintln!("at {}", listening.address().port().unwrap());
    *port.lock().unwrap() = Some(listening);
    reactor.call_when_running(move || inherited.ready());
    reactor.run();
}

/// The first server; later ones are not our children, and end when the test has told the last.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let port = loop {
            let line = lines.next().unwrap().unwrap();
            if let Some(port) = line.strip_prefix("at ") {
                break port.parse().unwrap();
            }
        };
        // Whatever its descendants say later is to be seen.
        std::thread::spawn(move || lines.for_each(|line| eprintln!("{}", line.unwrap())));
        Self { child, address: ([127, 0, 0, 1], port).into() }
    }
}

/// The name under which the server runs on the same reactor as this test.
fn server_name<R>() -> String {
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    if let Some((module, _)) = name.rsplit_once("::") {
        return format!("{module}::{SERVER}");
    }
    let reactor = std::any::type_name::<R>();
    let of = |part: &str| reactor.contains(part);
    let module = if of("Poll") {
        "poll"
    } else if of("Async") {
        "async_io"
    } else {
        "tokio"
    };
    format!("restart::{module}::{SERVER}")
}

fn server<R>() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let name = server_name::<R>();
    command.args(["--exact", &name, "--nocapture"]).env(PART, &name);
    command
}

fn ask(address: SocketAddr, line: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.write_all(line.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn a_restart_under_load_refuses_nobody<R: SpawnProcess>(_: R) {
    const ATTEMPTS: usize = 10_000;
    const RESTARTS: usize = 4;
    let mut first = Server::start(server::<R>());
    let address = first.address;
    let (begun, ended) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (served, failed) = (Mutex::new(BTreeSet::new()), Mutex::new(Vec::new()));
    let mut successors = Vec::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while begun.fetch_add(1, Ordering::Relaxed) < ATTEMPTS {
                    match ask(address, "hello\n") {
                        Ok(answer) if answer.ends_with('\n') => {
                            served.lock().unwrap().insert(answer.trim().to_owned());
                        }
                        other => failed.lock().unwrap().push(format!("{other:?}")),
                    }
                }
                ended.store(true, Ordering::Relaxed);
            });
        }
        for restart in 1..=RESTARTS {
            while begun.load(Ordering::Relaxed) < restart * ATTEMPTS / (RESTARTS + 1) {
                std::thread::yield_now();
            }
            successors.push(ask(address, "restart\n").unwrap().trim().to_owned());
        }
        assert!(!ended.load(Ordering::Relaxed), "all of it happened under load");
    });
    assert_eq!(*failed.lock().unwrap(), [""; 0]);
    assert!(first.child.wait().unwrap().success(), "it served what it had, and ended");
    let expected: BTreeSet<_> =
        successors.iter().cloned().chain([first.child.id().to_string()]).collect();
    assert_eq!(expected.len(), RESTARTS + 1);
    assert_eq!(*served.lock().unwrap(), expected, "each of them served");
    assert!(Command::new("kill").arg(successors.last().unwrap()).status().unwrap().success());
    while TcpStream::connect(address).is_ok() {
        std::thread::yield_now();
    }
}

/// As systemd does it: the number of the process is its own, and descriptor 3 listens.
fn a_socket_from_systemd_is_served<R: SpawnProcess>(reactor: R) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "LISTEN_PID=$$ exec \"$0\" \"$@\""]).arg(std::env::current_exe().unwrap());
    let name = server_name::<R>();
    command.args(["--exact", &name, "--nocapture"]).env(PART, &name);
    command.env("LISTEN_FDS", "2").env("LISTEN_FDNAMES", "other:test");
    let mut spawn = ropewalk_reactor::Spawn::new(command);
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    use ropewalk_reactor::Descriptor::{Given, Inherit};
    spawn.descriptors.insert(2, Inherit);
    spawn.descriptors.insert(3, Given(Arc::new(other.into())));
    spawn.descriptors.insert(4, Given(Arc::new(socket.into())));
    let (tell, hear) = std::sync::mpsc::channel();
    let _running = crate::Running::new(reactor.clone());
    let process = reactor.spawn_process(spawn, Silent(tell)).unwrap();
    assert_eq!(ask(address, "hello\n").unwrap(), format!("{}\n", process.pid()));
    process.signal(ropewalk_protocol::Signal::Kill).unwrap();
    hear.recv_timeout(Duration::from_secs(20)).unwrap();
}

struct Silent(std::sync::mpsc::Sender<()>);

impl ropewalk_protocol::ProcessProtocol for Silent {
    type Message = ();

    fn child_data_received(
        &mut self,
        _: &mut ropewalk_protocol::ProcessContext<'_, ()>,
        _: u32,
        input: &mut BytesMut,
    ) {
        input.clear();
    }

    fn process_ended(&mut self, _: Result<std::process::ExitStatus, &ropewalk_protocol::Reason>) {
        self.0.send(()).unwrap();
    }
}

fn a_successor_that_fails_is_told_and_does_no_harm(reactor: impl SpawnProcess) {
    let socket = || TcpListener::bind("127.0.0.1:0").unwrap().into();
    let fails = Successor::new("false").pass("socket", socket()).start(&reactor);
    let nowhere = Successor::new("/nowhere/at-all").start(&reactor);
    let name = Successor::new("true").pass("a:b", socket()).start(&reactor);
    let many = (0..129).fold(Successor::new("true"), |with, _| with.pass("x", socket()));
    let many = many.start(&reactor);
    let (tell, hear) = std::sync::mpsc::channel();
    let _running = crate::Running::new(reactor.clone());
    reactor.spawn(async move {
        for error in [fails.await, nowhere.await, name.await, many.await] {
            tell.send(error.unwrap_err().to_string()).unwrap();
        }
    });
    let mut errors = hear.iter();
    let mut next = || errors.next().unwrap();
    assert_eq!(next(), "the successor ended before it was ready: exit status: 1");
    assert_eq!(next(), "the successor ended before it was ready: exit status: 127");
    assert!(next().starts_with("\"a:b\" is not the name of a socket"));
    assert_eq!(next(), "129 sockets are more than the limit of 128");
}

on_each_reactor!(
    server_that_restarts,
    a_restart_under_load_refuses_nobody,
    a_socket_from_systemd_is_served,
    a_successor_that_fails_is_told_and_does_no_harm,
);
