//! Long answers: written as far as the connection takes them, and further as it drains.

use ropewalk_irc::{LINE_LIMIT, Message, Numeric};
use ropewalk_protocol::Flow;

use crate::{NamesCursor, Prefix, Progress, Roles};

use super::{Cap, Cx, Irc, letters::put_symbols, list::List, who::Who};

/// One long answer: where it is, and what stands at its end.
#[derive(Debug)]
pub(super) enum Answer {
    /// The members of a room.
    Names {
        /// As it is named in the answer.
        room: Box<[u8]>,
        /// `=`, `*` or `@`.
        symbol: u8,
        cursor: NamesCursor,
    },
    /// Users, for WHO.
    Who(Box<Who>),
    /// Rooms, for LIST.
    List(Box<List>),
    /// Something short that has to come after what is before it.
    End { numeric: Numeric, about: Option<Box<[u8]>>, text: &'static str },
}

impl Irc {
    /// Adds an answer to those that are to be written, and writes what can be written now.
    pub(super) fn answer(&mut self, cx: &mut Cx<'_>, answer: Answer) {
        self.answers.push_back(answer);
        self.write_answers(cx);
    }

    /// Adds the line that ends an answer.
    pub(super) fn end_answer(
        &mut self,
        cx: &mut Cx<'_>,
        numeric: Numeric,
        about: &[u8],
        text: &'static str,
    ) {
        self.answer(cx, Answer::End { numeric, about: Some(about.into()), text });
    }

    /// Writes answers until they are done, or the connection is full: then it says when it has
    /// drained, and handles no line until that.
    pub(super) fn write_answers(&mut self, cx: &mut Cx<'_>) {
        if self.answers.is_empty() {
            return;
        }
        // A pause of our own is no reason to wait; only what is queued is.
        cx.resume_reading();
        while cx.flow() == Flow::Open {
            let Some(mut answer) = self.answers.pop_front() else { break };
            if self.write_answer(cx, &mut answer) == Progress::More {
                self.answers.push_front(answer);
            }
        }
        if self.answers.is_empty() {
            self.answers = std::collections::VecDeque::new();
        }
        if self.is_held() {
            cx.pause_reading();
        }
    }

    fn write_answer(&self, cx: &mut Cx<'_>, answer: &mut Answer) -> Progress {
        match answer {
            Answer::Names { room, symbol, cursor } => self.write_names(cx, room, *symbol, cursor),
            Answer::Who(who) => self.write_who(cx, who),
            Answer::List(list) => self.write_list(cx, list),
            Answer::End { numeric, about, text } => {
                match about {
                    Some(about) => self.reply(cx, *numeric, &[about], *text),
                    None => self.reply(cx, *numeric, &[], *text),
                }
                Progress::Done
            }
        }
    }

    fn write_names(
        &self,
        cx: &mut Cx<'_>,
        room: &[u8],
        symbol: u8,
        cursor: &mut NamesCursor,
    ) -> Progress {
        let mut members: Vec<(Prefix, Roles)> = Vec::with_capacity(PIECE);
        let progress = self.server.hall().read(|realm| {
            cursor.pull(realm, PIECE, |_, user, roles| {
                members.push((user.prefix().clone(), roles));
            })
        });
        let used = b":  353  =  :\r\n".len() + self.server.name().len() + self.nick().len();
        let room_left = LINE_LIMIT.saturating_sub(used + room.len());
        let (mut names, mut name) = (Vec::with_capacity(room_left), Vec::new());
        for (prefix, roles) in &members {
            name.clear();
            put_symbols(*roles, self.caps.has(Cap::MultiPrefix), &mut name);
            let whole = self.caps.has(Cap::UserhostInNames);
            name.extend_from_slice(if whole { prefix.as_bytes() } else { prefix.nick() });
            if !names.is_empty() && names.len() + 1 + name.len() > room_left {
                self.reply(cx, Numeric::RPL_NAMREPLY, &[&[symbol], room], &names);
                names.clear();
            }
            if !names.is_empty() {
                names.push(b' ');
            }
            names.extend_from_slice(&name);
        }
        if !names.is_empty() {
            self.reply(cx, Numeric::RPL_NAMREPLY, &[&[symbol], room], &names);
        }
        progress
    }

    /// Writes a message as it is, without the server's name in front.
    pub(super) fn write_bare(&self, cx: &mut Cx<'_>, message: Message<'_>) {
        let mut line = Vec::with_capacity(LINE_LIMIT);
        if message.truncated().write_line(&mut line).is_ok() {
            cx.write(&line);
        }
    }
}

/// How many places of a long answer are looked at while the realm is held.
pub(super) const PIECE: usize = 64;
