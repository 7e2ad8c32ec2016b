//! The configuration file.

use proptest::prelude::*;
use ropewalk_words::{Config, Fold, ReactorChoice};

fn parse(text: &str) -> Result<Config, Vec<String>> {
    let check = |endpoint: &str| match endpoint.split_once(':') {
        Some(("tcp" | "unix", _)) => Ok(()),
        _ => Err(format!("{endpoint}: no such kind of endpoint")),
    };
    let named = |mistakes: Vec<_>| mistakes.iter().map(ToString::to_string).collect();
    Config::parse(text, check).map_err(named)
}

#[test]
fn nothing_is_the_default() {
    assert_eq!(format!("{:?}", parse("").unwrap()), format!("{:?}", Config::default()));
}

#[test]
fn the_annotated_default_is_the_default() {
    let text = Config::annotated();
    assert_eq!(format!("{:?}", parse(&text).unwrap()), format!("{:?}", Config::default()));
}

#[test]
fn every_key_that_is_only_an_example_is_right_too() {
    let text = Config::annotated();
    let example = |line: &str| {
        let key = line.strip_prefix("# ").and_then(|line| line.split_once(" = "));
        let is = key.is_some_and(|(key, _)| !key.contains(' '));
        if is { line[2..].to_owned() } else { line.to_owned() }
    };
    let all: Vec<String> = text.lines().map(example).collect();
    let config = parse(&all.join("\n")).unwrap();
    assert!(config.irc.password.is_some() && config.motd_file.is_some());
}

#[test]
fn values_are_taken() {
    let config = parse(
        r#"
listen = ["tcp:6667", "unix:/tmp/words"]
reactor = "async-io"
threads = 4
[server]
name = "irc.example.net"
motd = """
one
two"""
casemapping = "rfc1459"
[limits]
nick = 16
flood = { burst = 0x10, rate = 0 }
[timeouts]
ping = 1_000
"#,
    )
    .unwrap();
    assert_eq!(config.listen, ["tcp:6667", "unix:/tmp/words"]);
    assert_eq!((config.reactor, config.threads), (ReactorChoice::AsyncIo, 4));
    assert_eq!(config.irc.name, "irc.example.net");
    assert_eq!(config.irc.motd, ["one", "two"]);
    assert_eq!(config.realm.fold, Fold::Rfc1459);
    assert_eq!(config.realm.limits.nick, 16);
    assert_eq!((config.irc.flood.burst, config.irc.flood.rate), (16, 0));
    assert_eq!(config.irc.ping.as_secs(), 1000);
}

#[test]
fn every_mistake_is_named_with_its_line_and_key() {
    let mistakes = parse(
        r#"listen = ["tcp:6667",
  "tpc:1", 3]
reactor = "fast"
colour = "red"
limits.nick = "long"
limits.flood = 3
limits.topic = -1
[server]
nmae = "x"
name = "nodot"
admin = ["1", "2", "3", "4"]
"#,
    )
    .unwrap_err();
    assert_eq!(
        mistakes,
        [
            "2: listen: tpc:1: no such kind of endpoint",
            "2: listen: this is of type integer, and a string is wanted",
            "3: reactor: it has to be \"poll\" or \"async-io\"",
            "4: colour: there is no such key",
            "5: limits.nick: this is of type string, and a whole number is wanted",
            "6: limits.flood: this is a table",
            "7: limits.topic: -1 is not from 1 to 390",
            "9: server.nmae: there is no such key; is it `name`?",
            "10: server.name: the host name has no dot",
            "11: server.admin: more than three lines",
        ]
    );
}

#[test]
fn what_is_no_toml_is_named_by_line_beside_the_rest() {
    let mistakes = parse("threads = \nreactor = 3\n[server\nname = 1\n").unwrap_err();
    assert!(mistakes[0].starts_with("1: "), "{mistakes:?}");
    assert!(mistakes.iter().any(|it| it.starts_with("2: reactor: ")), "{mistakes:?}");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(\\PC|\n|\\[|=|\"){0,80}") {
        let _ = parse(&text);
    }
}
