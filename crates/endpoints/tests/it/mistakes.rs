use ropewalk_endpoints::{ClientEndpoint, EndpointError, ServerEndpoint};

const SERVERS: &[(&str, &str)] = &[
    ("", "no scheme, such as tcp or unix, in \n  \n  ^"),
    (":80", "no scheme, such as tcp or unix, in :80\n  :80\n  ^"),
    ("port=80", "no scheme, such as tcp or unix, in port=80\n  port=80\n  ^^^^"),
    (
        "6667",
        "unknown scheme \"6667\" (there are tcp, tcp6, unix, systemd, stdio, haproxy) in 6667\n  6667\n  ^^^^",
    ),
    (
        "tpc:1",
        "unknown scheme \"tpc\" (there are tcp, tcp6, unix, systemd, stdio, haproxy) in tpc:1\n  tpc:1\n  ^^^",
    ),
    ("tcp", "no port in tcp\n  tcp\n     ^"),
    ("tcp:", "\"\" where port has to be a number from 0 to 65535, in tcp:\n  tcp:\n      ^"),
    (
        "tcp:http",
        "\"http\" where port has to be a number from 0 to 65535, in tcp:http\n  \
         tcp:http\n      ^^^^",
    ),
    (
        "tcp:65536",
        "\"65536\" where port has to be a number from 0 to 65535, in tcp:65536\n  \
         tcp:65536\n      ^^^^^",
    ),
    (
        "tcp:+80",
        "\"+80\" where port has to be a number from 0 to 65535, in tcp:+80\n  tcp:+80\n      ^^^",
    ),
    (
        "tcp:6667:prot=1",
        "unknown option \"prot\" in tcp:6667:prot=1\n  tcp:6667:prot=1\n           ^^^^",
    ),
    (
        "tcp:port=1:port=2",
        "a second port in tcp:port=1:port=2\n  tcp:port=1:port=2\n             ^^^^^^",
    ),
    (
        "tcp:1:127.0.0.1:5:6",
        "an argument too many in tcp:1:127.0.0.1:5:6\n  tcp:1:127.0.0.1:5:6\n                    ^",
    ),
    (
        "tcp:1:interface=localhost",
        "\"localhost\" where interface has to be an IP address, in tcp:1:interface=localhost\n  \
         tcp:1:interface=localhost\n                  ^^^^^^^^^",
    ),
    (
        "tcp6:1:interface=127.0.0.1",
        "\"127.0.0.1\" where interface has to be an IPv6 address, in tcp6:1:interface=127.0.0.1\n  \
         tcp6:1:interface=127.0.0.1\n                   ^^^^^^^^^",
    ),
    (
        "tcp:1:backlog=0",
        "\"0\" where backlog has to be a number of connections, at least 1, in tcp:1:backlog=0\n  \
         tcp:1:backlog=0\n                ^",
    ),
    (
        "tcp:1:nodelay=maybe",
        "\"maybe\" where nodelay has to be yes or no, in tcp:1:nodelay=maybe\n  \
         tcp:1:nodelay=maybe\n                ^^^^^",
    ),
    (
        "tcp:1:keepalive=0",
        "\"0\" where keepalive has to be a number of seconds, in tcp:1:keepalive=0\n  \
         tcp:1:keepalive=0\n                  ^",
    ),
    ("tcp:1\\", "a backslash with nothing behind it in tcp:1\\\n  tcp:1\\\n       ^"),
    ("unix", "no address in unix\n  unix\n      ^"),
    ("unix:", "\"\" where address has to be a path, in unix:\n  unix:\n       ^"),
    (
        "unix:/x:mode=999",
        "\"999\" where mode has to be permissions such as 660, in octal digits, in \
         unix:/x:mode=999\n  unix:/x:mode=999\n               ^^^",
    ),
    (
        "unix:/x:mode=1777",
        "\"1777\" where mode has to be permissions such as 660, in octal digits, in \
         unix:/x:mode=1777\n  unix:/x:mode=1777\n               ^^^^",
    ),
    (
        "unix:/x:lockfile=2",
        "\"2\" where lockfile has to be yes or no, in unix:/x:lockfile=2\n  \
         unix:/x:lockfile=2\n                   ^",
    ),
    ("systemd", "no index in systemd\n  systemd\n         ^"),
    ("systemd:0", "an argument too many in systemd:0\n  systemd:0\n          ^"),
    (
        "systemd:index=-1",
        "\"-1\" where index has to be a number from 0, in systemd:index=-1\n  \
         systemd:index=-1\n                ^^",
    ),
    (
        "systemd:index=0:name=irc",
        "index beside name in systemd:index=0:name=irc\n  \
         systemd:index=0:name=irc\n                ^",
    ),
    (
        "systemd:name=",
        "\"\" where name has to be a name, of printable characters, in systemd:name=\n  \
         systemd:name=\n               ^",
    ),
    ("stdio:0", "an argument too many in stdio:0\n  stdio:0\n        ^"),
    ("haproxy", "no endpoint behind haproxy in haproxy\n  haproxy\n         ^"),
    (
        "haproxy:timeout=5",
        "no endpoint behind haproxy in haproxy:timeout=5\n  haproxy:timeout=5\n                   ^",
    ),
    (
        "haproxy:6667",
        "unknown scheme \"6667\" (there are tcp, tcp6, unix, systemd, stdio, haproxy) in \
         haproxy:6667\n  haproxy:6667\n          ^^^^",
    ),
    (
        "haproxy:tcp:http",
        "\"http\" where port has to be a number from 0 to 65535, in haproxy:tcp:http\n  \
         haproxy:tcp:http\n              ^^^^",
    ),
    (
        "haproxy:port=1:tcp:1",
        "unknown option \"port\" in haproxy:port=1:tcp:1\n  \
         haproxy:port=1:tcp:1\n          ^^^^",
    ),
    (
        "haproxy:from=10.0.0.0/33:tcp:1",
        "\"10.0.0.0/33\" where from has to be networks such as 192.0.2.0/24, with commas between \
         them, in haproxy:from=10.0.0.0/33:tcp:1\n  \
         haproxy:from=10.0.0.0/33:tcp:1\n               ^^^^^^^^^^^",
    ),
    (
        "haproxy:haproxy:haproxy:haproxy:haproxy:haproxy:haproxy:haproxy:haproxy:tcp:1",
        "more than 8 prefixes in \
         haproxy:haproxy:haproxy:haproxy:haproxy:haproxy:haproxy:haproxy:haproxy:tcp:1\n  \
         haproxy:haproxy:haproxy:haproxy:haproxy:haproxy:haproxy:haproxy:haproxy:tcp:1\n  \
         \x20                                                               ^^^^^^^",
    ),
    (
        "unix:/ä:prot=1\n",
        "unknown option \"prot\" in unix:/ä:prot=1\u{fffd}\n  unix:/ä:prot=1\u{fffd}\n          ^^^^",
    ),
];

