//! Processes that are kept running, on a real reactor.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use ropewalk_protocol::{Phase, Reactor, Signal};
use ropewalk_reactor::{PollReactor, Settings};
use ropewalk_service::{Service, Supervised};
use ropewalk_task::Backoff;

/// A reactor that runs a service on a thread of its own, and stops it at the end.
struct Running {
    reactor: PollReactor,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    fn new<S: Service + 'static>(make: impl FnOnce(&PollReactor) -> S) -> Self {
        let settings = Settings { signals: false, ..Settings::default() };
        let reactor = PollReactor::new(settings).unwrap();
        let mut service = make(&reactor);
        service.start().unwrap();
        reactor.add_trigger(Phase::BeforeShutdown, async move { service.stop().await });
        let runs = reactor.clone();
        Self { reactor, thread: Some(std::thread::spawn(move || runs.run())) }
    }

    fn stop(mut self) {
        let reactor = self.reactor.clone();
        self.reactor.call_when_running(move || reactor.stop());
        self.thread.take().unwrap().join().unwrap();
    }
}

/// Waits until a file says this.
fn until(path: &Path, says: impl Fn(&str) -> bool) -> String {
    let begun = Instant::now();
    loop {
        let text = fs::read_to_string(path).unwrap_or_default();
        if says(&text) {
            return text;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "it still says {text:?}");
        std::thread::yield_now();
    }
}

/// A shell that runs `script` with `$1` the file.
fn shell(script: &'static str, file: &Path) -> impl FnMut() -> Command + Send + 'static {
    let file: PathBuf = file.into();
    move || {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, "sh"]).arg(&file);
        command
    }
}

fn quickly() -> Backoff {
    Backoff::constant(Duration::from_millis(1))
}

#[test]
fn a_process_that_ends_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("starts");
    let running = Running::new(|reactor| {
        let counts = shell("echo start >> \"$1\"; exit 3", &file);
        Supervised::new(reactor, "counts", counts).backing_off(quickly())
    });
    until(&file, |text| text.lines().count() >= 5);
    running.stop();
}

#[test]
fn stopping_tells_the_process_and_waits_for_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("said");
    let running = Running::new(|reactor| {
        let script = "trap 'echo bye >> \"$1\"; exit 0' TERM; echo hello > \"$1\"; \
                      while :; do sleep 0.01; done";
        Supervised::new(reactor, "polite", shell(script, &file))
    });
    until(&file, |text| text == "hello\n");
    running.stop();
    assert_eq!(fs::read_to_string(&file).unwrap(), "hello\nbye\n");
}

#[test]
fn a_process_that_does_not_listen_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let running = Running::new(|reactor| {
        let script = "trap '' TERM; echo $$ > \"$1\"; while :; do sleep 0.01; done";
        let deaf = Supervised::new(reactor, "deaf", shell(script, &file));
        deaf.killed_after(Duration::from_millis(50))
    });
    let pid = until(&file, |text| text.ends_with('\n'));
    running.stop();
    assert!(!Path::new(&format!("/proc/{}", pid.trim())).exists());
}

#[test]
fn a_reload_is_passed_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("said");
    let settings = Settings { signals: false, ..Settings::default() };
    let reactor = PollReactor::new(settings).unwrap();
    let script = "trap 'echo again >> \"$1\"' HUP; echo hello > \"$1\"; \
                  while :; do sleep 0.01; done";
    let mut service = Supervised::new(&reactor, "reloads", shell(script, &file))
        .reloading_by(Signal::Hangup)
        .killed_after(Duration::from_millis(50));
    service.start().unwrap();
    let runs = reactor.clone();
    let thread = std::thread::spawn(move || runs.run());
    until(&file, |text| text == "hello\n");
    assert!(service.status()[0].starts_with("reloads runs as process "));
    service.reload().unwrap();
    until(&file, |text| text == "hello\nagain\n");
    reactor.add_trigger(Phase::BeforeShutdown, async move { service.stop().await });
    let stops = reactor.clone();
    reactor.call_when_running(move || stops.stop());
    thread.join().unwrap();
}

#[test]
fn a_program_that_does_not_exist_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("late");
    let (file, path) = (folder.path().join("said"), program.clone());
    let running = Running::new(|reactor| {
        Supervised::new(reactor, "late", move || Command::new(&path)).backing_off(quickly())
    });
    let script = format!("#!/bin/sh\necho here > {}\n", file.display());
    // Whole and executable before it has its name.
    let draft = folder.path().join("draft");
    fs::write(&draft, script).unwrap();
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
    fs::rename(&draft, &program).unwrap();
    until(&file, |text| text == "here\n");
    running.stop();
}
