//! The protocols and filters that the tests share.

use std::time::{Duration, Instant};

use bytes::BytesMut;
use ropewalk_protocol::{
    Codec, Context, Filter, Mailbox, Malformed, Outbox, Protocol, Reason, Wire,
};

/// Lines without their newline.
#[derive(Clone, Copy)]
pub(crate) struct Lines;

impl Codec for Lines {
    type Frame<'a> = &'a [u8];

    fn split<'a>(&mut self, input: &'a mut [u8]) -> Result<Option<(usize, &'a [u8])>, Malformed> {
        match input.iter().position(|byte| *byte == b'\n') {
            Some(at) => Ok(Some((at + 1, &input[..at]))),
            None if input.len() > 100 => {
                Err(Malformed::TooLong { unit: "line", length: input.len(), limit: 100 })
            }
            None => Ok(None),
        }
    }
}

/// Writes down everything that happens, and does what it reads: a letter is a command.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) events: Vec<String>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) mailbox: Option<Mailbox<String>>,
}

impl Protocol for Recorder {
    type Message = String;

    fn connection_made(&mut self, cx: &mut Context<'_, String>) {
        self.mailbox = Some(cx.mailbox());
        self.events.push(format!("made {}", cx.peer().address));
    }

    fn data_received(&mut self, cx: &mut Context<'_, String>, input: &mut BytesMut) {
        while !input.is_empty() {
            let byte = input.split_to(1)[0];
            self.events.push(char::from(byte).to_string());
            match byte {
                b'P' => cx.pause_reading(),
                b'C' => cx.close(),
                b'A' => cx.abort(),
                b'E' => cx.write_eof(),
                b'T' => {
                    cx.write(b"go");
                    cx.start_tls();
                }
                b'B' => cx.write(&[b'b'; 1000]),
                b'F' => cx.spawn(std::future::pending()),
                b'R' => cx.spawn(async { "ready".to_owned() }),
                b'D' => self.deadline = Some(cx.now() + Duration::from_secs(1)),
                _ => cx.write(&[byte]),
            }
            if cx.flow() != ropewalk_protocol::Flow::Open {
                return;
            }
        }
    }

    fn message_received(&mut self, cx: &mut Context<'_, String>, message: String) {
        match message.as_str() {
            "resume" => cx.resume_reading(),
            "tls" => cx.start_tls(),
            "close" => cx.close(),
            other => cx.write(other.as_bytes()),
        }
        self.events.push(message);
    }

    fn drained(&mut self, _: &mut Context<'_, String>) {
        self.events.push("drained".into());
    }

    fn secured(&mut self, cx: &mut Context<'_, String>) {
        self.events.push("secured".into());
        cx.write(b"safe");
    }

    fn eof_received(&mut self, cx: &mut Context<'_, String>) {
        self.events.push("eof".into());
        cx.close();
    }

    fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn timed_out(&mut self, _: &mut Context<'_, String>) {
        self.events.push("timed out".into());
    }

    fn connection_lost(&mut self, reason: &Reason) {
        self.events.push(format!("lost: {reason}"));
    }
}

/// Turns every byte over, and brackets what one turn wrote: `<...>`.
#[derive(Default)]
pub(crate) struct Brackets;

impl Filter for Brackets {
    fn decode(
        &mut self,
        wire: &mut Wire<'_>,
        input: &mut BytesMut,
        plain: &mut BytesMut,
    ) -> Result<(), Malformed> {
        for byte in input.split() {
            match byte {
                b'!' => return Err(Malformed::Syntax("a bang".into())),
                b'$' => wire.end(),
                b'<' | b'>' => {}
                byte => plain.extend_from_slice(&[byte]),
            }
        }
        Ok(())
    }

    fn encode(&mut self, wire: &mut Wire<'_>, plain: &mut Outbox) {
        wire.write(b"<");
        wire.pass(plain);
        wire.write(b">");
    }

    fn finish(&mut self, wire: &mut Wire<'_>) {
        wire.write(b"$");
    }
}

/// TLS as far as plumbing goes: a hello each way, then every byte with its top bit set.
#[derive(Default)]
pub(crate) struct Veil {
    pub(crate) secure: bool,
    pub(crate) shaking: bool,
}

