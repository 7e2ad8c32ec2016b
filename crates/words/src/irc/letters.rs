//! The letters and symbols that IRC has for modes and roles, and what 005 says of them.

use ropewalk_irc::{Isupport, IsupportError, ModeTable, ModeTableError};

use crate::{Flag, Fold, MaskList, RealmLimits, Role, Roles, UserMode};

use super::{IrcSettings, encode::ARGUMENTS};

/// Lists, then what always takes an argument, what takes one when set, and flags.
const CHANMODES: &str = "beI,k,l,imnpst";
const PREFIX: &str = "(qaohv)~&@%+";

/// The modes of a channel.
pub(super) fn table() -> Result<ModeTable, ModeTableError> {
    ModeTable::parse(CHANMODES.as_bytes(), PREFIX.as_bytes())
}

/// All letters of channels, as 004 lists them.
pub(super) const CHANNEL_LETTERS: &str = "Iabehiklmnopqstv";
/// Those of them that take an argument.
pub(super) const ARGUMENT_LETTERS: &str = "Iabehkloqv";
/// All letters of users.
pub(super) const USER_LETTERS: &str = "Bio";

pub(super) const fn flag_letter(flag: Flag) -> u8 {
    match flag {
        Flag::InviteOnly => b'i',
        Flag::Moderated => b'm',
        Flag::NoExternal => b'n',
        Flag::TopicLock => b't',
        Flag::Secret => b's',
        Flag::Private => b'p',
    }
}

pub(super) fn flag_of(letter: u8) -> Option<Flag> {
    Flag::ALL.into_iter().find(|flag| flag_letter(*flag) == letter)
}

pub(super) const fn list_letter(list: MaskList) -> u8 {
    match list {
        MaskList::Ban => b'b',
        MaskList::Exception => b'e',
        MaskList::Invitation => b'I',
    }
}

pub(super) const fn list_of(letter: u8) -> Option<MaskList> {
    match letter {
        b'b' => Some(MaskList::Ban),
        b'e' => Some(MaskList::Exception),
        b'I' => Some(MaskList::Invitation),
        _ => None,
    }
}

pub(super) const fn role_letter(role: Role) -> u8 {
    match role {
        Role::Founder => b'q',
        Role::Admin => b'a',
        Role::Operator => b'o',
        Role::HalfOperator => b'h',
        Role::Voice => b'v',
    }
}

pub(super) fn role_of(letter: u8) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role_letter(*role) == letter)
}

const fn role_symbol(role: Role) -> u8 {
    match role {
        Role::Founder => b'~',
        Role::Admin => b'&',
        Role::Operator => b'@',
        Role::HalfOperator => b'%',
        Role::Voice => b'+',
    }
}

/// What stands before a nick: the highest symbol, or all of them (`multi-prefix`).
pub(super) fn put_symbols(roles: Roles, all: bool, out: &mut Vec<u8>) {
    let had = Role::ALL.into_iter().filter(|role| roles.has(*role));
    out.extend(had.map(role_symbol).take(if all { Role::ALL.len() } else { 1 }));
}

pub(super) const fn user_letter(mode: UserMode) -> u8 {
    match mode {
        UserMode::Invisible => b'i',
        UserMode::Operator => b'o',
        UserMode::Bot => b'B',
    }
}

pub(super) fn user_mode_of(letter: u8) -> Option<UserMode> {
    let all = [UserMode::Invisible, UserMode::Operator, UserMode::Bot];
    all.into_iter().find(|mode| user_letter(*mode) == letter)
}

/// What 005 says: each figure is one that the realm keeps to.
pub(super) fn isupport(
    settings: &IrcSettings,
    fold: Fold,
    limits: &RealmLimits,
) -> Result<Isupport, IsupportError> {
    let mut tokens = Isupport::default();
    let mut set = |key: &str, value: &str| {
        tokens.set(key.as_bytes(), (!value.is_empty()).then_some(value.as_bytes()))
    };
    let mapping = match fold {
        Fold::Ascii => "ascii",
        Fold::Rfc1459 => "rfc1459",
    };
    set("AWAYLEN", &limits.away.to_string())?;
    set("BOT", "B")?;
    set("CASEMAPPING", mapping)?;
    set("CHANLIMIT", &format!("#:{}", limits.rooms_per_user))?;
    set("CHANMODES", CHANMODES)?;
    set("CHANNELLEN", &limits.room.to_string())?;
    set("CHANTYPES", "#")?;
    set("ELIST", "CMNTU")?;
    set("EXCEPTS", "e")?;
    set("HOSTLEN", &limits.host.to_string())?;
    set("INVEX", "I")?;
    set("KEYLEN", &limits.key.to_string())?;
    set("KICKLEN", &limits.reason.to_string())?;
    set("MAXLIST", &["b", "e", "I"].map(|list| format!("{list}:{}", limits.masks)).join(","))?;
    set("MODES", &limits.changes.min(ARGUMENTS).to_string())?;
    set("NAMELEN", &limits.realname.to_string())?;
    if !settings.network.is_empty() {
        set("NETWORK", &settings.network)?;
    }
    set("NICKLEN", &limits.nick.to_string())?;
    set("PREFIX", PREFIX)?;
    set("SAFELIST", "")?;
    set("TARGMAX", "INVITE:1,JOIN:,KICK:4,LIST:,NAMES:,NOTICE:4,PART:,PRIVMSG:4,WHOIS:1")?;
    set("TOPICLEN", &limits.topic.to_string())?;
    set("USERLEN", &limits.username.to_string())?;
    Ok(tokens)
}

/// How many targets `PRIVMSG`, `NOTICE` and `KICK` take, as `TARGMAX` says.
pub(super) const TARGETS: usize = 4;

#[cfg(test)]
mod tests {
    use ropewalk_irc::ModeKind;

    use super::*;

    #[test]
    fn every_letter_of_the_table_means_something_and_is_listed() {
        let table = table().unwrap();
        for letter in CHANMODES.bytes().filter(|letter| *letter != b',') {
            let known = flag_of(letter).is_some() || list_of(letter).is_some();
            assert!(known || b"kl".contains(&letter), "{letter}");
            assert!(CHANNEL_LETTERS.as_bytes().contains(&letter));
            let flag = table.kind(letter) == Some(ModeKind::Flag);
            assert_eq!(ARGUMENT_LETTERS.as_bytes().contains(&letter), !flag);
        }
        for (letter, symbol) in table.statuses() {
            assert_eq!(role_of(letter).map(role_symbol), Some(symbol));
            assert!(ARGUMENT_LETTERS.as_bytes().contains(&letter));
        }
        assert!(USER_LETTERS.bytes().all(|letter| user_mode_of(letter).is_some()));
    }
}
