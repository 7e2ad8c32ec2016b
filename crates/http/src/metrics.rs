//! Numbers for Prometheus, in its text format 0.0.4.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use thiserror::Error;

use crate::{Answer, Handler, Request, Response};

/// Label sets that one name may have, unless [`Metrics::bounded`] says otherwise.
const SETS: usize = 1000;

/// Counters and gauges by name, and the [`Handler`] that shows them. Clones are the same.
///
/// A counter is looked up once and then held: adding to it is one atomic addition.
///
/// ```
/// use ropewalk_http::Metrics;
///
/// let metrics = Metrics::new();
/// let served = metrics.counter("requests_total", "Requests served.", &[("code", "200")])?;
/// served.add(3);
/// assert!(metrics.text().ends_with("requests_total{code=\"200\"} 3\n"));
/// # Ok::<(), ropewalk_http::MetricsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Held to look a name up, or to show all of them; not to count.
    families: Arc<Mutex<BTreeMap<String, Family>>>,
    sets: usize,
}

#[derive(Debug)]
struct Family {
    help: String,
    kind: Kind,
    /// By their labels as they are written.
    values: BTreeMap<String, Value>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Counter,
    Gauge,
}

#[derive(Clone, Debug)]
enum Value {
    Counter(Counter),
    Gauge(Gauge),
}

/// Why there is no such number.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum MetricsError {
    /// A name has other characters than letters, digits and `_` (`:` in names of metrics).
    #[error("{0:?} is no name of a metric or label")]
    Name(String),
    /// The name is one of the other kind already.
    #[error("{0:?} is a metric of another kind")]
    Kind(String),
    /// The name has too many sets of labels.
    #[error("{name:?} has {limit} sets of labels already")]
    TooMany {
        /// The name.
        name: String,
        /// The limit.
        limit: usize,
    },
}

/// A number that only grows. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

/// A number that goes up and down. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<AtomicI64>);

impl Counter {
    /// Adds.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// What it is.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Gauge {
    /// Sets.
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Adds, or takes away.
    pub fn add(&self, count: i64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// What it is.
    #[must_use]
    pub fn value(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Metrics {
    /// No numbers, and 1,000 sets of labels a name.
    #[must_use]
    pub fn new() -> Self {
        Self::bounded(SETS)
    }

    /// No numbers, and so many sets of labels a name.
    #[must_use]
    pub fn bounded(sets: usize) -> Self {
        Self { families: Arc::default(), sets }
    }

    /// The counter of that name with these labels; made if there is none. The first `help` stays.
    ///
    /// # Errors
    /// [`MetricsError`] says why there can be none. Labels that a peer can choose are what
    /// [`MetricsError::TooMany`] is for: such a number is not counted.
    pub fn counter(
        &self,
        name: &str,
        help: &str,
        labels: &[(&str, &str)],
    ) -> Result<Counter, MetricsError> {
        let new = || Value::Counter(Counter::default());
        match self.value(name, help, labels, Kind::Counter, new)? {
            Value::Counter(counter) => Ok(counter),
            Value::Gauge(_) => Err(MetricsError::Kind(name.to_owned())),
        }
    }

    /// The gauge of that name with these labels; made if there is none. The first `help` stays.
    ///
    /// # Errors
    /// As of [`counter`](Self::counter).
    pub fn gauge(
        &self,
        name: &str,
        help: &str,
        labels: &[(&str, &str)],
    ) -> Result<Gauge, MetricsError> {
        let new = || Value::Gauge(Gauge::default());
        match self.value(name, help, labels, Kind::Gauge, new)? {
            Value::Gauge(gauge) => Ok(gauge),
            Value::Counter(_) => Err(MetricsError::Kind(name.to_owned())),
        }
    }

    fn value(
        &self,
        name: &str,
        help: &str,
        labels: &[(&str, &str)],
        kind: Kind,
        new: impl FnOnce() -> Value,
    ) -> Result<Value, MetricsError> {
        check_name(name, ":")?;
        labels.iter().try_for_each(|(label, _)| check_name(label, ""))?;
        let labels = written(labels);
        let mut families = self.lock();
        let family = families.entry(name.to_owned()).or_insert_with(|| Family {
            help: help.replace('\\', "\\\\").replace('\n', "\\n"),
            kind,
            values: BTreeMap::new(),
        });
        if family.kind != kind {
            return Err(MetricsError::Kind(name.to_owned()));
        }
        if let Some(value) = family.values.get(&labels) {
            return Ok(value.clone());
        }
        if family.values.len() >= self.sets {
            return Err(MetricsError::TooMany { name: name.to_owned(), limit: self.sets });
        }
        Ok(family.values.entry(labels).or_insert_with(new).clone())
    }

    /// All numbers as text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (name, family) in &*self.lock() {
            let kind = match family.kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
            };
            // Writing to a String does not fail.
            let _ = writeln!(text, "# HELP {name} {}\n# TYPE {name} {kind}", family.help);
            for (labels, value) in &family.values {
                let _ = match value {
                    Value::Counter(counter) => writeln!(text, "{name}{labels} {}", counter.value()),
                    Value::Gauge(gauge) => writeln!(text, "{name}{labels} {}", gauge.value()),
                };
            }
        }
        text
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Family>> {
        self.families.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Handler for Metrics {
    fn handle(&self, _: Request) -> Answer {
        Response::new(200, "text/plain; version=0.0.4; charset=utf-8", self.text()).into()
    }
}

fn check_name(name: &str, more: &str) -> Result<(), MetricsError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || more.contains(c);
    let right = name.chars().all(allowed) && !name.starts_with(|c: char| c.is_ascii_digit());
    if right && !name.is_empty() { Ok(()) } else { Err(MetricsError::Name(name.to_owned())) }
}

fn written(labels: &[(&str, &str)]) -> String {
    let pairs = labels.iter().map(|(label, value)| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        format!("{label}=\"{value}\"")
    });
    let pairs: Vec<String> = pairs.collect();
    if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) }
}