const CLIENTS: &[(&str, &str)] = &[
    ("tcp", "no host in tcp\n  tcp\n     ^"),
    ("tcp:localhost", "no port in tcp:localhost\n  tcp:localhost\n               ^"),
    (
        "tcp:localhost:0",
        "\"0\" where port has to be a number from 1 to 65535, in tcp:localhost:0\n  \
         tcp:localhost:0\n                ^",
    ),
    ("tcp::80", "\"\" where host has to be a name or an address, in tcp::80\n  tcp::80\n      ^"),
    (
        "tcp6:127.0.0.1:80",
        "\"127.0.0.1\" where host has to be a name or an IPv6 address, in tcp6:127.0.0.1:80\n  \
         tcp6:127.0.0.1:80\n       ^^^^^^^^^",
    ),
    (
        "tcp:h:1:timeout=soon",
        "\"soon\" where timeout has to be a number of seconds, in tcp:h:1:timeout=soon\n  \
         tcp:h:1:timeout=soon\n                  ^^^^",
    ),
    (
        "tcp:h:1:backlog=1",
        "unknown option \"backlog\" in tcp:h:1:backlog=1\n  tcp:h:1:backlog=1\n          ^^^^^^^",
    ),
    (
        "unix:path=/x:/y",
        "an argument too many in unix:path=/x:/y\n  unix:path=/x:/y\n               ^^",
    ),
];

#[cfg(feature = "tls")]
const SECURE: &[(&str, &str)] = &[
    ("tls", "no port in tls\n  tls\n     ^"),
    ("tls:6697", "no key in tls:6697\n  tls:6697\n          ^"),
    ("tls:6697:cert=c", "no key in tls:6697:cert=c\n  tls:6697:cert=c\n                 ^"),
    (
        "tls:1:dir=d:key=k",
        "key beside dir in tls:1:dir=d:key=k\n  tls:1:dir=d:key=k\n                  ^",
    ),
    ("tls:1:key=", "\"\" where key has to be a file, in tls:1:key=\n  tls:1:key=\n            ^"),
    (
        "tls:1:key=k:clients=many",
        "\"many\" where clients has to be required, optional or any, in tls:1:key=k:clients=many\n  \
         tls:1:key=k:clients=many\n                      ^^^^",
    ),
    (
        "tls:1:key=k:clients=required",
        "no clientca in tls:1:key=k:clients=required\n  tls:1:key=k:clients=required\n  \
         \x20                           ^",
    ),
    (
        "tls:1:key=k:alpn=a,,b",
        "\"a,,b\" where alpn has to be names of protocols, of 1 to 255 bytes, with commas between \
         them, in tls:1:key=k:alpn=a,,b\n  tls:1:key=k:alpn=a,,b\n                   ^^^^",
    ),
    ("tls:key=k", "no port in tls:key=k\n  tls:key=k\n           ^"),
];

#[cfg(feature = "tls")]
#[test]
fn a_wrong_string_with_tls_is_shown_and_the_place_pointed_at() {
    for (text, message) in SECURE {
        let error: EndpointError = text.parse::<ServerEndpoint>().unwrap_err();
        assert_eq!(error.to_string(), *message, "{text:?}");
    }
    let client = "tls:h:1:pin=abc".parse::<ClientEndpoint>().unwrap_err().to_string();
    let message = "\"abc\" where pin has to be SHA-256 sums of public keys, 64 hexadecimal digits \
                   each, with commas between, in tls:h:1:pin=abc\n  tls:h:1:pin=abc\n  \
                   \x20           ^^^";
    assert_eq!(client, message);
}

#[test]
fn a_wrong_string_is_shown_and_the_place_pointed_at() {
    for (text, message) in SERVERS {
        let error: EndpointError = text.parse::<ServerEndpoint>().unwrap_err();
        let shown = error.to_string().replace("stdio, tls, haproxy", "stdio, haproxy");
        assert_eq!(shown, *message, "{text:?}");
    }
    for (text, message) in CLIENTS {
        let error: EndpointError = text.parse::<ClientEndpoint>().unwrap_err();
        assert_eq!(error.to_string(), *message, "{text:?}");
    }
}
