//! Which command is whose: the table of all commands.

use ropewalk_irc::{Message, Numeric};

use super::{Cx, Irc};

/// One command: what it takes, and what carries it out.
struct Row {
    name: &'static str,
    /// How many parameters it has at least.
    least: usize,
    when: When,
    run: fn(&mut Irc, &mut Cx<'_>, &Message<'_>),
}

/// When a command may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Always,
    Unregistered,
    Registered,
}

/// The most frequent ones first: they are searched in order.
const COMMANDS: &[Row] = &[
    row("PRIVMSG", 0, When::Registered, Irc::privmsg),
    row("PING", 1, When::Always, Irc::ping),
    row("PONG", 0, When::Always, Irc::pong),
    row("NOTICE", 0, When::Registered, Irc::notice),
    row("JOIN", 1, When::Registered, Irc::join),
    row("PART", 1, When::Registered, Irc::part),
    row("QUIT", 0, When::Always, Irc::quit),
    row("NICK", 0, When::Always, Irc::nickname),
    row("USER", 4, When::Unregistered, Irc::user),
    row("PASS", 1, When::Unregistered, Irc::pass),
    row("CAP", 1, When::Always, Irc::cap),
    row("MODE", 1, When::Registered, Irc::mode),
    row("TOPIC", 1, When::Registered, Irc::topic),
    row("AWAY", 0, When::Registered, Irc::away),
    row("WHO", 0, When::Registered, Irc::who),
    row("WHOIS", 0, When::Registered, Irc::whois),
    row("ISON", 1, When::Registered, Irc::ison),
    row("USERHOST", 1, When::Registered, Irc::userhost),
    row("KICK", 2, When::Registered, Irc::kick),
    row("INVITE", 2, When::Registered, Irc::invite),
    row("LIST", 0, When::Registered, Irc::list_rooms),
    row("NAMES", 0, When::Registered, Irc::names),
    row("MOTD", 0, When::Registered, Irc::motd),
    row("LUSERS", 0, When::Registered, Irc::lusers),
    row("VERSION", 0, When::Registered, Irc::version),
    row("TIME", 0, When::Registered, Irc::time),
    row("INFO", 0, When::Registered, Irc::info),
    row("ADMIN", 0, When::Registered, Irc::admin),
];

const fn row(
    name: &'static str,
    least: usize,
    when: When,
    run: fn(&mut Irc, &mut Cx<'_>, &Message<'_>),
) -> Row {
    Row { name, least, when, run }
}

impl Irc {
    pub(super) fn dispatch(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        let found = COMMANDS.iter().find(|row| message.is(row.name.as_bytes()));
        let Some(row) = found else {
            let numeric = match self.me {
                Some(_) => Numeric::ERR_UNKNOWNCOMMAND,
                None => Numeric::ERR_NOTREGISTERED,
            };
            let text = if self.me.is_some() { "Unknown command" } else { UNREGISTERED };
            return self.reply(cx, numeric, &[message.command], text);
        };
        let name = row.name.as_bytes();
        if row.when == When::Registered && self.me.is_none() {
            self.reply(cx, Numeric::ERR_NOTREGISTERED, &[name], UNREGISTERED);
        } else if row.when == When::Unregistered && self.me.is_some() {
            self.reply(cx, Numeric::ERR_ALREADYREGISTERED, &[], "You may not reregister");
        } else if message.params.len() < row.least {
            self.need_more(cx, name);
        } else {
            (row.run)(self, cx, message);
        }
    }

    pub(super) fn need_more(&self, cx: &mut Cx<'_>, command: &[u8]) {
        self.reply(cx, Numeric::ERR_NEEDMOREPARAMS, &[command], "Not enough parameters");
    }
}

const UNREGISTERED: &str = "You have not registered";
