//! Trees: in order, in reverse, and what happens when one does not start.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use ropewalk_service::{Service, ServiceError, Services, Stopping};

type Notes = Arc<Mutex<Vec<String>>>;

/// Notes what it is asked to do.
struct Noted {
    name: &'static str,
    notes: Notes,
    fails_at: Option<&'static str>,
}

impl Noted {
    fn new(name: &'static str, notes: &Notes) -> Self {
        Self { name, notes: Arc::clone(notes), fails_at: None }
    }

    fn failing(name: &'static str, at: &'static str, notes: &Notes) -> Self {
        Self { fails_at: Some(at), ..Self::new(name, notes) }
    }

    fn note(&self, what: &'static str) -> Result<(), ServiceError> {
        self.notes.lock().unwrap().push(format!("{what} {}", self.name));
        match self.fails_at {
            Some(at) if at == what => Err(ServiceError::new("no power")),
            _ => Ok(()),
        }
    }
}

impl Service for Noted {
    fn privileged_start(&mut self) -> Result<(), ServiceError> {
        self.note("privileged")
    }

    fn start(&mut self) -> Result<(), ServiceError> {
        self.note("start")
    }

    fn stop(&mut self) -> Stopping<'_> {
        let begun = self.note("stop");
        Box::pin(async move {
            begun.unwrap();
            self.note("stopped").unwrap();
        })
    }

    fn reload(&mut self) -> Result<(), ServiceError> {
        self.note("reload")
    }

    fn status(&self) -> Vec<String> {
        vec![format!("{} is well", self.name)]
    }
}

fn taken(notes: &Notes) -> String {
    std::mem::take(&mut *notes.lock().unwrap()).join(", ")
}

fn stop(services: &mut Services) {
    services.stop().now_or_never().expect("these stop at once");
}

#[test]
fn services_start_in_order_and_stop_in_reverse_one_after_the_other() {
    let notes = Notes::default();
    let mut inner = Services::default();
    inner.add("b", Noted::new("b", &notes)).unwrap();
    inner.add("c", Noted::new("c", &notes)).unwrap();
    let mut all = Services::default();
    all.add("a", Noted::new("a", &notes)).unwrap();
    all.add("inner", inner).unwrap();
    all.privileged_start().unwrap();
    assert_eq!(taken(&notes), "privileged a, privileged b, privileged c");
    all.start().unwrap();
    assert_eq!(taken(&notes), "start a, start b, start c");
    assert!(all.is_running());
    assert_eq!(all.status(), ["a is well", "b is well", "c is well"]);
    stop(&mut all);
    assert_eq!(taken(&notes), "stop c, stopped c, stop b, stopped b, stop a, stopped a");
    assert!(!all.is_running());
    all.start().unwrap();
    assert_eq!(taken(&notes), "start a, start b, start c");
}

#[test]
fn a_service_that_does_not_start_is_named_by_its_path_and_the_begun_ones_are_stopped() {
    let notes = Notes::default();
    let mut inner = Services::default();
    inner.add("b", Noted::failing("b", "start", &notes)).unwrap();
    let mut all = Services::default();
    all.add("a", Noted::new("a", &notes)).unwrap();
    all.add("inner", inner).unwrap();
    all.add("never", Noted::new("never", &notes)).unwrap();
    let error = all.start().unwrap_err();
    assert_eq!(error.to_string(), "inner/b: no power");
    assert_eq!(error.path(), Some("inner/b"));
    stop(&mut all);
    assert_eq!(taken(&notes), "start a, start b, stop b, stopped b, stop a, stopped a");
}

#[test]
fn a_service_added_to_a_running_tree_is_started_and_one_taken_out_is_stopped() {
    let notes = Notes::default();
    let mut all = Services::default();
    all.start().unwrap();
    all.add("late", Noted::new("late", &notes)).unwrap();
    assert_eq!(taken(&notes), "privileged late, start late");
    let error = all.add("bad", Noted::failing("bad", "start", &notes)).unwrap_err();
    assert_eq!(error.to_string(), "bad: no power");
    assert_eq!(all.names().collect::<Vec<_>>(), ["late"]);
    taken(&notes);
    assert_eq!(all.remove("late").now_or_never(), Some(true));
    assert_eq!(taken(&notes), "stop late, stopped late");
    assert_eq!(all.remove("late").now_or_never(), Some(false));
}

#[test]
fn a_reload_reaches_all_and_tells_the_first_error() {
    let notes = Notes::default();
    let mut all = Services::default();
    all.add("a", Noted::failing("a", "reload", &notes)).unwrap();
    all.add("b", Noted::failing("b", "reload", &notes)).unwrap();
    all.start().unwrap();
    taken(&notes);
    assert_eq!(all.reload().unwrap_err().to_string(), "a: no power");
    assert_eq!(taken(&notes), "reload a, reload b");
}