impl Filter for Veil {
    fn decode(
        &mut self,
        wire: &mut Wire<'_>,
        input: &mut BytesMut,
        plain: &mut BytesMut,
    ) -> Result<(), Malformed> {
        if self.shaking && !input.is_empty() {
            if input.split_to(1)[0] != b'H' {
                return Err(Malformed::Syntax("not a hello".into()));
            }
            (self.shaking, self.secure) = (false, true);
            wire.secured();
        }
        if self.secure {
            plain.extend(input.split().iter().map(|byte| byte & 0x7f));
        } else {
            plain.extend_from_slice(&input.split());
        }
        Ok(())
    }

    fn encode(&mut self, wire: &mut Wire<'_>, plain: &mut Outbox) {
        if !self.secure {
            return wire.pass(plain);
        }
        while !plain.is_empty() {
            let veiled: Vec<u8> = plain.front().iter().map(|byte| byte | 0x80).collect();
            wire.write(&veiled);
            plain.consume(veiled.len());
        }
    }

    fn can_start_tls(&self) -> bool {
        !self.secure && !self.shaking
    }

    fn start_tls(&mut self, wire: &mut Wire<'_>) {
        self.shaking = true;
        wire.write(b"H");
    }
}

pub(crate) fn veiled(text: &str) -> Vec<u8> {
    text.bytes().map(|byte| byte | 0x80).collect()
}

/// Begins with a line that names the true peer's port.
#[derive(Default)]
pub(crate) struct Header {
    done: bool,
}

impl Filter for Header {
    fn connection_made(&mut self, _: &mut Wire<'_>) {}

    fn decode(
        &mut self,
        wire: &mut Wire<'_>,
        input: &mut BytesMut,
        plain: &mut BytesMut,
    ) -> Result<(), Malformed> {
        if !self.done {
            let Some(at) = input.iter().position(|byte| *byte == b'\n') else { return Ok(()) };
            let line = input.split_to(at + 1);
            let port = std::str::from_utf8(&line[..at]).ok().and_then(|text| text.parse().ok());
            let Some(port) = port else {
                wire.write(b"no");
                wire.fail(Reason::Layer { layer: "header", what: "no port in it".into() });
                return Ok(());
            };
            wire.amend().address = std::net::SocketAddr::from(([192, 0, 2, 1], port)).into();
            self.done = true;
            wire.open();
        }
        plain.extend_from_slice(&input.split());
        Ok(())
    }

    fn encode(&mut self, wire: &mut Wire<'_>, plain: &mut Outbox) {
        wire.pass(plain);
    }
}

/// Lets a hundred bytes through a second.
#[derive(Default)]
pub(crate) struct Slow {
    allowance: usize,
    refill: Option<Instant>,
}

impl Filter for Slow {
    fn decode(
        &mut self,
        _: &mut Wire<'_>,
        input: &mut BytesMut,
        plain: &mut BytesMut,
    ) -> Result<(), Malformed> {
        plain.extend_from_slice(&input.split());
        Ok(())
    }

    fn encode(&mut self, wire: &mut Wire<'_>, plain: &mut Outbox) {
        while self.allowance > 0 && !plain.is_empty() {
            let count = plain.front().len().min(self.allowance);
            wire.write(&plain.front()[..count]);
            plain.consume(count);
            self.allowance -= count;
        }
        if !plain.is_empty() && self.refill.is_none_or(|at| at <= wire.now()) {
            self.refill = Some(wire.now() + Duration::from_secs(1));
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.refill
    }

    fn timed_out(&mut self, _: &mut Wire<'_>) {
        self.allowance = 100;
    }
}

/// Lets two bytes in a second.
#[derive(Default)]
pub(crate) struct Sips {
    due: Option<Instant>,
}

impl Filter for Sips {
    fn decode(
        &mut self,
        wire: &mut Wire<'_>,
        input: &mut BytesMut,
        plain: &mut BytesMut,
    ) -> Result<(), Malformed> {
        plain.extend_from_slice(&input.split_to(input.len().min(2)));
        self.due = Some(wire.now() + Duration::from_secs(1));
        wire.pause_reading();
        Ok(())
    }

    fn encode(&mut self, wire: &mut Wire<'_>, plain: &mut Outbox) {
        wire.pass(plain);
    }

    fn deadline(&self) -> Option<Instant> {
        self.due
    }

    fn timed_out(&mut self, wire: &mut Wire<'_>) {
        wire.resume_reading();
    }
}
