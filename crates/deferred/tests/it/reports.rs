//! Collects what is reported of failures that nobody handled.

use std::sync::{Arc, Mutex};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber,
};

/// Held by tests that switch the debug mode, or that it would disturb.
pub(crate) static DEBUGGING: Mutex<()> = Mutex::new(());

/// What was reported while `work` was done.
pub(crate) fn during(work: impl FnOnce()) -> Vec<Report> {
    let reports = Reports::default();
    subscriber::with_default(reports.clone(), work);
    std::mem::take(&mut *reports.0.lock().unwrap())
}

/// A report of a failure that nobody handled.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) deferred: Option<usize>,
    pub(crate) failure: String,
    pub(crate) made_at: String,
    pub(crate) fired_at: Option<String>,
}

#[derive(Clone, Default)]
struct Reports(Arc<Mutex<Vec<Report>>>);

impl Visit for Report {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "deferred" {
            self.deferred = usize::try_from(value).ok();
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "failure" => self.failure = text,
            "made_at" => self.made_at = text,
            "fired_at" => self.fired_at = Some(text),
            _ => {}
        }
    }
}

impl Subscriber for Reports {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut report = Report::default();
        event.record(&mut report);
        self.0.lock().unwrap().push(report);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
