//! Sends each line back.

use std::process::ExitCode;

use ropewalk_examples::serve;
use ropewalk_line::{Delimiter, Lines, write_line};
use ropewalk_protocol::{Context, Framed, Malformed, Receiver, factory};

/// A carriage return before the end of a line is part of it here, and goes back with it.
struct EchoLines;

impl Receiver<Lines> for EchoLines {
    type Message = ();

    fn frame_received(&mut self, cx: &mut Context<'_, ()>, _: &mut Lines, line: &[u8]) {
        write_line(cx, line, &Delimiter::Lf);
    }

    fn malformed(&mut self, cx: &mut Context<'_, ()>, why: Malformed) {
        write_line(cx, why.to_string().as_bytes(), &Delimiter::Lf);
        cx.close();
    }
}

fn main() -> ExitCode {
    let build = |_: &_| Some(Framed::new(Lines::new(Delimiter::Lf, MAX_LENGTH), EchoLines));
    serve("lines", "tcp:7778:interface=127.0.0.1", factory(build))
}

const MAX_LENGTH: usize = 16 * 1024;
