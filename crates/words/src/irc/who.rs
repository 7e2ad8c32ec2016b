//! WHO, WHOIS, ISON, USERHOST: who somebody is.

use std::sync::Arc;

use ropewalk_irc::{LINE_LIMIT, Message, Numeric};

use crate::{
    NamesCursor, Prefix, Progress, Refusal, Roles, Timestamp, User, UserMode, UserModes,
    UsersCursor,
};

use super::{Answer, Cap, Cx, Irc, answers::PIECE, letters::put_symbols, rooms::list};

/// A WHO that is being answered.
#[derive(Debug)]
pub(super) struct Who {
    source: Source,
    operators_only: bool,
}

#[derive(Debug)]
enum Source {
    Room { name: Arc<[u8]>, cursor: NamesCursor },
    Users(UsersCursor),
}

/// What a reply shows of a user.
struct Shown {
    prefix: Prefix,
    realname: Arc<[u8]>,
    away: Option<Arc<[u8]>>,
    modes: UserModes,
    roles: Roles,
}

impl Shown {
    fn of(user: &User, roles: Roles) -> Self {
        Self {
            prefix: user.prefix.clone(),
            realname: user.realname.clone(),
            away: user.away.clone(),
            modes: user.modes,
            roles,
        }
    }
}

impl Irc {
    pub(super) fn who(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        let Some(me) = &self.me else { return };
        let asked = message.params.first().copied().unwrap_or_default();
        let mask = if asked.is_empty() || asked == b"0" { b"*" } else { asked };
        let operators_only = message.params.get(1).is_some_and(|flags| flags.starts_with(b"o"));
        let source = self.server.hall().read(|realm| {
            if !mask.starts_with(b"#") {
                return Some(Source::Users(realm.users(me.id, mask)));
            }
            let (_, room) = realm.room_named(mask)?;
            let cursor = realm.names(me.id, mask)?;
            Some(Source::Room { name: room.name.clone(), cursor })
        });
        let known = self.server.hall().read(|realm| {
            let (_, user) = realm.user_named(mask)?;
            Some(Shown::of(user, Roles::default()))
        });
        // A nick is known by whoever asks for it, also where a walk would not show it.
        if let Some(shown) = known {
            if !operators_only || shown.modes.has(UserMode::Operator) {
                self.write_who_row(cx, b"*", &shown);
            }
        } else if let Some(source) = source {
            self.answer(cx, Answer::Who(Box::new(Who { source, operators_only })));
        }
        let about = if asked.is_empty() { b"*" } else { asked };
        self.end_answer(cx, Numeric::RPL_ENDOFWHO, about, "End of WHO list");
    }

    pub(super) fn write_who(&self, cx: &mut Cx<'_>, who: &mut Who) -> Progress {
        let Who { source, operators_only } = who;
        let mut rows = Vec::new();
        let progress = self.server.hall().read(|realm| match source {
            Source::Room { cursor, .. } => cursor.pull(realm, PIECE, |_, user, roles| {
                rows.push(Shown::of(user, roles));
            }),
            Source::Users(cursor) => cursor.pull(realm, PIECE, |_, user| {
                rows.push(Shown::of(user, Roles::default()));
            }),
        });
        let room = match source {
            Source::Room { name, .. } => &**name,
            Source::Users(_) => b"*",
        };
        let wanted = |row: &&Shown| !*operators_only || row.modes.has(UserMode::Operator);
        for row in rows.iter().filter(wanted) {
            self.write_who_row(cx, room, row);
        }
        progress
    }

    fn write_who_row(&self, cx: &mut Cx<'_>, room: &[u8], row: &Shown) {
        let mut flags = vec![if row.away.is_some() { b'G' } else { b'H' }];
        if row.modes.has(UserMode::Operator) {
            flags.push(b'*');
        }
        put_symbols(row.roles, self.caps.has(Cap::MultiPrefix), &mut flags);
        if row.modes.has(UserMode::Bot) {
            flags.push(b'B');
        }
        let (prefix, server) = (&row.prefix, self.server.name().as_bytes());
        let words =
            [room, prefix.username(), prefix.host(), server, prefix.nick(), flags.as_slice()];
        self.reply(cx, Numeric::RPL_WHOREPLY, &words, [b"0 ", &*row.realname].concat());
    }

    pub(super) fn whois(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        // With two parameters the first is a server, of which there is one.
        let asked =
            message.params.get(1).or_else(|| message.params.first()).copied().unwrap_or_default();
        let nick = list(asked).next().unwrap_or_default();
        if nick.is_empty() {
            return self.reply(cx, Numeric::ERR_NONICKNAMEGIVEN, &[], "No nickname given");
        }
        self.write_whois(cx, nick);
        self.reply(cx, Numeric::RPL_ENDOFWHOIS, &[nick], "End of /WHOIS list");
    }

