//! The vectors of ircdocs, in `tests/data/irc-parser-tests`.

use std::collections::BTreeMap;

use ropewalk_irc::{Casemapping, HostName, Mask, Message, Prefix, TagsBuf};
use serde::{Deserialize, de::DeserializeOwned};

#[derive(Deserialize)]
struct File<T> {
    tests: Vec<T>,
}

#[derive(Deserialize)]
struct Atoms {
    #[serde(default)]
    tags: BTreeMap<String, String>,
    source: Option<String>,
    verb: String,
    #[serde(default)]
    params: Vec<String>,
}

#[derive(Deserialize)]
struct Split {
    input: String,
    atoms: Atoms,
}

#[derive(Deserialize)]
struct Join {
    atoms: Atoms,
    matches: Vec<String>,
}

#[derive(Deserialize)]
struct MaskMatch {
    mask: String,
    matches: Vec<String>,
    fails: Vec<String>,
}

#[derive(Deserialize)]
struct Userhost {
    source: String,
    atoms: UserhostAtoms,
}

#[derive(Deserialize)]
struct UserhostAtoms {
    nick: String,
    user: Option<String>,
    host: Option<String>,
}

#[derive(Deserialize)]
struct Host {
    host: String,
    valid: bool,
}

#[test]
fn msg_split() {
    let tests = vectors::<Split>(include_str!("../data/irc-parser-tests/msg-split.json"));
    for Split { input, atoms } in tests {
        let message = Message::parse(input.as_bytes()).unwrap();
        assert_eq!(message.command, atoms.verb.as_bytes(), "{input}");
        let source = message.prefix.map(|prefix| text(prefix.as_bytes()));
        assert_eq!(source, atoms.source, "{input}");
        let params: Vec<_> = message.params.iter().map(|param| text(param)).collect();
        assert_eq!(params, atoms.params, "{input}");
        let tags: BTreeMap<_, _> =
            message.tags.iter().map(|tag| (text(tag.key), text(&tag.value()))).collect();
        assert_eq!(tags, atoms.tags, "{input}");
        for (key, value) in &atoms.tags {
            let found = message.tags.get(key.as_bytes());
            assert_eq!(found.as_deref(), Some(value.as_bytes()), "{input}");
        }
    }
}

#[test]
fn msg_join() {
    let tests = vectors::<Join>(include_str!("../data/irc-parser-tests/msg-join.json"));
    for Join { atoms, matches } in tests {
        let mut tags = TagsBuf::default();
        for (key, value) in &atoms.tags {
            tags.push(key.as_bytes(), value.as_bytes()).unwrap();
        }
        let mut message = Message::new(atoms.verb.as_bytes()).tags(tags.as_tags());
        if let Some(source) = &atoms.source {
            message = message.prefix(source.as_bytes());
        }
        for param in &atoms.params {
            message = message.param(param.as_bytes());
        }
        let mut out = Vec::new();
        message.write(&mut out).unwrap();
        let out = text(&out);
        assert!(matches.contains(&out), "{out} is none of {matches:?}");
    }
}

#[test]
fn mask_match() {
    let tests = vectors::<MaskMatch>(include_str!("../data/irc-parser-tests/mask-match.json"));
    for MaskMatch { mask, matches, fails } in tests {
        let compiled = Mask::new(mask.as_bytes());
        for text in matches {
            assert!(compiled.matches(text.as_bytes(), Casemapping::Rfc1459), "{mask} {text}");
        }
        for text in fails {
            assert!(!compiled.matches(text.as_bytes(), Casemapping::Rfc1459), "{mask} {text}");
        }
    }
}

#[test]
fn userhost_split() {
    let tests = vectors::<Userhost>(include_str!("../data/irc-parser-tests/userhost-split.json"));
    for Userhost { source, atoms } in tests {
        let prefix = Prefix::new(source.as_bytes());
        assert_eq!(text(prefix.name()), atoms.nick, "{source}");
        assert_eq!(prefix.user().map(text), atoms.user, "{source}");
        assert_eq!(prefix.host().map(text), atoms.host, "{source}");
    }
}

#[test]
fn validate_hostname() {
    let tests = vectors::<Host>(include_str!("../data/irc-parser-tests/validate-hostname.json"));
    for Host { host, valid } in tests {
        assert_eq!(HostName::parse(host.as_bytes()).is_ok(), valid, "{host:?}");
    }
}

/// The vectors of one file, of which there are some.
fn vectors<T: DeserializeOwned>(json: &str) -> Vec<T> {
    let file: File<T> = serde_json::from_str(json).unwrap();
    assert!(!file.tests.is_empty());
    file.tests
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
