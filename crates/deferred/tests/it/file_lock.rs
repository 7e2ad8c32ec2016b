//! A lock between processes.

use std::{fs, io, path::PathBuf, time::Duration};

use ropewalk_clock::ManualClock;
use ropewalk_deferred::{
    Deferred, Failure, FilesystemLock, defer_until_locked, failure_result_of, no_result,
    success_result_of,
};

/// A path that is free, and is so again afterwards.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let name = format!("ropewalk-deferred-{}-{name}.lock", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0); // it may never have been made
    }
}

type Locked = Deferred<(), io::Error>;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn only_one_has_it_and_its_process_is_in_the_file() {
    let place = Place::new("one");
    let (ours, theirs) = (FilesystemLock::new(&place.0), FilesystemLock::new(&place.0));
    assert!(ours.lock().unwrap());
    assert!(ours.was_clean());
    assert!(!ours.lock().unwrap(), "it is held");
    assert!(!theirs.lock().unwrap());
    assert_eq!(fs::read_to_string(&place.0).unwrap(), std::process::id().to_string());
    ours.unlock().unwrap();
    assert!(theirs.lock().unwrap());
    assert!(theirs.is_locked() && theirs.was_clean());
}

#[test]
fn one_left_by_a_process_that_is_gone_is_broken_and_that_is_told() {
    let place = Place::new("stale");
    fs::write(&place.0, "999999").unwrap();
    let lock = FilesystemLock::new(&place.0);
    assert!(lock.lock().unwrap());
    assert!(!lock.was_clean());
    lock.unlock().unwrap();
    assert!(lock.lock().unwrap());
    assert!(lock.was_clean());
}

#[test]
fn what_is_wrong_with_the_file_is_the_failure() {
    let lock = FilesystemLock::new("/nowhere/at/all.lock");
    let locked: Locked = defer_until_locked(&lock, &ManualClock::new(), None);
    let Failure::Failed(error) = failure_result_of(locked) else { panic!("an error") };
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}

#[test]
fn waiting_for_it_tries_once_a_second() {
    let place = Place::new("waits");
    let (ours, theirs) = (FilesystemLock::new(&place.0), FilesystemLock::new(&place.0));
    let clock = ManualClock::new();
    assert!(theirs.lock().unwrap());
    let locked: Locked = no_result(defer_until_locked(&ours, &clock, None));
    theirs.unlock().unwrap();
    clock.advance(SECOND / 2);
    let locked = no_result(locked);
    clock.advance(SECOND / 2);
    success_result_of(locked);
    assert!(ours.is_locked() && clock.pending().is_empty());
}

#[test]
fn waiting_may_time_out_or_be_cancelled() {
    let place = Place::new("gives-up");
    let (ours, theirs) = (FilesystemLock::new(&place.0), FilesystemLock::new(&place.0));
    let clock = ManualClock::new();
    assert!(theirs.lock().unwrap());
    let late: Locked = defer_until_locked(&ours, &clock, Some(SECOND * 3 / 2));
    let cancelled: Locked = defer_until_locked(&ours, &clock, None);
    cancelled.cancel();
    assert_eq!(clock.pending().len(), 1);
    assert!(matches!(failure_result_of(cancelled), Failure::Cancelled));
    clock.advance(SECOND);
    let late = no_result(late);
    clock.advance(SECOND);
    assert!(matches!(failure_result_of(late), Failure::TimedOut));
    assert!(clock.pending().is_empty());
}
