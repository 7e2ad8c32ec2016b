//! The protocol that the suite's listeners serve: each byte is a command.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::{Buf, Bytes, BytesMut};
use ropewalk_protocol::{Context, Flow, Group, Mailbox, Protocol, Reason};

/// What all connections of a listener share.
#[derive(Clone, Debug, Default)]
pub(super) struct Board {
    pub(super) group: Group<Bytes>,
    lost: Arc<Mutex<Vec<Reason>>>,
    waiting: Arc<Mutex<Vec<Mailbox<Bytes>>>>,
}

impl Board {
    pub(super) fn lost(&self) -> Vec<Reason> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[derive(Debug)]
pub(super) struct Served {
    board: Board,
    /// Bytes still to be written.
    left: usize,
    closes: bool,
    deadline: Option<Instant>,
}

/// What `B` writes.
pub(super) const BIG: usize = 4 * 1024 * 1024;

impl Served {
    pub(super) fn new(board: Board) -> Self {
        Self { board, left: 0, closes: false, deadline: None }
    }

    fn obey(&mut self, cx: &mut Context<'_, Bytes>, command: u8) {
        match command {
            b'A' => cx.abort(),
            b'B' => {
                self.left = BIG;
                self.drained(cx);
            }
            b'C' if self.left > 0 => self.closes = true,
            b'C' => {
                cx.write(b"bye");
                cx.close();
            }
            b'D' => self.deadline = Some(cx.now() + Duration::from_millis(50)),
            b'J' => {
                self.board.group.join(&cx.mailbox());
                cx.write(b"j");
            }
            b'L' => {
                self.board.group.leave(&cx.mailbox());
                cx.write(b"l");
            }
            b'P' => panic!("asked to"),
            b'W' => {
                let mut waiting = self.board.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.push(cx.mailbox());
                cx.write(b"w");
            }
            b'N' => {
                let waiting = self.board.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                for mailbox in &*waiting {
                    mailbox.post(Bytes::from_static(b"news")).expect("it takes messages");
                }
            }
            b'S' => {
                let waiting = self.board.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.iter().for_each(Mailbox::shut_down);
            }
            b'0'..=b'9' => self.board.group.say(Bytes::copy_from_slice(&[command])),
            other => cx.write(&[other]),
        }
    }
}

impl Protocol for Served {
    type Message = Bytes;

    fn data_received(&mut self, cx: &mut Context<'_, Bytes>, input: &mut BytesMut) {
        while !input.is_empty() && cx.flow() == Flow::Open {
            if input[0].is_ascii_lowercase() {
                let end = input.iter().position(|byte| !byte.is_ascii_lowercase());
                let text = input.split_to(end.unwrap_or(input.len()));
                cx.send(text.freeze());
            } else {
                let command = input.get_u8();
                self.obey(cx, command);
            }
        }
    }

    fn message_received(&mut self, cx: &mut Context<'_, Bytes>, message: Bytes) {
        cx.send(message);
    }

    fn drained(&mut self, cx: &mut Context<'_, Bytes>) {
        while self.left > 0 && cx.flow() == Flow::Open {
            let count = self.left.min(16 * 1024);
            cx.write(&vec![b'b'; count]);
            self.left -= count;
        }
        if self.left == 0 && self.closes {
            cx.close();
        }
    }

    fn eof_received(&mut self, cx: &mut Context<'_, Bytes>) {
        cx.write(b"end");
        cx.close();
    }

    fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn timed_out(&mut self, cx: &mut Context<'_, Bytes>) {
        cx.write(b"late");
    }

    fn shutting_down(&mut self, cx: &mut Context<'_, Bytes>) {
        cx.write(b"goodbye");
        cx.close();
    }

    fn connection_lost(&mut self, reason: &Reason) {
        self.board.lost.lock().unwrap_or_else(PoisonError::into_inner).push(reason.clone());
    }
}
