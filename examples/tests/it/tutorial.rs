//! The steps of the tutorial, as programs; and the tutorial's words about them.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// A step that runs; ends with this value.
struct Step {
    child: Child,
    errors: BufReader<std::process::ChildStderr>,
}

impl Step {
    fn start(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        let mut child = command.args(arguments).stderr(Stdio::piped()).spawn().unwrap();
        let errors = BufReader::new(child.stderr.take().unwrap());
        Self { child, errors }
    }

    /// The port in the next line that says where it listens.
    fn port(&mut self) -> u16 {
        loop {
            let mut line = String::new();
            assert!(self.errors.read_line(&mut line).unwrap() > 0, "it ended");
            if let Some(rest) = line.strip_prefix("listening on ") {
                let port = rest.split("tcp:").nth(1).and_then(|rest| rest.split(':').next());
                return port.unwrap().parse().unwrap();
            }
        }
    }

    fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", "INT", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a server answers to `question`, until it hangs up.
fn ask(port: u16, question: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(question.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let _ = stream.shutdown(Shutdown::Both);
    answer
}

const HERE: &str = "tcp:0:interface=127.0.0.1";

#[test]
fn step_1_runs_until_it_is_interrupted() {
    let step = Step::start(env!("CARGO_BIN_EXE_finger1"), &[]);
    // It has nothing to say: that it listens for signals shows in its status.
    let path = format!("/proc/{}/status", step.child.id());
    loop {
        let status = fs::read_to_string(&path).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        if u64::from_str_radix(caught.trim(), 16).unwrap() & (1 << 1) != 0 {
            break;
        }
        std::thread::yield_now();
    }
    step.stop();
}

#[test]
fn step_2_listens_and_hangs_up() {
    let mut step = Step::start(env!("CARGO_BIN_EXE_finger2"), &[HERE]);
    assert_eq!(ask(step.port(), ""), "");
    step.stop();
}

#[test]
fn step_3_knows_nobody() {
    let mut step = Step::start(env!("CARGO_BIN_EXE_finger3"), &[HERE]);
    let port = step.port();
    assert_eq!(ask(port, "alice\r\n"), "No such user\r\n");
    let long = ask(port, &format!("{}\r\n", "x".repeat(600)));
    assert_eq!(long, "line longer than the limit of 512 bytes\r\n");
    step.stop();
}

#[test]
fn step_4_knows_two() {
    let mut step = Step::start(env!("CARGO_BIN_EXE_finger4"), &[HERE]);
    let port = step.port();
    assert_eq!(ask(port, "alice\r\n"), "Splicing the mooring lines before the tide\r\n");
    assert_eq!(ask(port, "carol\r\n"), "No such user\r\n");
    step.stop();
}

/// A folder of plans: one that can be read, and one that cannot.
fn plans() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("alice"), "At the loom\nuntil noon\n").unwrap();
    fs::write(folder.path().join("broken"), b"\xff\xfe").unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[test]
fn step_5_reads_plans_and_tells_errors_apart() {
    let folder = plans();
    let path = folder.path().to_str().unwrap();
    let mut step = Step::start(env!("CARGO_BIN_EXE_finger5"), &[HERE, path]);
    let port = step.port();
    assert_eq!(ask(port, "alice\r\n"), "At the loom\r\nuntil noon\r\n");
    assert_eq!(ask(port, "carol\r\n"), "No such user\r\n");
    assert_eq!(ask(port, "../etc/passwd\r\n"), "No such user\r\n");
    assert_eq!(ask(port, "broken\r\n"), "Something went wrong here; try again later\r\n");
    step.stop();
}

#[test]
fn step_6_is_a_service_with_tls_and_a_web_view() {
    let folder = plans();
    let config = folder.path().join("finger.toml");
    let text = format!(
        "finger = [\"{HERE}\", \"tls:0:127.0.0.1:key={}\"]\nweb = [\"{HERE}\"]\nplans = \"{}\"\n",
        certificate(folder.path()).display(),
        folder.path().display()
    );
    fs::write(&config, text).unwrap();
    let mut step = Step::start(env!("CARGO_BIN_EXE_finger6"), &[config.to_str().unwrap()]);
    let (finger, secure, web) = (step.port(), step.port(), step.port());
    assert_eq!(ask(finger, "alice\r\n"), "At the loom\r\nuntil noon\r\n");
    let request = "GET /alice HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let page = ask(web, request);
    assert!(page.starts_with("HTTP/1.1 200 ") && page.ends_with("At the loom\nuntil noon\n"));
    let page = ask(web, &request.replace("alice", "carol"));
    assert!(page.starts_with("HTTP/1.1 404 ") && page.ends_with("No such user\n"), "{page}");
    // What is no TLS is answered by an alert.
    let mut plain = TcpStream::connect(("127.0.0.1", secure)).unwrap();
    plain.write_all(b"alice\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert_eq!(answer.first(), Some(&21), "{answer:?}");
    step.stop();
}

fn certificate(folder: &Path) -> std::path::PathBuf {
    let file = folder.join("finger.pem");
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    fs::write(&file, format!("{}{}", certificate.pem(), key.serialize_pem())).unwrap();
    file
}

/// Every excerpt of the tutorial stands, line for line, in the program of its step.
#[test]
fn what_the_tutorial_quotes_is_in_its_programs() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for step in 1..=6 {
        let text = fs::read_to_string(here.join(format!("../docs/tutorial/{step}.md"))).unwrap();
        let program = fs::read_to_string(here.join(format!("tutorial/finger{step}.rs"))).unwrap();
        let mut excerpts = 0;
        for excerpt in text.split("```rust\n").skip(1) {
            let excerpt = excerpt.split("```").next().unwrap().trim_end();
            assert!(program.contains(excerpt), "step {step} quotes what is not there:\n{excerpt}");
            excerpts += 1;
        }
        assert!(excerpts > 0, "step {step} quotes nothing");
    }
}
