//! Dialogues: straight-line code on a connection.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, Waker},
    time::Duration,
};

use ropewalk_protocol::{Dialogue, Filtered, Framed, Limits, Talk};
use ropewalk_testkit::{Harness, every_cut};

use crate::scripted::{Brackets, Lines};

fn on_lines<F, W>(function: F) -> Framed<Lines, Dialogue<Vec<u8>>>
where
    F: FnOnce(Talk<Vec<u8>>) -> W + Send + 'static,
    W: Future<Output = ()> + Send + 'static,
{
    Framed::new(Lines, Dialogue::new(function))
}

async fn greets(mut talk: Talk<Vec<u8>>) {
    talk.write(b"name?\n");
    let Some(name) = talk.next().await else { return };
    talk.write(b"hello ");
    talk.write(&name);
    while let Some(line) = talk.next().await {
        talk.write(&line);
    }
    talk.write(b".");
}

#[test]
fn a_dialogue_answers_alike_however_its_input_is_cut() {
    let outcome = every_cut(b"Ann\none\ntwo\n", || on_lines(greets));
    assert_eq!(outcome.written, b"name?\nhello Annonetwo.");
    assert_eq!(outcome.lost.unwrap(), "closed");
}

#[test]
fn a_dialogue_runs_above_a_filter() {
    let mut harness = Harness::new(Filtered::around(Brackets, on_lines(greets)));
    harness.feed(b"Ann\n");
    assert_eq!(harness.text(), "<name?\n><hello Ann>");
}

#[test]
fn a_frame_that_is_not_taken_pauses_the_connection() {
    let mut harness = Harness::new(on_lines(|mut talk| async move {
        while let Some(line) = talk.next().await {
            talk.sleep(Duration::from_secs(1)).await;
            talk.write(&line);
        }
    }));
    harness.feed(b"a\nb\nc\nd\n");
    assert!(!harness.connection().wants_input());
    harness.advance(Duration::from_secs(2));
    assert_eq!(harness.text(), "ab");
    harness.advance(Duration::from_secs(2));
    assert_eq!(harness.text(), "cd");
    assert!(harness.connection().wants_input());
}

#[test]
fn a_dialogue_waits_for_what_happens_elsewhere() {
    let place: Arc<Mutex<Option<Waker>>> = Arc::default();
    let happened = Arc::new(AtomicBool::new(false));
    let (inside, seen) = (Arc::clone(&place), Arc::clone(&happened));
    let mut harness = Harness::new(on_lines(move |mut talk| async move {
        std::future::poll_fn(|cx| {
            *inside.lock().unwrap() = Some(cx.waker().clone());
            if seen.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        talk.write(b"it happened");
    }));
    assert_eq!(harness.written(), b"");
    happened.store(true, Ordering::Release);
    place.lock().unwrap().take().unwrap().wake();
    harness.poll();
    assert_eq!(harness.text(), "it happened");
    assert!(harness.has_ended(), "it closes when the function ends");
}

#[test]
fn a_dialogue_is_dropped_with_its_connection() {
    struct Flag(Arc<AtomicBool>);
    impl Drop for Flag {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }
    let dropped = Arc::new(AtomicBool::new(false));
    let flag = Flag(Arc::clone(&dropped));
    let mut harness = Harness::new(on_lines(|mut talk| async move {
        let _flag = flag;
        while talk.next().await.is_some() {}
        std::future::pending::<()>().await;
    }));
    assert!(!dropped.load(Ordering::Acquire));
    harness.break_off(ropewalk_protocol::Reason::killed("test"));
    assert!(dropped.load(Ordering::Acquire));
}

#[test]
fn a_dialogue_learns_what_was_wrong_with_its_input() {
    let mut harness = Harness::new(on_lines(|mut talk| async move {
        while talk.next().await.is_some() {}
        let why = talk.malformed().unwrap().to_string();
        talk.write(why.as_bytes());
    }));
    harness.feed(&[b'x'; 200]);
    assert_eq!(harness.text(), "line longer than the limit of 100 bytes");
}

#[test]
fn a_dialogue_that_writes_much_can_wait_until_it_has_left() {
    let limits = Limits { high_watermark: 1000, low_watermark: 100, ..Limits::default() };
    let protocol = on_lines(|mut talk| async move {
        for _ in 0..5 {
            talk.write(&[b'x'; 1500]);
            talk.drained().await;
        }
        talk.write(b"end");
    });
    let mut harness = Harness::limited(protocol, limits);
    harness.stop_taking();
    let mut all = harness.written().len();
    for _ in 0..10 {
        assert!(harness.connection().queued() <= 1500);
        harness.take(1000);
        all += harness.written().len();
    }
    assert_eq!(all, 7503);
}
