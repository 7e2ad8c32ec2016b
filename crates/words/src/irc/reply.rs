//! Lines from the server to one client.

use ropewalk_irc::{LINE_LIMIT, Message, Numeric, truncate_text};

use crate::{Field, Refusal};

use super::{Cx, Irc};

impl Irc {
    /// Writes a message from the server; what does not fit at its end is cut.
    pub(super) fn write(&self, cx: &mut Cx<'_>, message: Message<'_>) {
        let message = message.prefix(self.server.name().as_bytes()).truncated();
        let mut line = Vec::with_capacity(LINE_LIMIT);
        if message.write_line(&mut line).is_ok() {
            cx.write(&line);
        }
    }

    /// Writes a numeric: the words after the client's nick, then a text.
    ///
    /// Words may be what the client sent; whatever could not stand there is cut or replaced.
    pub(super) fn reply(
        &self,
        cx: &mut Cx<'_>,
        numeric: Numeric,
        words: &[&[u8]],
        text: impl AsRef<[u8]>,
    ) {
        let start = Message::reply(numeric).param(self.nick());
        let message = words.iter().fold(start, |message, given| message.param(word(given)));
        self.write(cx, message.trailing(text.as_ref()));
    }

    /// Writes a numeric that has no text.
    pub(super) fn reply_words(&self, cx: &mut Cx<'_>, numeric: Numeric, words: &[&[u8]]) {
        let start = Message::reply(numeric).param(self.nick());
        self.write(cx, words.iter().fold(start, |message, given| message.param(word(given))));
    }

    /// Says why the realm did not do what was asked. `about` is what it is about: a room, a nick;
    /// `other` the second word of the numerics that have two.
    pub(super) fn refused(&self, cx: &mut Cx<'_>, why: &Refusal, about: &[u8], other: &[u8]) {
        let (numeric, text) = numeric(why);
        let sentence = match text {
            "" => capitalised(&why.to_string()),
            text => text.to_owned(),
        };
        match *why {
            Refusal::TheyAreNotInRoom | Refusal::AlreadyInRoom => {
                self.reply(cx, numeric, &[other, about], sentence);
            }
            Refusal::NoSuchNick if !other.is_empty() => {
                self.reply(cx, numeric, &[other], sentence);
            }
            _ => self.reply(cx, numeric, &[about], sentence),
        }
    }
}

fn numeric(why: &Refusal) -> (Numeric, &'static str) {
    match why {
        Refusal::NotRegistered => (Numeric::ERR_NOTREGISTERED, "You have not registered"),
        Refusal::AlreadyRegistered => (Numeric::ERR_ALREADYREGISTERED, "You may not reregister"),
        Refusal::NickInUse => (Numeric::ERR_NICKNAMEINUSE, "Nickname is already in use"),
        Refusal::NoSuchNick => (Numeric::ERR_NOSUCHNICK, "No such nick"),
        Refusal::NoSuchRoom => (Numeric::ERR_NOSUCHCHANNEL, "No such channel"),
        Refusal::NotInRoom => (Numeric::ERR_NOTONCHANNEL, "You're not on that channel"),
        Refusal::TheyAreNotInRoom => (Numeric::ERR_USERNOTINCHANNEL, "They aren't on that channel"),
        Refusal::AlreadyInRoom => (Numeric::ERR_USERONCHANNEL, "is already on channel"),
        Refusal::NotOperator => (Numeric::ERR_CHANOPRIVSNEEDED, "You're not a channel operator"),
        Refusal::Outranked => (Numeric::ERR_CHANOPRIVSNEEDED, "They have a higher status than you"),
        Refusal::Banned => (Numeric::ERR_BANNEDFROMCHAN, "Cannot join channel (+b)"),
        Refusal::InviteOnly => (Numeric::ERR_INVITEONLYCHAN, "Cannot join channel (+i)"),
        Refusal::BadKey => (Numeric::ERR_BADCHANNELKEY, "Cannot join channel (+k)"),
        Refusal::RoomFull => (Numeric::ERR_CHANNELISFULL, "Cannot join channel (+l)"),
        Refusal::CannotSend => (Numeric::ERR_CANNOTSENDTOCHAN, "Cannot send to channel"),
        Refusal::TooManyRooms { .. } => {
            (Numeric::ERR_TOOMANYCHANNELS, "You have joined too many channels")
        }
        Refusal::ListFull { .. } => (Numeric::ERR_BANLISTFULL, "Channel list is full"),
        Refusal::Malformed(Field::Nick) | Refusal::TooLong { field: Field::Nick, .. } => {
            (Numeric::ERR_ERRONEUSNICKNAME, "Erroneous nickname")
        }
        Refusal::Malformed(Field::Room) | Refusal::TooLong { field: Field::Room, .. } => {
            (Numeric::ERR_NOSUCHCHANNEL, "No such channel")
        }
        Refusal::Malformed(Field::Key) | Refusal::TooLong { field: Field::Key, .. } => {
            (Numeric::ERR_INVALIDKEY, "Key is not well-formed")
        }
        // The rest has no numeric of its own, and says itself what it is.
        _ => (Numeric::ERR_UNKNOWNERROR, ""),
    }
}

/// What can stand as one word in a reply.
fn word(given: &[u8]) -> &[u8] {
    let word = given.split(|byte| *byte == b' ').next().unwrap_or_default();
    let word = truncate_text(word, LONGEST_WORD);
    if word.is_empty() || word[0] == b':' { b"*" } else { word }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Longer than any name: what is cut here is something that does not exist.
const LONGEST_WORD: usize = 128;
