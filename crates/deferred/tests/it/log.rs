//! What was called, in order.

use std::{
    fmt::Display,
    sync::{Arc, Mutex},
};

/// A list that functions write to.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, what: impl Display) {
        self.0.lock().unwrap().push(what.to_string());
    }

    /// A function that notes its argument under a name, and passes it on.
    pub(crate) fn pass<T: Display>(
        &self,
        name: &'static str,
    ) -> impl Fn(T) -> T + Send + use<T> + 'static {
        let log = self.clone();
        move |value| {
            log.add(format!("{name} {value}"));
            value
        }
    }

    /// What was written since the last time.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}
