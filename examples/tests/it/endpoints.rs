//! Endpoint strings, as the demo servers take them.

use std::{
    fs,
    io::{Read, Write},
    net::Shutdown,
    os::unix::{fs::PermissionsExt, net::UnixStream},
    process::{Command, Stdio},
};

use crate::{ECHO, Server, fails};

#[test]
fn a_unix_socket_has_the_mode_that_was_asked_for_and_a_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo.sock");
    let endpoint = format!("unix:{}:mode=600:lockfile=yes", path.display());
    let mut command = Command::new(ECHO);
    command.args(["--listen", &endpoint]).stdout(Stdio::piped());
    let server = Server::announced(command);
    assert_eq!(server.announced, format!("listening on unix:{}\n", path.display()));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(b"hello").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "hello");
    let (status, message) = fails(&["--listen", &endpoint]);
    assert_eq!(status, 1);
    assert!(message.contains(&server.child.id().to_string()), "{message}");
}

#[test]
fn a_proxys_header_comes_before_what_is_echoed() {
    let mut command = Command::new(ECHO);
    command.args(["--listen", "haproxy:from=127.0.0.1:tcp:0:interface=127.0.0.1"]);
    let mut server = Server::announced(command);
    let prefix = "listening on haproxy:from=127.0.0.1/32:";
    let plain = server.announced.strip_prefix(prefix).expect("it says how it listens");
    server.announced = format!("listening on {plain}");
    let header = "PROXY TCP4 192.0.2.7 198.51.100.1 40000 7\r\n";
    assert_eq!(server.answer(format!("{header}hello").as_bytes()), "hello");
    assert_eq!(server.answer(b"hello"), "");
}
