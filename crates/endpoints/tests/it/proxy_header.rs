//! The header of the PROXY protocol, read and written.

use std::net::{IpAddr, SocketAddr};

use proptest::prelude::*;
use ropewalk_endpoints::ProxyHeader;
use ropewalk_protocol::{Address, Malformed};

fn parsed(input: &[u8]) -> (usize, ProxyHeader) {
    ProxyHeader::parse(input).unwrap().expect("the header is complete")
}

fn refused(input: &[u8]) -> String {
    ProxyHeader::parse(input).unwrap_err().to_string()
}

fn tcp(text: &str) -> Address {
    Address::Tcp(text.parse().unwrap())
}

/// A header of version 2 with this command, family and body.
fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [b"\r\n\r\n\0\r\nQUIT\n".as_slice(), &[command, family], &length, body].concat()
}

const IPV4: [u8; 12] = [192, 0, 2, 7, 198, 51, 100, 1, 0x9c, 0x40, 0x1a, 0x0b];

#[test]
fn lines_of_version_1_are_understood() {
    let (length, header) = parsed(b"PROXY TCP6 2001:db8::7 2001:db8::1 40000 6667\r\nrest");
    assert_eq!(length, 47);
    assert_eq!(header.source(), Some(&tcp("[2001:db8::7]:40000")));
    assert_eq!(header.destination(), Some(&tcp("[2001:db8::1]:6667")));
    for unknown in [&b"PROXY UNKNOWN\r\n"[..], b"PROXY UNKNOWN ff:: :: 1 2 whatever\r\n"] {
        assert_eq!(parsed(unknown), (unknown.len(), ProxyHeader::local()));
    }
}

#[test]
fn lines_of_version_1_that_break_the_specification_are_refused_with_the_place() {
    let wrong = [
        ("PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n", "\"TCP4 1.2.3.4 5.6.7.8 1\" is no PROXY header"),
        ("PROXY TCP5 a b 1 2\r\n", "\"TCP5 a b 1 2\" is no PROXY header"),
        ("PROXY TCP4 1.2.3.4  5.6.7.8 1 2\r\n", "\"TCP4 1.2.3.4  5.6.7.8 1 2\" is no PROXY header"),
        ("PROXY TCP4 ::1 ::2 1 2\r\n", "\"TCP4 ::1 ::2 1 2\" in a PROXY header is no TCP4"),
        (
            "PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n",
            "\"TCP4 1.2.3.4 5.6.7.8 1 65536\" in a PROXY header is no TCP4",
        ),
        (
            "PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n",
            "\"TCP4 1.2.3.4 5.6.7.8 01 2\" in a PROXY header is no TCP4",
        ),
        (
            "PROXY TCP4 1.2.3.4 5.6.7.8 +1 2\r\n",
            "\"TCP4 1.2.3.4 5.6.7.8 +1 2\" in a PROXY header is no TCP4",
        ),
        ("GET / HTTP/1.1\r\n", "it does not begin with a PROXY header"),
        ("proxy TCP4", "it does not begin with a PROXY header"),
    ];
    for (line, message) in wrong {
        assert_eq!(refused(line.as_bytes()), message);
    }
}

#[test]
fn a_line_of_more_than_107_bytes_is_refused_before_it_ends() {
    let endless = format!("PROXY UNKNOWN {}", "x".repeat(93));
    assert!(ProxyHeader::parse(&endless.as_bytes()[..106]).unwrap().is_none());
    let error = ProxyHeader::parse(endless.as_bytes()).unwrap_err();
    assert!(matches!(error, Malformed::TooLong { limit: 107, .. }), "{error}");
}

#[test]
fn headers_of_version_2_are_understood() {
    let (length, header) = parsed(&[&v2(0x21, 0x11, &IPV4)[..], b"rest"].concat());
    assert_eq!(length, 28);
    assert_eq!(header.source(), Some(&tcp("192.0.2.7:40000")));
    assert_eq!(header.destination(), Some(&tcp("198.51.100.1:6667")));

    let mut paths = [0; 216];
    paths[..4].copy_from_slice(b"/run");
    let (_, header) = parsed(&v2(0x21, 0x31, &paths));
    assert_eq!(header.source(), Some(&Address::unix("/run")));
    assert_eq!(header.destination(), Some(&Address::Unnamed));
}

#[test]
fn a_proxy_that_speaks_for_itself_or_does_not_know_says_nothing() {
    for header in [v2(0x20, 0x11, &IPV4), v2(0x20, 0xff, b"?"), v2(0x21, 0x00, b"")] {
        assert_eq!(parsed(&header), (header.len(), ProxyHeader::local()));
    }
}

