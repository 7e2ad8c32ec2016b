//! Programs of other people's, against the demo servers.

use std::{
    fs,
    io::{Read, Write},
    path::Path,
    process::{Command, Stdio},
};

use crate::{ECHO, Server};

/// Puts a certificate for `localhost` that has signed itself, and its key, into a file.
fn certificate(path: &Path) {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    fs::write(path, format!("{}{}", certificate.pem(), key.serialize_pem())).unwrap();
}

/// Listens with TLS; the port, and what keeps the server alive.
fn secure_echo(file: &Path) -> (Server, String) {
    let mut command = Command::new(ECHO);
    let endpoint = format!("tls:0:interface=127.0.0.1:key={}", file.display());
    command.args(["--listen", &endpoint]);
    let server = Server::announced(command);
    let port = server.announced.split(":tcp:").nth(1).and_then(|rest| rest.split(':').next());
    let port = port.expect(&server.announced).to_owned();
    (server, port)
}

/// Has the client say `hello`, and reads until that came back.
fn says_hello(client: &mut Command) {
    let mut child =
        client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(b"hello\n").unwrap();
    let mut back = [0; 6];
    let read = child.stdout.as_mut().unwrap().read_exact(&mut back);
    let _ = child.kill();
    child.wait().unwrap();
    read.unwrap();
    assert_eq!(&back, b"hello\n");
}

#[test]
#[ignore = "needs openssl"]
fn outside_openssl_talks_to_echo_and_believes_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("here.pem");
    certificate(&file);
    let (_server, port) = secure_echo(&file);
    for version in ["-tls1_2", "-tls1_3"] {
        let mut client = Command::new("openssl");
        client.args([
            "s_client",
            "-quiet",
            "-verify_return_error",
            "-verify_hostname",
            "localhost",
        ]);
        client.args([version, "-connect", &format!("127.0.0.1:{port}"), "-CAfile"]).arg(&file);
        says_hello(&mut client);
    }
}

#[test]
#[ignore = "needs socat"]
fn outside_socat_talks_to_echo_by_tcp_unix_and_tls() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(ECHO, &[]);
    let port = server.announced.split(':').nth(1).unwrap();
    says_hello(Command::new("socat").args(["-", &format!("TCP:127.0.0.1:{port}")]));

    let path = folder.path().join("echo.sock");
    let mut command = Command::new(ECHO);
    command.args(["--listen", &format!("unix:{}", path.display())]);
    let _unix = Server::announced(command);
    says_hello(Command::new("socat").args(["-", &format!("UNIX-CONNECT:{}", path.display())]));

    let file = folder.path().join("here.pem");
    certificate(&file);
    let (_secure, port) = secure_echo(&file);
    let options = format!("cafile={},commonname=localhost", file.display());
    says_hello(Command::new("socat").args(["-", &format!("OPENSSL:127.0.0.1:{port},{options}")]));
}

#[test]
#[ignore = "needs socat"]
fn outside_socat_runs_echo_on_pipes_and_on_a_socket() {
    for way in [",pipes", ""] {
        let program = format!("EXEC:{ECHO} --listen stdio\\:{way}");
        says_hello(Command::new("socat").args(["-", &program]));
    }
}

#[test]
#[ignore = "needs curl"]
fn outside_curl_reads_the_web_demo_in_plain_and_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("plan.txt"), "to splice the mooring lines\n").unwrap();
    let file = folder.path().join("here.pem");
    certificate(&file);
    let web = |endpoint: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_web"));
        command.args(["--listen", endpoint, "--folder"]).arg(folder.path());
        let server = Server::announced(command);
        let port = server.announced.split("tcp:").nth(1).and_then(|rest| rest.split(':').next());
        let port = port.expect(&server.announced).to_owned();
        (server, port)
    };
    let curl = |url: &str| {
        let mut command = Command::new("curl");
        command.args(["-sS", "--fail", "--max-time", "60", "--cacert"]).arg(&file).arg(url);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let (_plain, port) = web("tcp:0:interface=127.0.0.1");
    let text = "to splice the mooring lines\n";
    assert_eq!(curl(&format!("http://127.0.0.1:{port}/plan.txt")), text);
    assert!(curl(&format!("http://127.0.0.1:{port}/metrics")).contains("web_requests_total"));
    let endpoint = format!("tls:0:interface=127.0.0.1:key={}", file.display());
    let (_secure, port) = web(&endpoint);
    assert_eq!(curl(&format!("https://localhost:{port}/plan.txt")), text);
}

#[test]
#[ignore = "needs finger"]
fn outside_finger_asks_the_finger_demo_on_port_79() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_finger"));
    // The program asks that port and no other.
    command.args(["--listen", "tcp:79:interface=127.0.0.1", "--user", "nobody"]);
    let _server = Server::announced(command);
    let output = Command::new("finger").arg("alice@127.0.0.1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("Alice, in the rope loft"), "{said}");
    let output = Command::new("finger").arg("nobody@127.0.0.1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("No such user"), "{said}");
}
