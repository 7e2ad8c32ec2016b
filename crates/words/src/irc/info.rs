//! What the server says about itself: MOTD, LUSERS, VERSION, TIME, INFO, ADMIN.

use ropewalk_irc::{Message, Numeric};

use crate::Calendar;

use super::{Cx, Irc, handshake::VERSION};

impl Irc {
    pub(super) fn motd(&mut self, cx: &mut Cx<'_>, _: &Message<'_>) {
        self.write_motd(cx);
    }

    pub(super) fn write_motd(&self, cx: &mut Cx<'_>) {
        let lines = &self.settings().motd;
        if lines.is_empty() {
            return self.reply(cx, Numeric::ERR_NOMOTD, &[], "There is no message of the day");
        }
        let text = format!("- {} Message of the day - ", self.server.name());
        self.reply(cx, Numeric::RPL_MOTDSTART, &[], text);
        for line in lines {
            self.reply(cx, Numeric::RPL_MOTD, &[], format!("- {line}"));
        }
        self.reply(cx, Numeric::RPL_ENDOFMOTD, &[], "End of /MOTD command");
    }

    pub(super) fn lusers(&mut self, cx: &mut Cx<'_>, _: &Message<'_>) {
        self.write_lusers(cx);
    }

    pub(super) fn write_lusers(&self, cx: &mut Cx<'_>) {
        let counts = self.server.hall().read(crate::Realm::counts);
        let (users, most) = (counts.users, counts.most_users);
        let visible = users - counts.invisible;
        let invisible = counts.invisible;
        let text = format!("There are {visible} users and {invisible} invisible on 1 servers");
        self.reply(cx, Numeric::RPL_LUSERCLIENT, &[], text);
        let rows = [
            (Numeric::RPL_LUSEROP, counts.operators, "operator(s) online"),
            (Numeric::RPL_LUSERUNKNOWN, counts.unregistered, "unknown connection(s)"),
            (Numeric::RPL_LUSERCHANNELS, counts.rooms, "channels formed"),
        ];
        for (numeric, count, text) in rows.into_iter().filter(|(_, count, _)| *count > 0) {
            self.reply(cx, numeric, &[count.to_string().as_bytes()], text);
        }
        let text = format!("I have {users} clients and 0 servers");
        self.reply(cx, Numeric::RPL_LUSERME, &[], text);
        let (now, max) = (users.to_string(), most.to_string());
        let words = [now.as_bytes(), max.as_bytes()];
        let text = format!("Current local users {users}, max {most}");
        self.reply(cx, Numeric::RPL_LOCALUSERS, &words, text);
        let text = format!("Current global users {users}, max {most}");
        self.reply(cx, Numeric::RPL_GLOBALUSERS, &words, text);
    }

    pub(super) fn version(&mut self, cx: &mut Cx<'_>, _: &Message<'_>) {
        let words = [VERSION.as_bytes(), self.server.name().as_bytes()];
        self.reply(cx, Numeric::RPL_VERSION, &words, DESCRIPTION);
        self.write_isupport(cx);
    }

    pub(super) fn time(&mut self, cx: &mut Cx<'_>, _: &Message<'_>) {
        let now = self.server.hall().time(cx.now());
        let seconds = now.as_secs().to_string();
        let words = [self.server.name().as_bytes(), seconds.as_bytes()];
        self.reply(cx, Numeric::RPL_TIME, &words, Calendar::from(now).long());
    }

    pub(super) fn info(&mut self, cx: &mut Cx<'_>, _: &Message<'_>) {
        self.reply(cx, Numeric::RPL_INFO, &[], format!("{VERSION}: {DESCRIPTION}"));
        let started = format!("Running since {}", self.server.created());
        self.reply(cx, Numeric::RPL_INFO, &[], started);
        self.reply(cx, Numeric::RPL_ENDOFINFO, &[], "End of /INFO list");
    }

    pub(super) fn admin(&mut self, cx: &mut Cx<'_>, _: &Message<'_>) {
        let (name, lines) = (self.server.name().as_bytes(), &self.settings().admin);
        if lines.is_empty() {
            let text = "No administrative info available";
            return self.reply(cx, Numeric::ERR_NOADMININFO, &[name], text);
        }
        self.reply(cx, Numeric::RPL_ADMINME, &[name], "Administrative info");
        let numerics = [Numeric::RPL_ADMINLOC1, Numeric::RPL_ADMINLOC2, Numeric::RPL_ADMINEMAIL];
        for (numeric, line) in numerics.into_iter().zip(lines) {
            self.reply(cx, numeric, &[], line);
        }
    }
}

const DESCRIPTION: &str = "a chat server on Ropewalk";
