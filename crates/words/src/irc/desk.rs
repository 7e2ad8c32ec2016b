//! Whose lines are handled next, when there are too many for one turn.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use ropewalk_protocol::Mailbox;
use ropewalk_task::{Policy, Priority, Tag};

use crate::{Delivery, hall::post};

/// Where sessions stand in line with what they have not been able to say.
///
/// A session handles [`LINES`] lines whenever it is offered input; with more it stands in line here,
/// once, and gets another turn when the others in line have had theirs. So those with much to say are
/// served round robin, and share one place in the reactor's queue, however many they are. What is
/// [`Rank::Behind`] always stands in line.
///
/// Whose turn it is is told so by its mailbox, and lets the next one be called. There is a desk for
/// each clone of the factory, which is: for each thread of a reactor.
pub(super) struct Desk {
    /// Held to put one session in line, or to call one.
    state: Mutex<State>,
}

struct State {
    line: Priority<(Ticket, Mailbox<Delivery>)>,
    called: Option<Ticket>,
    next: u64,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Ticket(u64);

/// A place in line. Whoever has heard that it is their turn drops it, so that the next one is called;
/// so does whoever is gone.
#[derive(Debug)]
pub(super) struct Place {
    desk: Arc<Desk>,
    ticket: Ticket,
    since: Instant,
}

/// Who comes first among those in line. Each rank is made up for by waiting [`AGE`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Rank {
    /// What keeps order: PING, PONG, KICK, KILL, QUIT.
    Ahead,
    /// Chat.
    Chat,
    /// What has long answers: LIST, WHO, CHATHISTORY.
    Behind,
}

impl Desk {
    pub(super) fn new() -> Self {
        let state = State { line: Priority::new(AGE), called: None, next: 0 };
        Self { state: Mutex::new(state) }
    }

    /// Stands in line: [`Delivery::Turn`] comes when it is this session's turn.
    pub(super) fn enter(
        self: &Arc<Self>,
        now: Instant,
        rank: Rank,
        mailbox: Mailbox<Delivery>,
    ) -> Place {
        let mut state = self.lock();
        let ticket = Ticket(state.next);
        state.next += 1;
        let tag = Tag { level: rank as u8, ..Tag::default() };
        state.line.push(now, tag, (ticket, mailbox));
        if state.called.is_none() {
            state.call(now);
        }
        Place { desk: Arc::clone(self), ticket, since: now }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that could panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.desk.lock();
        if state.called == Some(self.ticket) {
            state.call(self.since);
        } // else nobody will be there when it is called
    }
}

impl State {
    /// Calls the next one that is still there.
    fn call(&mut self, now: Instant) {
        self.called = None;
        while let Some((ticket, mailbox)) = self.line.pop(now) {
            if post(&mailbox, Delivery::Turn) {
                self.called = Some(ticket);
                return;
            }
        }
    }
}

impl Rank {
    /// By the command of the line that `input` begins with.
    pub(super) fn of(input: &[u8]) -> Self {
        let mut rest = input;
        for first in [b'@', b':'] {
            if rest.first() == Some(&first) {
                let Some(end) = memchr::memchr2(b' ', b'\n', rest) else { return Self::Chat };
                let spaces = rest[end..].iter().take_while(|it| **it == b' ').count();
                rest = &rest[end + spaces..];
            }
        }
        let is = |command: &&str| {
            rest.get(..command.len()).is_some_and(|it| it.eq_ignore_ascii_case(command.as_bytes()))
                && !rest.get(command.len()).is_some_and(u8::is_ascii_alphanumeric)
        };
        match rest.first().map(u8::to_ascii_uppercase) {
            Some(b'P' | b'K' | b'Q') if AHEAD.iter().any(&is) => Self::Ahead,
            Some(b'L' | b'W' | b'C') if BEHIND.iter().any(is) => Self::Behind,
            _ => Self::Chat,
        }
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("waiting", &self.lock().line.len()).finish()
    }
}

/// Lines of a session that are handled in one turn.
pub(super) const LINES: u8 = 16;
/// How long a rank is waited for.
const AGE: Duration = Duration::from_millis(50);

const AHEAD: [&str; 5] = ["PING", "PONG", "KICK", "KILL", "QUIT"];
const BEHIND: [&str; 3] = ["LIST", "WHO", "CHATHISTORY"];

#[cfg(test)]
mod tests {
    use super::Rank;

    #[test]
    fn the_rank_is_that_of_the_first_lines_command() {
        let ranks = [
            ("PING a\r\n", Rank::Ahead),
            ("kick #r bob\r\n", Rank::Ahead),
            ("@id=1 :ada!a@h Quit\r\n", Rank::Ahead),
            ("LIST\r\n", Rank::Behind),
            ("who *", Rank::Behind),
            ("WHOIS ada\r\n", Rank::Chat),
            ("PRIVMSG #r :LIST\r\n", Rank::Chat),
            ("\r\nPING\r\n", Rank::Chat),
            (":\nLIST\r\n", Rank::Chat),
            ("@", Rank::Chat),
            ("", Rank::Chat),
        ];
        for (line, rank) in ranks {
            assert_eq!(Rank::of(line.as_bytes()), rank, "{line:?}");
        }
    }
}
