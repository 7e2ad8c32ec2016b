//! The job runner, as a program that is killed in the middle.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Instant,
};

use ropewalk_examples::{Board, JobFile, JobFileError};

const JOBS: &str = env!("CARGO_BIN_EXE_jobs");

fn start(folder: &Path) -> Child {
    let mut command = Command::new(JOBS);
    command.arg("work.toml").current_dir(folder).stdout(Stdio::piped());
    command.spawn().unwrap()
}

fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(JOBS);
    let Output { status, stdout, stderr } =
        command.arg("work.toml").args(arguments).current_dir(folder).output().unwrap();
    let said = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
    (status.code().unwrap(), said)
}

/// Waits for a line that has `what` in it.
fn wait_for(child: &mut Child, what: &str) {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map(Result::unwrap).any(|line| line.contains(what)), "{what}");
}

fn kill(mut child: Child) {
    child.kill().unwrap(); // SIGKILL
    child.wait().unwrap();
}

/// The process whose number is written to a file, once it is there.
fn process(file: &Path) -> PathBuf {
    loop {
        match fs::read_to_string(file) {
            Ok(pid) if pid.ends_with('\n') => {
                return Path::new("/proc").join(pid.trim()).join("stat");
            }
            _ => std::thread::yield_now(),
        }
    }
}

/// A zombie is dead too: whose child it is now reaps it in its own time.
fn wait_for_end(process: &Path) {
    while fs::read_to_string(process).is_ok_and(|stat| !stat.contains(") Z ")) {
        std::thread::yield_now();
    }
}

/// A chain of steps, of which one waits for the file `go` the first time.
const WORK: &str = r#"
limit = 2

[[step]]
name = "a"
run = "echo a >> log"

[[step]]
name = "b"
run = "echo b >> log"
after = ["a"]

[[step]]
name = "c"
run = "echo $$ > pid; while ! test -e go; do sleep 0.05; done; echo c >> log"
after = ["b"]

[[step]]
name = "d"
run = "echo d >> log"
after = ["c"]
"#;

#[test]
fn what_is_done_is_not_done_again_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("work.toml"), WORK).unwrap();
    for _ in 0..3 {
        let child = start(path);
        let process = process(&path.join("pid"));
        kill(child);
        wait_for_end(&process);
        fs::remove_file(path.join("pid")).unwrap();
    }
    assert_eq!(fs::read_to_string(path.join("log")).unwrap(), "a\nb\n");
    fs::write(path.join("go"), "").unwrap();
    let (status, said) = run(path, &[]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("[1/4] a: done before\n"), "{said}");
    assert!(said.ends_with("all done\n"), "{said}");
    assert_eq!(fs::read_to_string(path.join("log")).unwrap(), "a\nb\nc\nd\n");
    assert!(!path.join("work.toml.journal").exists());
}

#[test]
fn an_interrupt_ends_the_steps_and_does_not_count_as_their_failure() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("work.toml"), WORK).unwrap();
    let mut child = start(path);
    let process = process(&path.join("pid"));
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-s", "INT", &pid]).status().unwrap().success());
    let said = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(said.ends_with("c: started\nstopped: start it again to go on\n"), "{said}");
    wait_for_end(&process);
}

#[test]
fn what_a_command_has_started_dies_with_the_runner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let work = r#"step = [{ name = "a", run = "sleep 1000 & echo $! > pid; wait" }]"#;
    fs::write(path.join("work.toml"), work).unwrap();
    let child = start(path);
    let process = process(&path.join("pid"));
    kill(child);
    wait_for_end(&process);
}

