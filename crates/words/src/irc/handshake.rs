//! From a connection to a user: CAP, PASS, NICK, USER, and the welcome.

use ropewalk_irc::{LINE_LIMIT, Message, Numeric, truncate_text};

use crate::{Command, Outcome, Refusal, Registration};

use super::{Cap, Caps, Cx, Irc, Me, letters, server::host_of};

/// What a client said of itself before it was registered.
#[derive(Debug, Default)]
pub(super) struct Handshake {
    nick: Option<Box<[u8]>>,
    username: Option<Box<[u8]>>,
    realname: Box<[u8]>,
    password: Option<Box<[u8]>>,
    /// Capabilities are being negotiated: registration waits for `CAP END`.
    negotiating: bool,
}

impl Handshake {
    /// The nick that replies address.
    pub(super) fn nick(&self) -> &[u8] {
        self.nick.as_deref().unwrap_or(b"*")
    }
}

impl Irc {
    pub(super) fn pass(&mut self, _: &mut Cx<'_>, message: &Message<'_>) {
        if let Some(handshake) = &mut self.handshake {
            handshake.password = Some(message.params[0].into());
        }
    }

    pub(super) fn user(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        let Some(handshake) = &mut self.handshake else { return };
        handshake.username = Some(message.params[0].into());
        handshake.realname = message.params[3].into();
        self.register(cx);
    }

    pub(super) fn nickname(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        let Some(nick) = message.params.first().copied().filter(|nick| !nick.is_empty()) else {
            return self.reply(cx, Numeric::ERR_NONICKNAMEGIVEN, &[], "No nickname given");
        };
        if self.me.is_some() {
            if let Err(why) = self.apply(cx, Command::Rename { nick }) {
                self.refused(cx, &why, nick, b"");
            }
            return;
        }
        if let Err(why) = self.server.hall().read(|realm| realm.check_nick(nick)) {
            return self.refused(cx, &why, nick, b"");
        }
        if let Some(handshake) = &mut self.handshake {
            handshake.nick = Some(nick.into());
        }
        self.register(cx);
    }

    /// Becomes a user, once everything for it was said.
    fn register(&mut self, cx: &mut Cx<'_>) {
        let Some(handshake) = self.handshake.take() else { return };
        let (Some(nick), Some(username), false) =
            (&handshake.nick, &handshake.username, handshake.negotiating)
        else {
            self.handshake = Some(handshake);
            return;
        };
        let wanted = self.settings().password.as_deref().map(str::as_bytes);
        if wanted.is_some_and(|wanted| handshake.password.as_deref() != Some(wanted)) {
            self.reply(cx, Numeric::ERR_PASSWDMISMATCH, &[], "Password incorrect");
            return self.end(cx, "Bad Password");
        }
        let host = host_of(&cx.peer().address);
        let (user_limit, real_limit) = self.server.hall().read(|realm| {
            let limits = realm.limits();
            (limits.username, limits.realname)
        });
        let username = user_name(username, user_limit);
        let realname = truncate_text(&handshake.realname, real_limit);
        let who = Registration { nick, username: &username, host: host.as_bytes(), realname };
        match self.apply(cx, Command::Register(who)) {
            Ok(applied) => {
                if let Outcome::Registered(id) = applied.outcome {
                    self.welcome(cx, id);
                }
            }
            Err(why) => {
                let nick = nick.clone();
                // Only the nick can still be wrong: it may have been taken meanwhile.
                self.handshake = Some(handshake);
                self.refused(cx, &why, &nick, b"");
                if let Some(handshake) = &mut self.handshake {
                    handshake.nick = None;
                }
                if !matches!(why, Refusal::NickInUse) {
                    self.end(cx, "Registration refused");
                }
            }
        }
    }

