//! MODE, of channels and of users.

use std::sync::Arc;

use ropewalk_irc::{Message, ModeChange, ModeError, Numeric, Sign, write_modes};

use crate::{Change, Command, MaskList, Outcome, Refusal, User, UserMode};

use super::{
    Cx, Irc, encode,
    letters::{flag_of, list_of, role_of, user_letter, user_mode_of},
};

impl Irc {
    pub(super) fn mode(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        let (target, rest) = (message.params[0], &message.params[1..]);
        if target.starts_with(b"#") {
            self.room_mode(cx, target, rest);
        } else {
            self.user_mode(cx, target, rest);
        }
    }

    fn room_mode(&mut self, cx: &mut Cx<'_>, room: &[u8], rest: &[&[u8]]) {
        let Some((modes, arguments)) = rest.split_first() else {
            return self.write_room_modes(cx, room);
        };
        let limit = self.server.hall().read(|realm| realm.limits().changes);
        let server = self.server.clone();
        let (mut changes, mut letters) = (Vec::new(), Vec::new());
        for change in server.modes().changes(modes, arguments).take(limit) {
            match change {
                Ok(change) if change.is_query() => self.write_mask_list(cx, room, change.letter),
                Ok(change) => match wanted(&change) {
                    Some(wanted) => {
                        changes.push(wanted);
                        letters.push(change);
                    }
                    None => self.bad_argument(cx, room, change.letter, change.argument),
                },
                Err(ModeError::Unknown { letter, .. }) => {
                    let text = "is unknown mode char to me";
                    self.reply(cx, Numeric::ERR_UNKNOWNMODE, &[&[letter]], text);
                }
                Err(
                    ModeError::MissingArgument { letter, .. }
                    | ModeError::BadArgument { letter, .. },
                ) => self.bad_argument(cx, room, letter, None),
                // There are no others so far.
                Err(_) => {}
            }
        }
        if changes.is_empty() {
            return;
        }
        let refused = match self.apply(cx, Command::SetModes { room, changes: &changes }) {
            Ok(applied) => match applied.outcome {
                Outcome::ModesChanged { refused } => refused,
                _ => Vec::new(),
            },
            Err(why) => return self.refused(cx, &why, room, b""),
        };
        let mut said = false;
        for refused in refused {
            // Once is enough: that one is no operator is true of all of them.
            if refused.why == Refusal::NotOperator && std::mem::replace(&mut said, true) {
                continue;
            }
            let change = letters[refused.change];
            self.mode_refused(cx, room, &change, &refused.why);
        }
    }

    fn mode_refused(&self, cx: &mut Cx<'_>, room: &[u8], change: &ModeChange<'_>, why: &Refusal) {
        let argument = change.argument.unwrap_or_default();
        match why {
            Refusal::ListFull { .. } => {
                let words = [room, argument];
                self.reply(cx, Numeric::ERR_BANLISTFULL, &words, "Channel list is full");
            }
            Refusal::Malformed(_) | Refusal::TooLong { .. } => {
                self.bad_argument(cx, room, change.letter, change.argument);
            }
            _ => self.refused(cx, why, room, argument),
        }
    }

    fn bad_argument(&self, cx: &mut Cx<'_>, room: &[u8], letter: u8, argument: Option<&[u8]>) {
        let words = [room, &[letter], argument.unwrap_or(b"*")];
        let text = match argument {
            Some(_) => "Invalid mode parameter",
            None => "You must specify a parameter for this mode",
        };
        self.reply(cx, Numeric::ERR_INVALIDMODEPARAM, &words, text);
    }

    fn write_room_modes(&self, cx: &mut Cx<'_>, name: &[u8]) {
        let Some(me) = &self.me else { return };
        let found = self.server.hall().read(|realm| {
            let (id, room) = realm.room_named(name)?;
            let inside = realm.roles(me.id, id).is_some();
            let changes: Vec<Change> = room.modes().collect();
            realm
                .sees_inside(me.id, id)
                .then(|| (room.name.clone(), changes, inside, room.created()))
        });
        let Some((name, changes, inside, created)) = found else {
            return self.refused(cx, &Refusal::NoSuchRoom, name, b"");
        };
        let limits: Vec<String> = changes.iter().map(encode::limit_text).collect();
        let mut written: Vec<_> = changes
            .iter()
            .zip(&limits)
            .map(|(change, limit)| encode::written(change, limit.as_bytes()))
            .collect();
        for change in written.iter_mut().filter(|change| change.letter == b'k' && !inside) {
            change.argument = None;
        }
        let mut text = Vec::new();
        write_modes(&written, &mut text);
        if text.is_empty() {
            text.push(b'+');
        }
        let mut words: Vec<&[u8]> = vec![&name];
        words.extend(text.split(|byte| *byte == b' '));
        self.reply_words(cx, Numeric::RPL_CHANNELMODEIS, &words);
        let created = created.as_secs().to_string();
        self.reply_words(cx, Numeric::RPL_CREATIONTIME, &[&name, created.as_bytes()]);
    }

