//! Collects the reports of failures that nobody handled.

use std::sync::{Arc, Mutex};

use ropewalk_deferred::Failure;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber,
};

/// The identities of the Deferreds whose failure was reported while `work` was done. That whoever
/// was to fire one is gone is nothing that the original would know.
pub(crate) fn during(work: impl FnOnce()) -> Vec<usize> {
    let reports = Reports::default();
    subscriber::with_default(reports.clone(), work);
    let gone = Failure::<String>::Abandoned.to_string();
    let found = std::mem::take(&mut *reports.0.lock().unwrap());
    found
        .into_iter()
        .filter(|it| !it.failure.contains(&gone))
        .filter_map(|it| it.deferred)
        .collect()
}

#[derive(Clone, Default)]
struct Reports(Arc<Mutex<Vec<Report>>>);

#[derive(Default)]
struct Report {
    deferred: Option<usize>,
    failure: String,
}

impl Visit for Report {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "deferred" {
            self.deferred = usize::try_from(value).ok();
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "failure" {
            self.failure = format!("{value:?}");
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
