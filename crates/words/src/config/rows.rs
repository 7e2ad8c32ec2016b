//! The keys of the configuration file: one row each.

use std::path::PathBuf;

use ropewalk_irc::HostName;

use crate::Fold;

use super::{
    Config, ReactorChoice,
    read::{Reader, Value},
};

/// One key.
pub(super) struct Row {
    /// The table that it is in, with those around it.
    pub(super) section: &'static str,
    pub(super) key: &'static str,
    /// What it means, for people.
    pub(super) about: &'static str,
    /// The value in a configuration; nothing when there is none.
    pub(super) show: fn(&Config) -> Option<String>,
    /// What a value could be, where the default is none.
    pub(super) example: &'static str,
    pub(super) set: fn(&mut Config, &Value<'_>, &mut Reader<'_>),
}

/// A row whose value is a number within a range.
macro_rules! number {
    ($section:literal $key:literal, $range:expr, $about:literal, $($place:ident).+) => {
        Row {
            section: $section,
            key: $key,
            about: $about,
            show: |config| Some(config.$($place).+.to_string()),
            example: "",
            set: |config, value, reader| {
                if let Some(number) = reader.number(value, $range) {
                    config.$($place).+ = number;
                }
            },
        }
    };
}

/// A row whose value is a number of seconds.
macro_rules! seconds {
    ($section:literal $key:literal, $about:literal, $($place:ident).+) => {
        Row {
            section: $section,
            key: $key,
            about: $about,
            show: |config| Some(config.$($place).+.as_secs().to_string()),
            example: "",
            set: |config, value, reader| {
                if let Some(seconds) = reader.seconds(value) {
                    config.$($place).+ = seconds;
                }
            },
        }
    };
}

/// A row of `process`, which has no value by default.
macro_rules! optional {
    ($section:literal $key:literal, $about:literal, $example:literal, $place:ident) => {
        Row {
            section: $section,
            key: $key,
            about: $about,
            show: |config| {
                let value = config.process.$place.as_ref();
                value.map(|value| quoted(&std::path::Path::new(value).display().to_string()))
            },
            example: $example,
            set: |config, value, reader| {
                config.process.$place = reader.string(value).map(Into::into);
            },
        }
    };
}

const fn row(
    section: &'static str,
    key: &'static str,
    about: &'static str,
    show: fn(&Config) -> Option<String>,
    set: fn(&mut Config, &Value<'_>, &mut Reader<'_>),
) -> Row {
    Row { section, key, about, show, example: "", set }
}