#[test]
fn what_tls_settled_before_the_proxy_is_told() {
    let inner = b"\x21\0\x07TLSv1.3\x23\0\x16TLS_AES_128_GCM_SHA256";
    let ssl = [&[0x20, 0, 5 + inner.len() as u8, 0x01, 0, 0, 0, 0], &inner[..]].concat();
    let alpn = b"\x01\0\x03irc";
    let name = b"\x02\0\x0cchat.example";
    let body = [&IPV4[..], alpn, name, &ssl].concat();
    let (_, header) = parsed(&v2(0x21, 0x11, &body));
    let tls = header.tls().unwrap();
    assert_eq!((&*tls.version, &*tls.cipher), ("TLSv1.3", "TLS_AES_128_GCM_SHA256"));
    assert_eq!(tls.alpn.as_deref(), Some(&b"irc"[..]));
    assert_eq!(tls.server_name.as_deref(), Some("chat.example"));

    let plain = [&[0x20, 0, 5, 0x00, 0, 0, 0, 0][..]].concat();
    assert!(parsed(&v2(0x21, 0x11, &[&IPV4[..], &plain].concat())).1.tls().is_none());
}

#[test]
fn headers_of_version_2_that_break_the_specification_are_refused() {
    let wrong = [
        (v2(0x11, 0x11, &IPV4), "version and command 0x11 in a PROXY header"),
        (v2(0x22, 0x11, &IPV4), "version and command 0x22 in a PROXY header"),
        (v2(0x21, 0x41, &IPV4), "family 0x41 in a PROXY header"),
        (v2(0x21, 0x11, &IPV4[..11]), "11 bytes of addresses in a PROXY header, not 12"),
        (
            v2(0x21, 0x11, &[&IPV4[..], b"\x04\0"].concat()),
            "a value in a PROXY header ends behind the header",
        ),
        (
            v2(0x21, 0x11, &[&IPV4[..], b"\x04\0\x05abcd"].concat()),
            "a value in a PROXY header ends behind the header",
        ),
        (
            v2(0x21, 0x11, &[&IPV4[..], b"\x20\0\x01\x01"].concat()),
            "a TLS value in a PROXY header is too short",
        ),
        (
            v2(0x21, 0x11, &[&IPV4[..], b"\x03\0\x02\0\0"].concat()),
            "a checksum in a PROXY header has 4 bytes",
        ),
        (
            v2(0x21, 0x11, &[&IPV4[..], b"\x03\0\x04\0\0\0\0"].concat()),
            "the checksum of a PROXY header is wrong",
        ),
    ];
    for (header, message) in wrong {
        assert_eq!(refused(&header), message);
    }
}

#[test]
fn a_header_of_version_2_above_the_limit_is_refused_before_it_is_there() {
    let long = v2(0x21, 0x11, &[0; ProxyHeader::LONGEST]);
    let error = ProxyHeader::parse(&long[..16]).unwrap_err();
    assert!(matches!(error, Malformed::TooLong { limit: ProxyHeader::LONGEST, .. }), "{error}");
}

#[test]
fn a_changed_bit_does_not_pass_the_checksum() {
    let header = ProxyHeader::new(tcp("192.0.2.7:40000"), tcp("198.51.100.1:6667")).to_v2();
    parsed(&header);
    for at in 16..header.len() {
        for bit in 0..8 {
            let mut changed = header.clone();
            changed[at] ^= 1 << bit;
            let read = ProxyHeader::parse(&changed);
            // A change of the checksum's own type makes it a value that is ignored.
            let ignored = at == header.len() - 7;
            assert!(read.is_err() || ignored, "bit {bit} of byte {at}: {read:?}");
        }
    }
}

proptest! {
    #[test]
    fn anything_is_understood_or_refused_or_waited_for(
        input in prop::collection::vec(any::<u8>(), 0..300),
        signature in any::<bool>(),
    ) {
        let signed = [b"\r\n\r\n\0\r\nQUIT\n\x21".as_slice(), &input].concat();
        let input = if signature { &signed } else { &input };
        if let Ok(Some((length, _))) = ProxyHeader::parse(input) {
            prop_assert!(length <= input.len());
        }
    }

    #[test]
    fn what_is_written_is_read_and_every_beginning_of_it_waited_for(
        v6 in any::<bool>(),
        ips in any::<[u128; 2]>(),
        ports in any::<[u16; 2]>(),
    ) {
        let end = |at: usize| {
            let ip: IpAddr = match v6 {
                true => std::net::Ipv6Addr::from(ips[at]).into(),
                false => std::net::Ipv4Addr::from(ips[at] as u32).into(),
            };
            Address::Tcp(SocketAddr::new(ip, ports[at]))
        };
        let header = ProxyHeader::new(end(0), end(1));
        for written in [header.to_v1(), header.to_v2()] {
            for length in 0..written.len() {
                prop_assert_eq!(ProxyHeader::parse(&written[..length]), Ok(None));
            }
            prop_assert_eq!(parsed(&written), (written.len(), header.clone()));
        }
    }
}
