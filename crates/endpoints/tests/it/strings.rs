use proptest::prelude::*;
use ropewalk_endpoints::{ClientEndpoint, Place, ServerEndpoint};
use ropewalk_protocol::Address;

fn server(text: &str) -> ServerEndpoint {
    text.parse().unwrap()
}

fn client(text: &str) -> ClientEndpoint {
    text.parse().unwrap()
}

#[test]
fn strings_for_servers_are_understood_and_written_back() {
    let examples = [
        ("tcp:80", "tcp:80:interface=0.0.0.0"),
        ("tcp:port=80", "tcp:80:interface=0.0.0.0"),
        ("tcp:6667:interface=127.0.0.1:backlog=64", "tcp:6667:interface=127.0.0.1:backlog=64"),
        ("tcp:6667:127.0.0.1:64", "tcp:6667:interface=127.0.0.1:backlog=64"),
        ("tcp:interface=127.0.0.1:6667", "tcp:6667:interface=127.0.0.1"),
        ("tcp:80:interface=\\:\\:1", "tcp6:80:interface=\\:\\:1"),
        ("tcp6:80", "tcp6:80:interface=\\:\\:"),
        (
            "tcp:80:keepalive=60:nodelay=no:reuse_port=yes",
            "tcp:80:interface=0.0.0.0:reuse_port=yes:nodelay=no:keepalive=60",
        ),
        ("unix:/run/x.sock", "unix:/run/x.sock"),
        ("unix:address=/run/a\\=b\\\\c\\:d:backlog=5", "unix:/run/a\\=b\\\\c\\:d:backlog=5"),
        ("unix:\\/\\r\\u\\n", "unix:/run"),
        ("unix:/run/x:mode=660:lockfile=0:backlog=9", "unix:/run/x:backlog=9:mode=660:lockfile=no"),
        ("systemd:index=0", "systemd:index=0"),
        ("systemd:name=irc:nodelay=no", "systemd:name=irc:nodelay=no"),
        ("stdio:", "stdio:"),
        ("stdio", "stdio:"),
        ("haproxy:tcp:80", "haproxy:tcp:80:interface=0.0.0.0"),
        (
            "haproxy:timeout=3:from=10.0.0.0/8,\\:\\:1:unix:/run/x",
            "haproxy:from=10.0.0.0/8,\\:\\:1/128:timeout=3:unix:/run/x",
        ),
        ("haproxy:haproxy:stdio:", "haproxy:haproxy:stdio:"),
    ];
    for (text, canonical) in examples {
        assert_eq!(server(text).to_string(), canonical, "{text}");
        assert_eq!(server(canonical), server(text));
    }
}

#[test]
fn strings_for_clients_are_understood_and_written_back() {
    let examples = [
        ("tcp:127.0.0.1:6667", "tcp:127.0.0.1:6667"),
        (
            "tcp:host=127.0.0.1:port=6667:timeout=5:bindAddress=127.0.0.2",
            "tcp:127.0.0.1:6667:timeout=5:bindAddress=127.0.0.2",
        ),
        ("tcp:6667:host=chat.example", "tcp:chat.example:6667"),
        ("tcp6:\\:\\:1:80:bindAddress=\\:\\:1", "tcp6:\\:\\:1:80:bindAddress=\\:\\:1"),
        ("tcp:h:1:keepalive=9:nodelay=1", "tcp:h:1:nodelay=yes:keepalive=9"),
        ("unix:path=/run/x.sock:timeout=3", "unix:/run/x.sock:timeout=3"),
    ];
    for (text, canonical) in examples {
        assert_eq!(client(text).to_string(), canonical, "{text}");
        assert_eq!(client(canonical), client(text));
    }
}