    fn welcome(&mut self, cx: &mut Cx<'_>, id: crate::UserId) {
        let prefix = self.server.hall().read(|realm| realm.user(id).map(|it| it.prefix().clone()));
        let Some(prefix) = prefix else { return };
        let settings = self.settings().clone();
        let who = String::from_utf8_lossy(prefix.as_bytes()).into_owned();
        tracing::debug!(user = %who, "registered");
        self.me = Some(Me { id, prefix });
        let (name, network) = (&settings.name, &settings.network);
        let text = format!("Welcome to the {network} IRC network, {who}");
        self.reply(cx, Numeric::RPL_WELCOME, &[], text);
        let text = format!("Your host is {name}, running version {VERSION}");
        self.reply(cx, Numeric::RPL_YOURHOST, &[], text);
        let text = format!("This server was started on {}", self.server.created());
        self.reply(cx, Numeric::RPL_CREATED, &[], text);
        self.reply_words(
            cx,
            Numeric::RPL_MYINFO,
            &[
                name.as_bytes(),
                VERSION.as_bytes(),
                letters::USER_LETTERS.as_bytes(),
                letters::CHANNEL_LETTERS.as_bytes(),
                letters::ARGUMENT_LETTERS.as_bytes(),
            ],
        );
        self.write_isupport(cx);
        self.write_lusers(cx);
        self.write_motd(cx);
    }

    pub(super) fn write_isupport(&self, cx: &mut Cx<'_>) {
        let text = b"are supported by this server";
        let used = b":  005  :\r\n".len() + self.server.name().len() + self.nick().len();
        for tokens in self.server.isupport().lines(LINE_LIMIT - used - text.len()) {
            self.reply(cx, Numeric::RPL_ISUPPORT, &tokens, text);
        }
    }

    pub(super) fn cap(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        let verb = message.params[0].to_ascii_uppercase();
        let list = message.params.get(1).copied().unwrap_or_default();
        match &*verb {
            b"LS" => {
                self.negotiate(true);
                let version = str::from_utf8(list).ok().and_then(|text| text.parse::<u32>().ok());
                if version.is_some_and(|version| version >= 302) {
                    self.caps = self.caps.with(Cap::News);
                }
                let all = Cap::ALL.into_iter().fold(Caps::default(), Caps::with);
                self.reply_cap(cx, b"LS", all.names().as_bytes());
            }
            b"LIST" => self.reply_cap(cx, b"LIST", self.caps.names().as_bytes()),
            b"REQ" => {
                self.negotiate(true);
                match self.caps.requested(list) {
                    Some(caps) => {
                        self.caps = caps;
                        self.reply_cap(cx, b"ACK", list);
                    }
                    None => self.reply_cap(cx, b"NAK", list),
                }
            }
            b"END" => {
                self.negotiate(false);
                self.register(cx);
            }
            _ => {
                let text = "Invalid CAP command";
                self.reply(cx, Numeric::ERR_INVALIDCAPCMD, &[message.params[0]], text);
            }
        }
    }

    fn negotiate(&mut self, negotiating: bool) {
        if let Some(handshake) = &mut self.handshake {
            handshake.negotiating = negotiating;
        }
    }

    fn reply_cap(&self, cx: &mut Cx<'_>, verb: &[u8], caps: &[u8]) {
        self.write(cx, Message::new(b"CAP").param(self.nick()).param(verb).trailing(caps));
    }
}

/// What a client gave as its user name, as it can stand in a prefix. Nobody checked it, as the
/// `~` says.
fn user_name(given: &[u8], limit: usize) -> Vec<u8> {
    let good = |byte: &u8| *byte > b' ' && *byte != 0x7f && !matches!(byte, b'!' | b'@' | b':');
    let given: Vec<u8> = given.iter().copied().filter(good).collect();
    let name = if given.is_empty() { b"user" } else { &*given };
    [b"~", truncate_text(name, limit.saturating_sub(1))].concat()
}

/// The program's version, as 002, 004 and `VERSION` give it.
pub(super) const VERSION: &str = concat!("words-", env!("CARGO_PKG_VERSION"));
