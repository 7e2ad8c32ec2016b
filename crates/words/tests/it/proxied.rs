//! The program behind HAProxy, which says who the clients are; and limits by address.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    os::fd::OwnedFd,
    process::{Child, Command, Stdio},
    time::Duration,
};

use socket2::{Domain, Socket, Type};
use tempfile::TempDir;

/// A process and its folder, which end with this.
struct Running {
    process: Child,
    _folder: TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program at `endpoint`, with a configuration, and its port.
fn words(endpoint: &str, config: &str) -> (Running, u16) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("words.toml");
    fs::write(&file, config).unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_words"))
        .args(["--listen", endpoint, "--config"])
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let port = said.split("tcp:").nth(1).and_then(|rest| rest.split(':').next());
    (Running { process: server, _folder: folder }, port.expect(&said).parse().unwrap())
}

/// Connects from an address of this machine.
fn connect(from: Ipv4Addr, port: u16) -> BufReader<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
    socket.connect(&SocketAddr::from(([127, 0, 0, 1], port)).into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    BufReader::new(stream)
}

fn line(client: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    client.read_line(&mut line).unwrap();
    line
}

/// Registers, and gives the line that welcomes.
fn welcome(client: &mut BufReader<TcpStream>, nick: &str) -> String {
    write!(client.get_mut(), "NICK {nick}\r\nUSER u 0 * :u\r\n").unwrap();
    loop {
        let line = line(client);
        assert!(!line.is_empty(), "{nick} was not welcomed");
        if line.contains(" 001 ") {
            return line;
        }
    }
}

#[test]
fn more_connections_than_an_address_may_have_are_told_so_and_others_are_served() {
    let config = "[limits]\nper_address = 2\nexempt = []\n";
    let (_server, port) = words("tcp:0:interface=127.0.0.1", config);
    let [one, other] = [Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3)];
    let mut first = connect(one, port);
    welcome(&mut first, "first");
    let mut second = connect(one, port);
    welcome(&mut second, "second");
    let mut third = connect(one, port);
    assert_eq!(line(&mut third), "ERROR :Too many connections from your network\r\n");
    let mut elsewhere = connect(other, port);
    welcome(&mut elsewhere, "elsewhere");
}

#[test]
#[ignore = "needs haproxy"]
fn outside_haproxy_says_who_the_clients_are_and_limits_see_it() {
    let config = "[limits]\nper_address = 1\nexempt = []\n";
    for version in ["send-proxy", "send-proxy-v2"] {
        let endpoint = "haproxy:from=127.0.0.1:tcp:0:interface=127.0.0.1";
        let (_server, behind) = words(endpoint, config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let _haproxy = haproxy(listener, behind, version);
        let [one, other] = [Ipv4Addr::new(127, 0, 0, 5), Ipv4Addr::new(127, 0, 0, 6)];
        let mut first = connect(one, port);
        let welcomed = welcome(&mut first, "first");
        assert!(welcomed.contains("first!~u@127.0.0.5"), "{version}: {welcomed}");
        let mut second = connect(one, port);
        assert_eq!(line(&mut second), "ERROR :Too many connections from your network\r\n");
        let mut third = connect(other, port);
        let welcomed = welcome(&mut third, "third");
        assert!(welcomed.contains("third!~u@127.0.0.6"), "{version}: {welcomed}");
    }
}

/// HAProxy, listening on a socket that it is given.
fn haproxy(listener: TcpListener, to: u16, version: &str) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("haproxy.cfg");
    let config = format!(
        "global\n  maxconn 100\ndefaults\n  mode tcp\n  timeout connect 10s\n  timeout client 60s\n  \
         timeout server 60s\nlisten irc\n  bind fd@3\n  server words 127.0.0.1:{to} {version}\n"
    );
    fs::write(&file, config).unwrap();
    let mut child = Command::new("/bin/sh");
    child.args(["-c", "exec 3<&0 </dev/null; exec haproxy -db -f \"$0\""]).arg(&file);
    let child = child.stdin(OwnedFd::from(listener)).stderr(Stdio::null()).spawn().unwrap();
    // Until it accepts, connections wait in the socket.
    Running { process: child, _folder: folder }
}
