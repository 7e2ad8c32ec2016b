//! Where an event keeps what it looks like on the wire.

use std::{fmt, sync::OnceLock};

use bytes::Bytes;

/// How many wire forms an event can have.
///
/// A form is a front end's protocol together with those capabilities of a peer that change how
/// this event is written. Front ends number theirs from 0.
pub const FORMS: usize = 16;

/// The encoded forms of one event, each made at most once.
#[derive(Default)]
pub(crate) struct Forms([OnceLock<Bytes>; FORMS]);

impl Forms {
    pub(crate) fn get_or_encode(&self, form: usize, encode: impl FnOnce() -> Bytes) -> &Bytes {
        self.0[form].get_or_init(encode)
    }
}

impl fmt::Debug for Forms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let made = self.0.iter().enumerate().filter(|(_, form)| form.get().is_some());
        f.debug_set().entries(made.map(|(index, _)| index)).finish()
    }
}