#[test]
fn what_failed_is_tried_again_at_the_next_start_and_what_depends_on_it_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let work = r#"
        step = [
            { name = "good", run = "echo good >> log" },
            { name = "bad", run = "echo oh no; test -e go", tries = 2, delay = 0 },
            { name = "last", run = "echo last >> log", after = ["bad", "good"] },
        ]
    "#;
    fs::write(path.join("work.toml"), work).unwrap();
    let (status, said) = run(path, &[]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("bad: exit status: 1, again in 0.0 s: oh no\n"), "{said}");
    assert!(said.contains("bad: failed: exit status: 1: oh no\n"), "{said}");
    assert!(said.contains("last: not run: `bad` failed\n"), "{said}");
    fs::write(path.join("go"), "").unwrap();
    let (status, said) = run(path, &[]);
    assert_eq!(status, 0, "{said}");
    assert_eq!(fs::read_to_string(path.join("log")).unwrap(), "good\nlast\n");
}

#[test]
fn a_step_that_takes_too_long_is_killed_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let work = r#"step = [{ name = "a", run = "(sleep 1000) | cat", timeout = 0.05 }]"#;
    fs::write(path.join("work.toml"), work).unwrap();
    let (status, said) = run(path, &[]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("a: failed: it took longer than 50ms"), "{said}");
}

#[test]
fn a_second_run_of_the_same_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("work.toml"), WORK).unwrap();
    let mut child = start(path);
    wait_for(&mut child, " c: started");
    let (status, said) = run(path, &[]);
    assert_eq!(
        (status, &*said),
        (2, "jobs: the journal work.toml.journal is in use by another run\n")
    );
    kill(child);
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let (status, said) = run(path, &[]);
    assert_eq!(status, 2);
    assert!(said.starts_with("jobs: work.toml: No such file"), "{said}");
    let cycle = r#"
        step = [
            { name = "a", run = "", after = ["b"] },
            { name = "b", run = "", after = ["a"] },
        ]
    "#;
    let wrong = [
        (cycle, "steps depend on each other: a -> b -> a"),
        (
            "step = [{ name = 'a', run = '', after = ['x'] }]",
            "the step `a` depends on `x`, which is not there",
        ),
        ("step = [{ name = 'a', run = '' }, { name = 'a', run = '' }]", "there are two steps `a`"),
        ("limit = 0", "the file: limit is not from 1 to 1024"),
        ("step = [{ name = 'a', run = '', tries = 0 }]", "step `a`: tries is not from 1 to 1000"),
        (
            "step = [{ name = 'a', run = '', delay = -1 }]",
            "step `a`: delay is not from 0 to a year, in seconds",
        ),
        (
            "step = [{ name = \"\\u001b[2J\", run = '' }]",
            "step 1: name is empty, longer than 100 bytes, or has control characters",
        ),
    ];
    for (text, what) in wrong {
        fs::write(path.join("work.toml"), text).unwrap();
        assert_eq!(run(path, &[]), (2, format!("jobs: work.toml: {what}\n")));
    }
    for (text, place) in
        [("limit = ", "line 1, column"), ("[[step]]\nname = 'a'\nrum = ''", "unknown field `rum`")]
    {
        let error = JobFile::parse(text).unwrap_err();
        assert!(error.to_string().contains(place), "{error}");
    }
    let large = "#".repeat(JobFile::LARGEST + 1);
    assert!(matches!(JobFile::parse(&large), Err(JobFileError::TooLarge { .. })));
}

#[test]
fn the_sample_is_one() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/jobs/rope.toml")).unwrap();
    assert_eq!(JobFile::parse(&text).unwrap().steps.len(), 9);
}

#[test]
fn what_commands_write_does_not_reach_the_terminal_as_it_is() {
    let now = Instant::now();
    let names = (0..100).map(|number| format!("step {number}"));
    let mut board = Board::new(names, now);
    board.wrote("step 0", b"10 %\r20 %\r\x1b[2J\x07\xff");
    let drawn = board.draw(now, 40, 10);
    assert_eq!(drawn.lines().count(), 9, "no more than have room: {drawn}");
    assert!(drawn.contains("  [2J \u{fffd}") && !drawn.contains("\x1b[2J"), "{drawn:?}");
    assert!(board.draw(now, 40, 10).starts_with("\x1b[9A\r"), "over what was drawn before");
}
