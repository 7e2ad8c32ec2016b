//! The output of children as values, and a thousand of them.

use std::{
    process::Command,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use bytes::Bytes;
use ropewalk_protocol::Reactor;
use ropewalk_reactor::{OutputError, Spawn, SpawnProcess, output};

use crate::{Running, on_each_reactor};

fn shell(script: &str) -> Spawn {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    Spawn::new(command)
}

fn wait<T: Send + 'static>(
    reactor: &impl Reactor,
    future: impl Future<Output = T> + Send + 'static,
) -> T {
    let (tell, hear) = mpsc::channel();
    reactor.spawn(async move { tell.send(future.await).unwrap() });
    hear.recv_timeout(Duration::from_secs(60)).unwrap()
}

fn a_child_is_given_input_and_gives_output(reactor: impl SpawnProcess) {
    let _running = Running::new(reactor.clone());
    let input = Bytes::from(vec![b'x'; 3_000_000]);
    let cat = output(&reactor, shell("cat; echo err >&2; exit 7"), input.clone(), 4_000_000);
    let gave = wait(&reactor, cat).unwrap();
    assert_eq!(gave.status.code(), Some(7));
    assert!(gave.stdout == input);
    assert_eq!(gave.stderr, b"err\n");
    let deaf = output(&reactor, shell("exec <&-; echo deaf"), input, 100);
    assert_eq!(wait(&reactor, deaf).unwrap().stdout, b"deaf\n");
}

fn too_much_output_and_no_program_are_errors(reactor: impl SpawnProcess) {
    let _running = Running::new(reactor.clone());
    let much = output(&reactor, shell("exec cat /dev/zero"), Bytes::new(), 10_000);
    match wait(&reactor, much) {
        Err(OutputError::TooLong { limit: 10_000 }) => {}
        other => panic!("{other:?}"),
    }
    let none = Spawn::new(Command::new("/nowhere/at-all"));
    let none = output(&reactor, none, Bytes::new(), 1);
    assert!(matches!(wait(&reactor, none), Err(OutputError::Start(_))));
}

fn nobody_who_waits_is_a_killed_child(reactor: impl SpawnProcess) {
    let _running = Running::new(reactor.clone());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pid");
    let script = format!("echo $$ > {}; exec sleep 1000", path.display());
    let forgotten = output(&reactor, shell(&script), Bytes::new(), 100);
    let pid = loop {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        if text.ends_with('\n') {
            break text.trim().to_owned();
        }
        std::thread::yield_now();
    };
    drop(forgotten);
    while std::fs::exists(format!("/proc/{pid}")).unwrap() {
        std::thread::yield_now();
    }
}

/// Children that are processes of ours and have ended, but were not reaped.
fn zombies(among: &[u32]) -> Vec<u32> {
    let own = std::process::id().to_string();
    let is_zombie = |pid: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let mut rest = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        rest.next() == Some("Z") && rest.next() == Some(&own)
    };
    among.iter().copied().filter(is_zombie).collect()
}

/// Each writes a number of lines that is its own, the last one without delay before its end, and
/// has a status of its own; 32 run at a time.
fn a_thousand_short_lived_children(reactor: impl SpawnProcess) {
    const CHILDREN: usize = 1000;
    const AT_ONCE: usize = 32;
    let _running = Running::new(reactor.clone());
    let numbers = Arc::new(Mutex::new(0..CHILDREN));
    let (tell, hear) = mpsc::channel();
    for _ in 0..AT_ONCE {
        let (reactor, numbers, tell) = (reactor.clone(), Arc::clone(&numbers), tell.clone());
        reactor.clone().spawn(async move {
            loop {
                let Some(number) = numbers.lock().unwrap().next() else { return };
                let script =
                    format!("echo $$; head -c {} /dev/zero; exit {}", number * 97, number % 250);
                let gave = output(&reactor, shell(&script), Bytes::new(), 1_000_000).await;
                tell.send((number, gave)).unwrap();
            }
        });
    }
    drop(tell);
    let mut pids = Vec::new();
    for _ in 0..CHILDREN {
        let (number, gave) = hear.recv_timeout(Duration::from_secs(60)).unwrap();
        let gave = gave.unwrap();
        assert_eq!(gave.status.code(), Some((number % 250) as i32));
        let end = gave.stdout.iter().position(|byte| *byte == b'\n').unwrap();
        pids.push(std::str::from_utf8(&gave.stdout[..end]).unwrap().parse().unwrap());
        assert_eq!(gave.stdout.len() - end - 1, number * 97, "read to the end");
        assert!(gave.stdout[end + 1..].iter().all(|byte| *byte == 0));
    }
    assert_eq!(zombies(&pids), [0_u32; 0]);
}

on_each_reactor!(
    a_child_is_given_input_and_gives_output,
    too_much_output_and_no_program_are_errors,
    nobody_who_waits_is_a_killed_child,
    a_thousand_short_lived_children,
);
