//! A room of many members in which one speaks: the load for chat servers.

use std::io;

use crate::member::{Member, Stage};
use crate::poll::{Interest, Poll};
use crate::socket;

/// What the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// IRC: members register and join `#room`, and the first of them speaks.
    Irc,
    /// IRC too, but all stay outside the room; nobody speaks.
    Lobby,
    /// Whatever the first connection sends goes to all others; it hears nothing itself.
    Raw,
}

/// A room with everyone in it.
pub struct Fanout {
    poll: Poll,
    dialect: Dialect,
    members: Vec<Member>,
    said: u64,
    buffer: Vec<u8>,
}

impl Fanout {
    /// Connects `count` members, the first of which speaks, and waits until all have joined.
    pub fn join(port: u16, count: usize, dialect: Dialect) -> io::Result<Self> {
        let members = Vec::with_capacity(count);
        let buffer = vec![0; 256 * 1024];
        let mut room = Self { poll: Poll::new()?, dialect, members, said: 0, buffer };
        while room.members.len() < count {
            let wave = room.members.len()..count.min(room.members.len() + WAVE);
            for index in wave.clone() {
                room.enter(port, index)?;
            }
            room.settle(Stage::Registered)?;
            if dialect == Dialect::Lobby {
                continue;
            }
            // Together, so that the server can tell the others of many in one write.
            for member in room.members[wave].iter_mut().filter(|m| m.stage < Stage::Joined) {
                member.say(b"JOIN #room\r\n")?;
            }
            room.settle(Stage::Joined)?;
        }
        Ok(room)
    }

    fn enter(&mut self, port: u16, index: usize) -> io::Result<()> {
        let socket = socket::connect(port, index)?;
        self.poll.add(&socket, index, Interest::Read)?;
        let mut member = Member::new(socket);
        match self.dialect {
            Dialect::Irc | Dialect::Lobby => {
                let hello = format!("NICK m{index}\r\nUSER m 0 * :member\r\n");
                member.say(hello.as_bytes())?;
            }
            // The server takes the first connection for the speaker, who need not join.
            Dialect::Raw if index == 0 => member.stage = Stage::Joined,
            Dialect::Raw => member.say(b"joining\n")?,
        }
        self.members.push(member);
        Ok(())
    }

    /// Says `messages`, `burst` at a time; each burst is heard by all before the next.
    pub fn speak(&mut self, messages: u64, burst: u64) -> io::Result<u64> {
        let mut left = messages;
        while left > 0 {
            let count = burst.min(left);
            left -= count;
            let text: String = (self.said..self.said + count).map(|n| self.message(n)).collect();
            self.said += count;
            self.members[0].say(text.as_bytes())?;
            self.hear()?;
        }
        Ok(messages * (self.members.len() as u64 - 1))
    }

    /// Reads until every member has come so far.
    fn settle(&mut self, stage: Stage) -> io::Result<()> {
        let mut waiting = self.members.iter().filter(|member| member.stage < stage).count();
        let mut ready = Vec::new();
        while waiting > 0 {
            self.poll.wait_for_server(&mut ready)?;
            for &index in &ready {
                let member = &mut self.members[index];
                let before = member.stage;
                member.read(self.dialect, &mut self.buffer)?;
                waiting -= usize::from(before < stage && member.stage >= stage);
            }
        }
        Ok(())
    }

    /// Reads until every member has heard all that was said.
    fn hear(&mut self) -> io::Result<()> {
        let mut waiting = self.members.len() - 1;
        let mut ready = Vec::new();
        while waiting > 0 {
            self.poll.wait_for_server(&mut ready)?;
            for &index in &ready {
                let member = &mut self.members[index];
                let before = member.heard;
                member.read(self.dialect, &mut self.buffer)?;
                waiting -= usize::from(member.heard == self.said && before < self.said);
            }
        }
        Ok(())
    }

    /// As it is sent; a raw one has the sender in front already, as IRC servers put it there.
    fn message(&self, number: u64) -> String {
        let prefix = match self.dialect {
            Dialect::Irc | Dialect::Lobby => "",
            Dialect::Raw => ":m0!m@127.0.0.2 ",
        };
        let text = format!("no {number:08} {:x<rest$}", "", rest = TEXT - 12);
        format!("{prefix}PRIVMSG #room :{text}\r\n")
    }
}

/// The length of what is said.
pub(crate) const TEXT: usize = 100;
/// How many join at a time: each join is told to all who are there already.
const WAVE: usize = 1_000;