#[cfg(feature = "tls")]
#[test]
fn tls_is_understood_and_written_back() {
    let pin = "ab".repeat(32);
    let servers = [
        ("tls:6697:key=k.pem:cert=c.pem", "tls:key=k.pem:cert=c.pem:tcp:6697:interface=0.0.0.0"),
        (
            "tls:6697:127.0.0.1:dir=/etc/certs:backlog=9:alpn=irc,xmpp-client",
            "tls:dir=/etc/certs:alpn=irc,xmpp-client:tcp:6697:interface=127.0.0.1:backlog=9",
        ),
        (
            "tls:key=k:clientca=ca.pem:clients=required:handshake=5:systemd:index=0",
            "tls:key=k:clientca=ca.pem:handshake=5:systemd:index=0",
        ),
        (
            "haproxy:tls:key=k:clientca=ca:clients=optional:unix:/run/x",
            "haproxy:tls:key=k:clientca=ca:clients=optional:unix:/run/x",
        ),
        ("tls:1:key=k:clients=any", "tls:key=k:clients=any:tcp:1:interface=0.0.0.0"),
    ];
    for (text, canonical) in servers {
        assert_eq!(server(text).to_string(), canonical, "{text}");
        assert_eq!(server(canonical), server(text));
    }
    let clients = [
        ("tls:chat.example:6697", "tls:tcp:chat.example:6697".to_owned()),
        (
            &*format!("tls:h:1:pin={pin}:roots=r.pem:name=x.example:timeout=3"),
            format!("tls:roots=r.pem:pin={pin}:name=x.example:tcp:h:1:timeout=3"),
        ),
        (
            "tls:name=h:key=k:cert=c:alpn=irc:unix:/run/x",
            "tls:key=k:cert=c:alpn=irc:name=h:unix:/run/x".to_owned(),
        ),
    ];
    for (text, canonical) in clients {
        assert_eq!(client(text).to_string(), canonical, "{text}");
        assert_eq!(client(&canonical), client(text));
    }
}

#[test]
fn what_a_listener_says_of_itself_is_a_string_that_listens_there() {
    let addresses = [
        Address::Tcp(([127, 0, 0, 1], 6667).into()),
        Address::Tcp(("::1".parse::<std::net::IpAddr>().unwrap(), 1).into()),
        Address::unix("/run/a=b:c\\d"),
    ];
    for address in addresses {
        assert_eq!(server(&address.to_string()).plan().place, Place::Address(address));
    }
}

proptest! {
    #[test]
    fn what_is_understood_is_written_and_understood_again(text in strings()) {
        if let Ok(endpoint) = text.parse::<ServerEndpoint>() {
            prop_assert_eq!(server(&endpoint.to_string()), endpoint);
        }
        if let Ok(endpoint) = text.parse::<ClientEndpoint>() {
            prop_assert_eq!(client(&endpoint.to_string()), endpoint);
        }
    }

    #[test]
    fn any_path_can_be_written(path in "[^\0]{1,20}") {
        let endpoint = server(&Address::unix(&path).to_string());
        prop_assert_eq!(&endpoint.plan().place, &Place::Address(Address::unix(&path)));
    }

    #[test]
    fn any_string_is_understood_or_has_a_readable_mistake(text in any::<String>()) {
        for error in [text.parse::<ServerEndpoint>().err(), text.parse::<ClientEndpoint>().err()] {
            let lines = error.map(|error| error.to_string().lines().count());
            prop_assert!(lines.is_none_or(|lines| lines == 3));
        }
    }
}

/// Strings that are often right.
fn strings() -> impl Strategy<Value = String> {
    let scheme = prop::sample::select(vec![
        "tcp",
        "tcp6",
        "unix",
        "haproxy:tcp",
        "haproxy:timeout=9:unix",
        "haproxy:from=10.0.0.0/8,192.0.2.1:tcp6",
        "systemd",
        "stdio",
        "tls",
        "tls:key=k:tcp",
        "tls:dir=d:alpn=irc,h2:unix",
        "haproxy:tls",
    ]);
    let argument = prop_oneof![
        (0_u32..70_000).prop_map(|port| port.to_string()),
        Just("127.0.0.1".to_owned()),
        Just("\\:\\:1".to_owned()),
        "(port|host|timeout|keepalive|backlog)=[0-9]{1,4}",
        "(interface|bindAddress)=(10\\.0\\.0\\.1|\\\\:\\\\:2)",
        "(nodelay|reuse_port|lockfile)=(yes|no)",
        "(index|mode)=[0-7]{1,3}",
        "name=[a-z:=]{1,3}",
        "(key|cert|dir|roots|clientca)=[a-z/]{1,4}",
        "clients=(any|required|optional)",
        "(address=|path=|)([a-z/]|\\\\[:=\\\\]){1,8}",
    ];
    (scheme, prop::collection::vec(argument, 0..5))
        .prop_map(|(scheme, arguments)| format!("{scheme}:{}", arguments.join(":")))
}