    fn write_mask_list(&self, cx: &mut Cx<'_>, name: &[u8], letter: u8) {
        let (Some(me), Some(list)) = (&self.me, list_of(letter)) else { return };
        let found = self.server.hall().read(|realm| {
            let (id, room) = realm.room_named(name)?;
            realm.sees_inside(me.id, id).then(|| (room.name.clone(), room.list(list).to_vec()))
        });
        let Some((name, entries)) = found else {
            return self.refused(cx, &Refusal::NoSuchRoom, name, b"");
        };
        let (row, end, text) = match list {
            MaskList::Ban => {
                (Numeric::RPL_BANLIST, Numeric::RPL_ENDOFBANLIST, "End of channel ban list")
            }
            MaskList::Exception => (
                Numeric::RPL_EXCEPTLIST,
                Numeric::RPL_ENDOFEXCEPTLIST,
                "End of channel exception list",
            ),
            MaskList::Invitation => (
                Numeric::RPL_INVEXLIST,
                Numeric::RPL_ENDOFINVEXLIST,
                "End of channel invite exception list",
            ),
        };
        for entry in &entries {
            let at = entry.at.as_secs().to_string();
            let words = [&*name, entry.mask.as_bytes(), entry.setter.as_bytes(), at.as_bytes()];
            self.reply_words(cx, row, &words);
        }
        self.reply(cx, end, &[&name], text);
    }

    fn user_mode(&mut self, cx: &mut Cx<'_>, nick: &[u8], rest: &[&[u8]]) {
        let Some(me) = &self.me else { return };
        let id = me.id;
        match self.server.hall().read(|realm| realm.user_named(nick).map(|(id, _)| id)) {
            None => return self.refused(cx, &Refusal::NoSuchNick, nick, b""),
            Some(other) if other != id => {
                let text = "Can't change or view modes of other users";
                return self.reply(cx, Numeric::ERR_USERSDONTMATCH, &[], text);
            }
            Some(_) => {}
        }
        let Some(modes) = rest.first() else {
            let modes = self.server.hall().read(|realm| realm.user(id).map(User::modes));
            let mut text = vec![b'+'];
            text.extend(modes.iter().flat_map(|modes| modes.iter()).map(user_letter));
            return self.reply_words(cx, Numeric::RPL_UMODEIS, &[&text]);
        };
        let (mut set, mut unknown) = (true, false);
        for &letter in *modes {
            match (letter, user_mode_of(letter)) {
                (b'+' | b'-', _) => set = letter == b'+',
                // Nobody makes themselves an operator; that it did not happen says enough.
                (_, Some(UserMode::Operator)) if set => {}
                (_, Some(mode)) => {
                    // What cannot be refused for another reason needs no answer.
                    let _ = self.apply(cx, Command::SetUserMode { mode, set });
                }
                (_, None) => unknown = true,
            }
        }
        if unknown {
            self.reply(cx, Numeric::ERR_UMODEUNKNOWNFLAG, &[], "Unknown MODE flag");
        }
    }
}

/// What a change means to the realm; nothing where its argument is none.
fn wanted(change: &ModeChange<'_>) -> Option<Change> {
    let set = change.sign == Sign::Plus;
    let letter = change.letter;
    if let Some(flag) = flag_of(letter) {
        return Some(if set { Change::Set(flag) } else { Change::Clear(flag) });
    }
    let argument: Arc<[u8]> = change.argument.unwrap_or_default().into();
    if let Some(list) = list_of(letter) {
        return Some(if set {
            Change::Add(list, argument)
        } else {
            Change::Remove(list, argument)
        });
    }
    if let Some(role) = role_of(letter) {
        return Some(if set {
            Change::Grant(role, argument)
        } else {
            Change::Revoke(role, argument)
        });
    }
    match (letter, set) {
        (b'k', true) => Some(Change::SetKey(argument)),
        (b'k', false) => Some(Change::ClearKey),
        (b'l', true) => {
            let limit: u32 = str::from_utf8(&argument).ok()?.parse().ok()?;
            (limit > 0).then_some(Change::SetLimit(limit))
        }
        (b'l', false) => Some(Change::ClearLimit),
        _ => None,
    }
}
