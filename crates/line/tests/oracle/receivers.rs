//! Receivers that write down what happens and do what the program says.

use ropewalk_line::{
    Delimiter, LineOnlyReceiver, LineReceiver, Modes, Rules, StringTooLong, write_line,
};
use ropewalk_protocol::{Context, Flow, Reason, Transport};
use serde_json::{Value, json};

use crate::{
    drive::Events,
    program::{Op, Program, text},
    tap::Tap,
};

type Cx<'a> = Context<'a, Op>;

/// What all of them share; it is itself the receiver of lines and raw bytes.
pub(crate) struct Observer {
    pub(crate) events: Events,
    reactions: Vec<(u64, Vec<Op>)>,
    calls: u64,
    ignores_exceeded: bool,
    delimiter: Delimiter,
    /// What the raw handler still wants, where it does not want everything.
    wanted: Option<usize>,
}

impl Observer {
    pub(crate) fn new(program: &Program, events: &Events) -> Self {
        Self {
            events: events.clone(),
            reactions: program.reactions.clone(),
            calls: 0,
            ignores_exceeded: program.ignores_exceeded,
            delimiter: Delimiter::bytes(&program.delimiter).unwrap_or(Delimiter::CrLf),
            wanted: None,
        }
    }

    /// Writes a call of the handler down, and gives what to do in it.
    pub(crate) fn called(&mut self, kind: &str, bytes: &[u8]) -> Vec<Op> {
        self.events.add(json!([kind, text(bytes)]));
        let call = self.calls;
        self.calls += 1;
        let here = self.reactions.iter().filter(|(at, _)| *at == call);
        here.flat_map(|(_, ops)| ops.clone()).collect()
    }

    pub(crate) fn exceeded(&self, cx: &mut Cx<'_>, what: Value) {
        self.events.add(json!(["exceeded", what]));
        if !self.ignores_exceeded {
            self.lose(cx);
        }
    }

    pub(crate) fn lose(&self, cx: &mut Cx<'_>) {
        if cx.flow() != Flow::Closing {
            self.events.add(json!(["lose"]));
        }
        cx.close();
    }

    pub(crate) fn send(
        &self,
        cx: &mut Cx<'_>,
        write: impl FnOnce(&mut dyn Transport) -> Result<(), StringTooLong>,
    ) {
        let mut tap = Tap { below: cx, written: Vec::new() };
        match write(&mut tap) {
            Ok(()) => self.events.add(json!(["write", text(&tap.written)])),
            Err(StringTooLong { .. }) => self.events.add(json!(["raise", "StringTooLongError"])),
        }
    }

    fn send_line(&self, cx: &mut Cx<'_>, line: &[u8]) {
        self.send(cx, |out| {
            write_line(out, line, &self.delimiter);
            Ok(())
        });
    }

    fn switch(&mut self, cx: &mut Cx<'_>, modes: &mut Modes<'_>, op: &Op) {
        match op {
            Op::Data(_) => unreachable!("bytes are not told"),
            Op::Raw => {
                self.wanted = None;
                modes.raw();
            }
            Op::RawTake(count) => {
                self.wanted = Some(*count);
                modes.raw();
            }
            Op::LineMode(bytes) => {
                self.wanted = None;
                modes.lines_with(bytes);
            }
            Op::Pause => {
                modes.pause();
                self.events.add(json!(["tx_pause"]));
            }
            Op::Resume => {
                self.events.add(json!(["tx_resume"]));
                modes.resume();
            }
            Op::Stop => {
                modes.pause();
                self.events.add(json!(["tx_stop"]));
            }
            Op::Clear => self.events.add(json!(["cleared", text(&modes.clear())])),
            Op::Lose => self.lose(cx),
            Op::Send(line) => self.send_line(cx, line),
            Op::Delimiter(bytes) => {
                self.delimiter = Delimiter::bytes(bytes).expect("a delimiter has bytes");
                modes.set_delimiter(self.delimiter.clone());
            }
            Op::MaxLength(length) => modes.set_max_length(*length),
        }
    }
}

impl LineReceiver for Observer {
    type Message = Op;

    fn line_received(&mut self, cx: &mut Cx<'_>, modes: &mut Modes<'_>, line: &[u8]) {
        for op in self.called("line", line) {
            self.switch(cx, modes, &op);
        }
    }

    fn raw_received(&mut self, cx: &mut Cx<'_>, modes: &mut Modes<'_>, data: &[u8]) {
        let taken = self.wanted.map_or(data.len(), |wanted| wanted.min(data.len()));
        self.wanted = self.wanted.map(|wanted| wanted - taken);
        let has_all = self.wanted == Some(0);
        for op in self.called("raw", &data[..taken]) {
            self.switch(cx, modes, &op);
        }
        if has_all {
            modes.lines_from(data.len() - taken);
        }
    }

    fn length_exceeded(&mut self, cx: &mut Cx<'_>, _: &mut Modes<'_>, data: &[u8]) {
        self.exceeded(cx, text(data));
    }

    fn message_received(&mut self, cx: &mut Cx<'_>, modes: &mut Modes<'_>, op: Op) {
        self.switch(cx, modes, &op);
    }

    fn connection_lost(&mut self, _: &Reason) {
        self.events.add(json!(["lost"]));
    }
}

/// The receiver of lines cut a chunk at a time.
pub(crate) struct WholeLines(pub(crate) Observer);

impl WholeLines {
    fn perform(&mut self, cx: &mut Cx<'_>, rules: &mut Rules, op: &Op) {
        match op {
            Op::Lose => self.0.lose(cx),
            Op::Send(line) => {
                self.0.delimiter = rules.delimiter().clone();
                self.0.send_line(cx, line);
            }
            Op::Delimiter(bytes) => {
                rules.set_delimiter(Delimiter::bytes(bytes).expect("a delimiter has bytes"));
            }
            Op::MaxLength(length) => rules.set_max_length(*length),
            other => panic!("not with this protocol: {other:?}"),
        }
    }
}

impl LineOnlyReceiver for WholeLines {
    type Message = Op;

    fn line_received(&mut self, cx: &mut Cx<'_>, rules: &mut Rules, line: &[u8]) {
        for op in self.0.called("line", line) {
            self.perform(cx, rules, &op);
        }
    }

    fn length_exceeded(&mut self, cx: &mut Cx<'_>, _: &mut Rules, line: &[u8]) {
        self.0.exceeded(cx, text(line));
    }

    fn message_received(&mut self, cx: &mut Cx<'_>, rules: &mut Rules, op: Op) {
        self.perform(cx, rules, &op);
    }

    fn connection_lost(&mut self, _: &Reason) {
        self.0.events.add(json!(["lost"]));
    }
}