    fn write_whois(&self, cx: &mut Cx<'_>, nick: &[u8]) {
        let Some(me) = &self.me else { return };
        let found = self.server.hall().read(|realm| {
            let (id, user) = realm.user_named(nick)?;
            let rooms = realm.rooms_of(me.id, id);
            let rooms: Vec<_> = rooms.map(|(_, room, roles)| (room.name.clone(), roles)).collect();
            let times = (user.active(), user.since());
            Some((Shown::of(user, Roles::default()), rooms, times))
        });
        let Some((shown, rooms, (active, since))) = found else {
            return self.refused(cx, &Refusal::NoSuchNick, nick, b"");
        };
        let (prefix, server) = (&shown.prefix, self.server.name().as_bytes());
        let nick = prefix.nick();
        let words = [nick, prefix.username(), prefix.host(), b"*"];
        self.reply(cx, Numeric::RPL_WHOISUSER, &words, &shown.realname);
        self.write_whois_rooms(cx, nick, &rooms);
        self.reply(cx, Numeric::RPL_WHOISSERVER, &[nick, server], &self.settings().network);
        if let Some(away) = &shown.away {
            self.reply(cx, Numeric::RPL_AWAY, &[nick], away);
        }
        if shown.modes.has(UserMode::Operator) {
            self.reply(cx, Numeric::RPL_WHOISOPERATOR, &[nick], "is an IRC operator");
        }
        if shown.modes.has(UserMode::Bot) {
            self.reply(cx, Numeric::RPL_WHOISBOT, &[nick], "is a bot");
        }
        self.write_idle(cx, nick, active, since);
    }

    fn write_idle(&self, cx: &mut Cx<'_>, nick: &[u8], active: Timestamp, since: Timestamp) {
        let idle = self.server.hall().time(cx.now()).since(active).as_secs().to_string();
        let since = since.as_secs().to_string();
        let words = [nick, idle.as_bytes(), since.as_bytes()];
        self.reply(cx, Numeric::RPL_WHOISIDLE, &words, "seconds idle, signon time");
    }

    fn write_whois_rooms(&self, cx: &mut Cx<'_>, nick: &[u8], rooms: &[(Arc<[u8]>, Roles)]) {
        let words = rooms.iter().map(|(name, roles)| {
            let mut word = Vec::new();
            put_symbols(*roles, self.caps.has(Cap::MultiPrefix), &mut word);
            word.extend_from_slice(name);
            word
        });
        let used = self.server.name().len() + self.nick().len() + nick.len();
        let room = LINE_LIMIT.saturating_sub(used + b":  319   :\r\n".len());
        for text in joined(words, room) {
            self.reply(cx, Numeric::RPL_WHOISCHANNELS, &[nick], text);
        }
    }

    pub(super) fn ison(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        let found: Vec<Vec<u8>> = self.server.hall().read(|realm| {
            let known = words(message).filter_map(|nick| realm.user_named(nick));
            known.map(|(_, user)| user.nick().to_vec()).collect()
        });
        self.reply(cx, Numeric::RPL_ISON, &[], found.join(&b' '));
    }

    pub(super) fn userhost(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        let found: Vec<Vec<u8>> = self.server.hall().read(|realm| {
            let known = words(message).take(5).filter_map(|nick| realm.user_named(nick));
            known.map(|(_, user)| user_host(user)).collect()
        });
        self.reply(cx, Numeric::RPL_USERHOST, &[], found.join(&b' '));
    }
}

/// `nick*=+user@host` (RFC 2812, section 4.8).
fn user_host(user: &User) -> Vec<u8> {
    let star: &[u8] = if user.modes.has(UserMode::Operator) { b"*" } else { b"" };
    let away: &[u8] = if user.away.is_some() { b"=-" } else { b"=+" };
    let prefix = &user.prefix;
    [prefix.nick(), star, away, prefix.username(), b"@", prefix.host()].concat()
}

/// The words of all parameters.
fn words<'a>(message: &'a Message<'_>) -> impl Iterator<Item = &'a [u8]> {
    let words = message.params.iter().flat_map(|param| param.split(|byte| *byte == b' '));
    words.filter(|word| !word.is_empty())
}

/// Words with spaces between, as many texts as it takes for none to be longer than `room`.
fn joined(words: impl Iterator<Item = Vec<u8>>, room: usize) -> Vec<Vec<u8>> {
    let mut texts: Vec<Vec<u8>> = Vec::new();
    for word in words {
        match texts.last_mut() {
            Some(text) if text.len() + 1 + word.len() <= room => {
                text.push(b' ');
                text.extend_from_slice(&word);
            }
            _ => texts.push(word),
        }
    }
    texts
}
