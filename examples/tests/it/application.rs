//! What the runner of applications does for a program: user, files, signals, notices.

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::net::UnixDatagram,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{ECHO, Server, fails};

/// A folder in which anybody may create files.
fn open_folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

fn start(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Server {
    let mut command = Command::new(ECHO);
    command.args(["--listen", "tcp:0:interface=127.0.0.1"]).args(arguments);
    command.envs(variables.iter().copied()).current_dir(folder);
    Server::announced(command)
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
}

/// The socket that systemd would listen on.
struct Notices(UnixDatagram);

impl Notices {
    fn at(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Self(socket)
    }

    fn next(&self) -> String {
        let mut buffer = [0; 1024];
        let length = self.0.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).trim_end().to_owned()
    }

    /// The next that is no beat of the watchdog.
    fn next_but_watchdog(&self) -> String {
        loop {
            let notice = self.next();
            if notice != "WATCHDOG=1" {
                return notice;
            }
        }
    }
}

#[test]
fn systemd_is_told_of_readiness_life_reload_and_stop() {
    let folder = open_folder();
    let socket = folder.path().join("notify");
    let notices = Notices::at(&socket);
    let variables = [("NOTIFY_SOCKET", socket.to_str().unwrap()), ("WATCHDOG_USEC", "20000")];
    let mut server = start(folder.path(), &[], &variables);
    assert_eq!(notices.next_but_watchdog(), "READY=1");
    while notices.next() != "WATCHDOG=1" {}
    signal(&server.child, "HUP");
    let reloading = notices.next_but_watchdog();
    assert!(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
    assert_eq!(notices.next_but_watchdog(), "READY=1");
    assert_eq!(server.answer(b"still here"), "still here");
    signal(&server.child, "TERM");
    assert_eq!(notices.next_but_watchdog(), "STOPPING=1");
    assert!(server.child.wait().unwrap().success());
}

#[test]
fn a_second_process_with_the_same_pid_file_is_refused_and_the_file_goes_with_the_first() {
    let folder = open_folder();
    let path = folder.path().join("echo.pid");
    fs::write(&path, "1\n").unwrap(); // left behind by a crash
    let mut server = start(folder.path(), &["--pid-file", "echo.pid"], &[]);
    let pid = server.child.id();
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{pid}\n"));
    let file = path.to_str().unwrap();
    let (status, message) = fails(&["--listen", "tcp:0", "--pid-file", file]);
    assert_eq!(status, 1);
    assert_eq!(message, format!("echo: echo runs already, as process {pid} ({file})\n"));
    signal(&server.child, "TERM");
    assert!(server.child.wait().unwrap().success());
    assert!(!path.exists());
}

#[test]
fn a_log_file_that_was_moved_away_is_opened_anew_at_a_hangup() {
    let folder = open_folder();
    let socket = folder.path().join("notify");
    let notices = Notices::at(&socket);
    let log = folder.path().join("echo.log");
    let variables = [("NOTIFY_SOCKET", socket.to_str().unwrap()), ("RUST_LOG", "info")];
    let server = start(folder.path(), &["--log-file", "echo.log"], &variables);
    assert_eq!(notices.next(), "READY=1");
    fs::rename(&log, folder.path().join("echo.log.1")).unwrap();
    signal(&server.child, "HUP");
    assert!(notices.next().starts_with("RELOADING=1"));
    assert_eq!(notices.next(), "READY=1");
    assert!(fs::read_to_string(&log).unwrap().contains("reloaded"));
}

#[test]
fn a_program_becomes_the_user_it_is_told_to_become_or_says_why_not() {
    let folder = open_folder();
    let own = Command::new("id").arg("-u").output().unwrap().stdout;
    let is_root = String::from_utf8(own).unwrap().trim() == "0";
    if !is_root {
        let (status, message) = fails(&["--listen", "tcp:0", "--user", "root"]);
        assert_eq!(status, 1);
        let why = "echo: cannot become user \"root\": only root can become another user\n";
        assert_eq!(message, why);
        return;
    }
    let arguments = ["--user", "nobody", "--pid-file", "echo.pid", "--log-file", "echo.log"];
    let mut server = start(folder.path(), &arguments, &[]);
    let status = fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let ids = |what: &str| -> Vec<String> {
        let line = status.lines().find(|line| line.starts_with(what)).unwrap();
        line.split_whitespace().skip(1).map(str::to_owned).collect()
    };
    let nobody = Command::new("id").args(["-u", "nobody"]).output().unwrap().stdout;
    let nobody = String::from_utf8(nobody).unwrap().trim().to_owned();
    assert_eq!(ids("Uid:"), vec![nobody; 4]);
    assert!(!ids("Groups:").contains(&"0".to_owned()));
    assert_eq!(server.answer(b"hello"), "hello");
    signal(&server.child, "TERM");
    assert!(server.child.wait().unwrap().success());
    assert!(!folder.path().join("echo.pid").exists());
}

#[test]
fn a_user_that_does_not_exist_is_named() {
    let (status, message) = fails(&["--listen", "tcp:0", "--user", "no such user"]);
    assert_eq!((status, &*message), (1, "echo: there is no user \"no such user\"\n"));
}

#[test]
fn a_log_file_that_cannot_be_opened_is_named() {
    let (status, message) = fails(&["--listen", "tcp:0", "--log-file", "/nowhere/echo.log"]);
    assert_eq!(status, 1);
    let not_found = io::Error::from_raw_os_error(2);
    assert_eq!(message, format!("echo: /nowhere/echo.log: {not_found}\n"));
}

#[test]
fn standard_input_and_output_are_served_like_a_connection() {
    let mut command = Command::new(ECHO);
    command.args(["--listen", "stdio:"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(b"hello").unwrap();
    let mut said = [0; 5];
    child.stdout.take().unwrap().read_exact(&mut said).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(&said, b"hello");
}

#[test]
fn a_successor_takes_the_port_over_and_nobody_is_refused() {
    let folder = open_folder();
    let mut server = start(folder.path(), &["--pid-file", "echo.pid"], &[]);
    // The port that the system picked is named in the arguments that the successor gets, too.
    let endpoint = server.announced.trim_end().trim_start_matches("listening on ").to_owned();
    signal(&server.child, "TERM");
    server.child.wait().unwrap();
    let mut command = Command::new(ECHO);
    command.args(["--listen", &endpoint, "--pid-file", "echo.pid"]).current_dir(folder.path());
    let mut server = Server::announced(command);
    let path = folder.path().join("echo.pid");
    let first = fs::read_to_string(&path).unwrap();
    let mut old = server.connect();
    old.write_all(b"before").unwrap();
    let mut answer = [0; 6];
    old.read_exact(&mut answer).unwrap();

    signal(&server.child, "USR2");
    let second = loop {
        assert_eq!(server.answer(b"meanwhile"), "meanwhile");
        match fs::read_to_string(&path) {
            Ok(pid) if pid != first && pid.ends_with('\n') => break Successor(pid),
            _ => {}
        }
    };
    let mut rest = Vec::new();
    old.read_to_end(&mut rest).expect("who was accepted before is told in good order");
    assert!(rest.is_empty());
    drop(old);
    assert!(server.child.wait().unwrap().success());
    assert_eq!(server.answer(b"afterwards"), "afterwards");
    drop(second);
}

/// A process that a server started in its own place, by what stands in its PID file.
struct Successor(String);

impl Drop for Successor {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.trim()).status();
    }
}

#[test]
fn sockets_from_systemd_are_taken_by_index_name_and_address() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let by_address = format!("tcp:{port}:interface=127.0.0.1");
    for endpoint in ["systemd:index=0", "systemd:name=echo", &by_address] {
        let mut command = Command::new("/bin/sh");
        // As systemd does: the socket is descriptor 3, and the process's own number is in its
        // environment.
        let script = "exec 3<&0 </dev/null; LISTEN_PID=$$ exec \"$0\" \"$@\"";
        command.args(["-c", script, ECHO, "--listen", endpoint]);
        command.env("LISTEN_FDS", "1").env("LISTEN_FDNAMES", "echo");
        command.stdin(std::os::fd::OwnedFd::from(listener.try_clone().unwrap()));
        let server = Server::announced(command);
        assert_eq!(server.announced, format!("listening on {by_address}\n"), "{endpoint}");
        assert_eq!(server.answer(b"hello"), "hello", "{endpoint}");
    }
}

#[test]
fn a_socket_that_systemd_did_not_pass_in_is_named() {
    let (status, message) = fails(&["--listen", "systemd:name=irc"]);
    let why = "echo: server: cannot listen on systemd:name=irc: no sockets were passed in\n";
    assert_eq!((status, &*message), (1, why));
}