/// Those of one table one after the other.
pub(super) const ROWS: &[Row] = &[
    row(
        "",
        "listen",
        "Where to listen: endpoints such as \"tcp:6667\" (all interfaces) or \"unix:/run/words\".",
        |config| Some(array(&config.listen)),
        |config, value, reader| {
            if let Some(listen) = reader.endpoints(value) {
                config.listen = listen;
            }
        },
    ),
    row(
        "",
        "reactor",
        "What drives connections: \"poll\" or \"async-io\".",
        |config| Some(quoted(config.reactor.name())),
        |config, value, reader| match reader.string(value).map(|name| ReactorChoice::named(&name)) {
            Some(Some(choice)) => config.reactor = choice,
            Some(None) => reader.mistake(value, "it has to be \"poll\" or \"async-io\""),
            None => {}
        },
    ),
    number!("" "threads", 1..=256, "How many threads serve connections.", threads),
    optional!("process" "user", "Whom to become once it listens.", "\"words\"", user),
    optional!("process" "group", "The group to become; that of the user.", "\"words\"", group),
    optional!(
        "process" "pid_file", "A file for the number of the process.",
        "\"/run/words/words.pid\"", pid_file
    ),
    optional!(
        "process" "log_file", "Where to log instead of standard error.",
        "\"/var/log/words.log\"", log_file
    ),
    row(
        "server",
        "name",
        "The server's name, a host name with a dot in it.",
        |config| Some(quoted(&config.irc.name)),
        |config, value, reader| {
            let Some(name) = reader.string(value) else { return };
            match HostName::parse(name.as_bytes()) {
                Ok(_) if name.len() <= 63 => config.irc.name = name,
                Ok(_) => reader.mistake(value, "a name has at most 63 bytes"),
                Err(why) => reader.mistake(value, &why.to_string()),
            }
        },
    ),
    row(
        "server",
        "network",
        "What the network calls itself, in one word.",
        |config| Some(quoted(&config.irc.network)),
        |config, value, reader| {
            let Some(name) = reader.string(value) else { return };
            if name.len() > 64 || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
                return reader.mistake(value, "it has to be one word of at most 64 bytes");
            }
            config.irc.network = name;
        },
    ),
    row(
        "server",
        "motd",
        "The message of the day: a string, or an array with a string for each line.",
        |config| Some(array(&config.irc.motd)),
        |config, value, reader| {
            if let Some(lines) = reader.lines(value) {
                config.irc.motd = lines;
            }
        },
    ),
    Row {
        section: "server",
        key: "motd_file",
        about: "A file with the message of the day, in place of `motd`.",
        show: |config| config.motd_file.as_ref().map(|path| quoted(&path.display().to_string())),
        example: "\"/etc/words/motd\"",
        set: |config, value, reader| {
            config.motd_file = reader.string(value).map(PathBuf::from);
        },
    },
    Row {
        section: "server",
        key: "password",
        about: "What clients have to send with PASS.",
        show: |config| config.irc.password.as_deref().map(quoted),
        example: "\"secret\"",
        set: |config, value, reader| config.irc.password = reader.line(value),
    },
    row(
        "server",
        "admin",
        "Up to three lines about who runs the server.",
        |config| Some(array(&config.irc.admin)),
        |config, value, reader| match reader.lines(value) {
            Some(lines) if lines.len() > 3 => reader.mistake(value, "more than three lines"),
            Some(lines) => config.irc.admin = lines,
            None => {}
        },
    ),
    row(
        "server",
        "casemapping",
        "Which names are the same: \"ascii\", or \"rfc1459\" where also [ and { are.",
        |config| Some(quoted(if config.realm.fold == Fold::Ascii { "ascii" } else { "rfc1459" })),
        |config, value, reader| match reader.string(value).as_deref() {
            Some("ascii") => config.realm.fold = Fold::Ascii,
            Some("rfc1459") => config.realm.fold = Fold::Rfc1459,
            Some(_) => reader.mistake(value, "it has to be \"ascii\" or \"rfc1459\""),
            None => {}
        },
    ),
    number!("limits" "sessions", 1..=100_000_000, "Connections at once.", realm.limits.sessions),
    number!(
        "limits" "per_address", 1..=100_000_000,
        "Connections at once from one IPv4 address, or one IPv6 network of 64 bits.",
        admission.per_address
    ),
    number!(
        "limits" "per_network", 1..=100_000_000,
        "Connections at once from one IPv4 network of 24 bits, or one IPv6 network of 48 bits.",
        admission.per_network
    ),
    row(
        "limits",
        "exempt",
        "Networks from which connections are not limited.",
        |config| {
            let networks = config.admission.exempt.iter().map(ToString::to_string);
            Some(array(&networks.collect::<Vec<_>>()))
        },
        |config, value, reader| {
            let Some(names) = reader.strings(value) else { return };
            let read = |name: &String| name.parse().map_err(|error| format!("{error}"));
            match names.iter().map(read).collect::<Result<_, String>>() {
                Ok(networks) => config.admission.exempt = networks,
                Err(why) => reader.mistake(value, &why),
            }
        },
    ),
    number!(
        "limits" "sendq", 4096..=1_073_741_824,
        "Bytes that may wait to be sent to a client before it is cut off.",
        irc.sendq
    ),
    number!("limits" "rooms", 1..=100_000_000, "Channels at once.", realm.limits.rooms),
    number!(
        "limits" "rooms_per_user", 1..=1000,
        "Channels that one user is in.",
        realm.limits.rooms_per_user
    ),
    number!(
        "limits" "masks", 1..=1000,
        "Masks on one list (bans, exceptions, invitations) of one channel.",
        realm.limits.masks
    ),
    number!(
        "limits" "invitations", 1..=1000,
        "Invitations to one channel that are not taken yet.",
        realm.limits.invitations
    ),
    number!("limits" "changes", 1..=50, "Modes that one MODE changes.", realm.limits.changes),
    number!("limits" "nick", 1..=64, "Bytes of a nick.", realm.limits.nick),
    number!(
        "limits" "username", 2..=32,
        "Bytes of a user name, the ~ counted.",
        realm.limits.username
    ),
    number!("limits" "realname", 1..=200, "Bytes of a real name.", realm.limits.realname),
    number!("limits" "room", 2..=100, "Bytes of a channel's name.", realm.limits.room),
    number!("limits" "topic", 1..=390, "Bytes of a topic.", realm.limits.topic),
    number!("limits" "key", 1..=64, "Bytes of a channel's key.", realm.limits.key),
    number!("limits" "away", 1..=390, "Bytes of an away message.", realm.limits.away),
    number!(
        "limits" "reason", 1..=390,
        "Bytes of the reason of a part, kick or quit.",
        realm.limits.reason
    ),
    number!(
        "limits.flood" "burst", 1..=1_000_000,
        "Lines that a client may send at once.",
        irc.flood.burst
    ),
    number!(
        "limits.flood" "rate", 0..=1_000_000,
        "Lines a second that it may send after that; more wait. 0 for as many as come.",
        irc.flood.rate
    ),
    number!(
        "limits.flood" "pending", 512..=1_048_576,
        "Bytes that may wait for their turn before it is cut off.",
        irc.flood.pending
    ),
    seconds!(
        "timeouts" "registration",
        "Seconds in which a connection has to register.",
        irc.registration
    ),
    seconds!(
        "timeouts" "ping",
        "Seconds of silence after which a client is sent a PING.",
        irc.ping
    ),
    seconds!("timeouts" "pong", "Seconds in which it has to answer.", irc.pong),
];

/// As a basic string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            letter if letter.is_control() => out += &format!("\\u{:04X}", u32::from(letter)),
            letter => out.push(letter),
        }
    }
    out + "\""
}

fn array(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}
