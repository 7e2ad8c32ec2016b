//! What a receiver of lines and raw bytes can ask for.

use crate::Delimiter;

/// What a [`LineReceiver`](crate::LineReceiver) can ask for: modes, pauses, other limits.
#[derive(Debug)]
pub struct Modes<'a> {
    state: &'a mut State,
    /// The bytes behind the line or, where raw bytes are handed over, those themselves.
    data: &'a [u8],
    /// How many of them, from the beginning, are not there any more.
    gone: usize,
    /// How many raw bytes are handed over in this call.
    given: usize,
}

/// What is set through [`Modes`].
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) delimiter: Delimiter,
    pub(crate) max_length: usize,
    pub(crate) raw: bool,
    pub(crate) paused: bool,
    /// What is kept is to be looked at.
    pub(crate) again: bool,
    /// Bytes to go behind those that are there.
    pub(crate) extra: Vec<u8>,
    /// No delimiter ends in that many bytes of what is kept.
    pub(crate) scanned: usize,
}

impl<'a> Modes<'a> {
    /// Raw mode: bytes are handed over as they come, what has come already first.
    pub fn raw(&mut self) {
        self.state.raw = true;
    }

    /// Line mode, for what comes from now on.
    pub fn lines(&mut self) {
        self.state.raw = false;
    }

    /// Line mode, beginning with the last `count` of the bytes that
    /// [`raw_received`](crate::LineReceiver::raw_received) was given. Nothing is copied.
    ///
    /// There are no more to take back than were given.
    pub fn lines_from(&mut self, count: usize) {
        let count = count.min(self.given);
        if self.gone == self.data.len() && self.state.extra.is_empty() {
            self.gone -= count;
        } else {
            let data = &self.data[self.data.len() - count..];
            self.state.extra.extend_from_slice(data);
        }
        self.lines();
    }

    /// Line mode, and `bytes` as if they had come behind those that have.
    pub fn lines_with(&mut self, bytes: &[u8]) {
        self.state.extra.extend_from_slice(bytes);
        self.lines();
    }

    /// Delivers nothing more before [`resume`](Self::resume). What still comes is kept; when it is
    /// much, the connection is no longer read.
    pub fn pause(&mut self) {
        self.state.paused = true;
    }

    /// Goes on, with what has been kept. Where nothing was paused, what is kept is looked at again,
    /// which matters when the mode or the limit has changed.
    pub fn resume(&mut self) {
        self.state.paused = false;
        self.state.again = true;
    }

    /// Takes away what has come and was not delivered.
    pub fn clear(&mut self) -> Vec<u8> {
        let mut bytes = self.data[self.gone..].to_vec();
        bytes.append(&mut self.state.extra);
        self.gone = self.data.len();
        self.state.scanned = 0;
        bytes
    }

    /// Ends lines with another delimiter from now on.
    pub fn set_delimiter(&mut self, delimiter: Delimiter) {
        self.state.delimiter = delimiter;
        self.state.scanned = 0;
    }

    /// Limits lines to another length from now on.
    pub fn set_max_length(&mut self, max_length: usize) {
        self.state.max_length = max_length;
    }

    /// Over `data`, none of which has been delivered.
    pub(crate) fn behind(state: &'a mut State, data: &'a [u8]) -> Self {
        Self { state, data, gone: 0, given: 0 }
    }

    /// Over `data`, all of which is delivered; the last `given` bytes of it can be taken back.
    pub(crate) fn within(state: &'a mut State, data: &'a [u8], given: usize) -> Self {
        Self { state, data, gone: data.len(), given }
    }

    /// How many bytes at the end are there still.
    pub(crate) fn left(&self) -> usize {
        self.data.len() - self.gone
    }
}

impl State {
    pub(crate) fn new(delimiter: Delimiter, max_length: usize) -> Self {
        let (raw, paused, again) = (false, false, false);
        Self { delimiter, max_length, raw, paused, again, extra: Vec::new(), scanned: 0 }
    }
}
