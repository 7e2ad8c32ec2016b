//! OpenSSL at the other end.

use std::fs;

use ring::digest::{SHA256, SHA384, SHA512, digest};
use ropewalk_line::{Delimiter, Lines};
use ropewalk_protocol::{Context, Filtered, Framed, Receiver};
use ropewalk_tls::{ClientCertificates, ClientTls, Identity, Pin, ServerTls};

use crate::{
    ends::Ends,
    made::Authority,
    openssl::{Event, Files, OpenSsl, Running, Tells},
};

const VERSIONS: [(&str, &str); 2] = [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")];

#[test]
#[ignore = "needs openssl"]
fn outside_openssl_talks_both_versions_with_alpn_and_sni() {
    let authority = Authority::new("Test CA");
    let files = Files::new();
    let ca = files.put("ca.pem", authority.pem());
    let (one, two) = (authority.made(&["one.example"]), authority.made(&["*.two.example"]));
    let tls = ServerTls::builder().identity(one.identity()).identity(two.identity());
    let tls = tls.alpn(["xmpp-client", "irc"]).build().unwrap();
    let running = Running::new();
    let port = running.echo(&tls);
    for (flag, version) in VERSIONS {
        for name in ["one.example", "a.two.example"] {
            let trust = ["-CAfile", &ca, "-verify_return_error", "-verify_hostname", name];
            let export = ["-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32"];
            let more = [flag, "-servername", name, "-alpn", "irc,http/1.1"];
            let mut client = OpenSsl::client(&port, &[&trust[..], &export, &more].concat());
            client.say("hello from openssl\n");
            client.until("hello from openssl");
            let said = client.finish();
            assert!(said.contains("Verify return code: 0 (ok)"), "{said}");
            assert!(said.contains("ALPN protocol: irc"), "{said}");
            let facts = running.made().tls.unwrap();
            assert_eq!(facts.version, version);
            assert_eq!(facts.alpn.as_deref(), Some(&b"irc"[..]));
            assert_eq!(facts.server_name.as_deref(), Some(name));
            // In TLS 1.2 its program exports without a context, RFC 9266 with one of no length.
            if version == "TLSv1.3" {
                let exporter = facts.exporter.unwrap().map(|byte| format!("{byte:02X}")).concat();
                assert!(said.contains(&format!("Keying material: {exporter}")), "{said}");
            }
            assert_eq!(running.lost(), "closed");
        }
    }
}

#[test]
#[ignore = "needs openssl"]
fn outside_openssl_shows_a_certificate_or_is_refused() {
    let authority = Authority::new("Test CA");
    let files = Files::new();
    let own = authority.made(&["user"]);
    let (cert, key) = (files.put("user.pem", &own.chain), files.put("user.key", &own.key));
    let other = Authority::new("Other CA").made(&["user"]);
    let (bad_cert, bad_key) =
        (files.put("bad.pem", &other.chain), files.put("bad.key", &other.key));
    let required = ClientCertificates::Required(authority.roots());
    let tls = authority.made(&["a.example"]).server().client_certificates(required);
    let running = Running::new();
    let port = running.echo(&tls.build().unwrap());
    for (flag, _) in VERSIONS {
        let mut client = OpenSsl::client(&port, &[flag, "-cert", &cert, "-key", &key]);
        client.say("hello\n");
        client.until("hello\n");
        client.finish();
        assert_eq!(running.made().tls.unwrap().certificates, [own.der.clone()][..]);
        running.lost();

        let said = OpenSsl::client(&port, &[flag, "-ign_eof"]).finish();
        assert!(said.contains("alert certificate required"), "{said}");
        let said =
            OpenSsl::client(&port, &[flag, "-ign_eof", "-cert", &bad_cert, "-key", &bad_key])
                .finish();
        assert!(said.contains("alert unknown ca"), "{said}");
    }
}

#[test]
#[ignore = "needs openssl"]
fn outside_openssl_resumes_sessions() {
    let authority = Authority::new("Test CA");
    let files = Files::new();
    let running = Running::new();
    let port = running.echo(&authority.made(&["a.example"]).server().build().unwrap());
    for (flag, version) in VERSIONS {
        let session = files.path(version);
        for (option, kind) in [("-sess_out", "New"), ("-sess_in", "Reused"), ("-sess_in", "Reused")]
        {
            let mut client = OpenSsl::client(&port, &[flag, option, &session]);
            client.say("hello\n");
            client.until("hello\n");
            let said = client.finish();
            assert!(said.contains(&format!("{kind}, {version}, ")), "{option}: {said}");
            assert!(running.made().tls.unwrap().exporter.is_some());
        }
    }
    let mut client = OpenSsl::client(&port, &["-tls1_2", "-no_ticket", "-reconnect"]);
    client.say("hello\n");
    client.until("hello\n");
    let said = client.finish();
    assert_eq!(said.matches("Reused, TLSv1.2, ").count(), 5, "{said}");
}

#[test]
#[ignore = "needs openssl"]
fn outside_openssl_updates_keys() {
    let running = Running::new();
    let tls = Authority::new("Test CA").made(&["a.example"]).server().build().unwrap();
    let port = running.echo(&tls);
    let mut client = OpenSsl::client(&port, &["-tls1_3"]);
    for word in ["one", "two", "three"] {
        // `K` updates its key and asks for an update of ours; `k` its own alone.
        client.say(if word == "two" { "k\n" } else { "K\n" });
        client.until("KEYUPDATE");
        client.say(&format!("{word}\n"));
        client.until(&format!("{word}\n"));
    }
    client.finish();
    assert_eq!(running.lost(), "closed");
}

/// RFC 5929, section 4.1.
#[test]
#[ignore = "needs openssl"]
fn outside_openssl_signs_with_every_hash() {
    let files = Files::new();
    let (key, chain, der) = (files.path("key"), files.path("chain"), files.path("der"));
    OpenSsl::run(&["genrsa", "-out", &key, "2048"]).finish();
    let pss = ["-sigopt", "rsa_padding_mode:pss"];
    for (options, hash) in [
        (&["-sha1"][..], Some(&SHA256)),
        (&["-sha256"], Some(&SHA256)),
        (&["-sha384"], Some(&SHA384)),
        (&["-sha512"], Some(&SHA512)),
        (&["-sha224"], None),
        (&[&["-sha1"], &pss[..]].concat(), Some(&SHA256)),
        (&[&["-sha256"], &pss[..]].concat(), Some(&SHA256)),
        (&[&["-sha384"], &pss[..]].concat(), Some(&SHA384)),
        (&[&["-sha512"], &pss[..]].concat(), Some(&SHA512)),
    ] {
        let make = ["req", "-x509", "-key", &key, "-out", &chain, "-subj", "/CN=a.example"];
        OpenSsl::run(&[&make, options].concat()).finish();
        OpenSsl::run(&["x509", "-in", &chain, "-out", &der, "-outform", "der"]).finish();
        let made = fs::read(&der).unwrap();
        let server = ServerTls::builder().identity(Identity::files(&chain, &key)).build().unwrap();
        let client = ClientTls::builder().pin(Pin::of(&made).unwrap()).build().unwrap();
        let ends = Ends::shaken(&client, "a.example", &server);
        let expected = hash.map(|hash| digest(hash, &made).as_ref().to_vec());
        let got = ends.client.facts().server_end_point.clone();
        assert_eq!(got.as_deref(), expected.as_deref(), "{options:?}");
        assert_eq!(ends.server.facts().server_end_point, got, "{options:?}");
    }
}

/// As the documentation of `Pin` says.
#[test]
#[ignore = "needs openssl"]
fn outside_openssl_tells_the_pin_of_a_certificate() {
    let made = Authority::new("Test CA").made(&["a.example"]);
    let files = Files::new();
    let (chain, der) = (files.put("chain", &made.chain), files.path("der"));
    let key = OpenSsl::run(&["x509", "-in", &chain, "-noout", "-pubkey"]).finish();
    let key = files.put("key", &key);
    OpenSsl::run(&["pkey", "-pubin", "-in", &key, "-outform", "der", "-out", &der]).finish();
    let said = OpenSsl::run(&["dgst", "-sha256", "-r", &der]).finish();
    let (hash, _) = said.split_once(' ').unwrap();
    assert_eq!(hash, Pin::of(&made.der).unwrap().to_string());
}

/// RFC 5746 is not needed where there is no renegotiation at all (RFC 5246, section 7.2.2).
#[test]
#[ignore = "needs openssl"]
fn outside_openssl_asks_in_vain_for_a_renegotiation() {
    let running = Running::new();
    let tls = Authority::new("Test CA").made(&["a.example"]).server().build().unwrap();
    let port = running.echo(&tls);
    let mut client = OpenSsl::client(&port, &["-tls1_2"]);
    client.say("hello\n");
    client.until("hello\n");
    client.say("R\n");
    let said = client.finish();
    assert!(said.contains("RENEGOTIATING"), "{said}");
    assert!(said.contains("no renegotiation"), "{said}");
}

/// As much of SMTP and of IRC as leads to a handshake.
struct Upgrades(Tells);

impl Receiver<Lines> for Upgrades {
    type Message = ();

    fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
        cx.write(self.0.says.unwrap_or_default());
    }

    fn frame_received(&mut self, cx: &mut Context<'_, ()>, _: &mut Lines, line: &[u8]) {
        match line {
            _ if cx.peer().tls.is_some() => {
                cx.write(&[b"secretly ", line, b"\n"].concat());
            }
            [b'E', b'H', b'L', b'O', ..] => cx.write(b"250-here\r\n250 STARTTLS\r\n"),
            b"STARTTLS" => {
                let smtp = self.0.says.is_some();
                cx.write(if smtp { b"220 go ahead\r\n" } else { b":here 670 * :go ahead\r\n" });
                cx.start_tls();
            }
            _ => cx.close(),
        }
    }

    fn secured(&mut self, cx: &mut Context<'_, ()>) {
        self.0.tell(Event::Made(Box::new(cx.peer().clone())));
    }
}

#[test]
#[ignore = "needs openssl"]
fn outside_openssl_begins_with_starttls() {
    let authority = Authority::new("Test CA");
    let files = Files::new();
    let ca = files.put("ca.pem", authority.pem());
    let tls = authority.made(&["a.example"]).server().build().unwrap();
    let running = Running::new();
    for (kind, banner) in [("smtp", Some(&b"220 here\r\n"[..])), ("irc", None)] {
        let (tls, events) = (tls.clone(), running.sender());
        let port = running.listen(move || {
            let upgrades = Upgrades(Tells { says: banner, events: events.clone() });
            let lines = Framed::new(Lines::new(Delimiter::LfOrCrLf, 512), upgrades);
            Filtered::around(tls.starttls(), lines)
        });
        for (flag, version) in VERSIONS {
            let trust = ["-CAfile", &ca, "-verify_return_error", "-servername", "a.example"];
            let more = [flag, "-starttls", kind];
            let mut client = OpenSsl::client(&port, &[&trust[..], &more].concat());
            client.say("hello\n");
            client.until("secretly hello\n");
            client.finish();
            assert_eq!(running.made().tls.unwrap().version, version, "{kind}");
        }
    }
}

#[test]
#[ignore = "needs openssl"]
fn outside_openssl_serves_our_client() {
    let authority = Authority::new("Test CA");
    let files = Files::new();
    let made = authority.made(&["a.example"]);
    let (cert, key) = (files.put("a.pem", &made.chain), files.put("a.key", &made.key));
    let serve = ["-cert", &cert, "-key", &key, "-rev"];
    let running = Running::new();
    let by_roots = authority.client().alpn(["irc"]).build().unwrap();
    let pin = Pin::of(&made.der).unwrap();
    let by_pin = ClientTls::builder().pin(pin).alpn(["irc"]).build().unwrap();
    for (flag, version) in VERSIONS {
        for client in [&by_roots, &by_pin] {
            let more = [flag, "-alpn", "irc"];
            let (server, port) = OpenSsl::server(&[&serve[..], &more].concat());
            running.connect(port, client.filter("a.example").unwrap(), b"hello\n");
            let facts = running.made().tls.unwrap();
            assert_eq!((&*facts.version, facts.alpn.as_deref()), (version, Some(&b"irc"[..])));
            assert_eq!(running.data(), b"olleh\n");
            drop(server);
            running.lost();
        }
        let (server, port) = OpenSsl::server(&[&serve[..], &[flag]].concat());
        running.connect(port, by_roots.filter("b.example").unwrap(), b"hello\n");
        let lost = "tls: the server's certificate is for a.example, not for b.example";
        assert_eq!(running.lost(), lost);
        assert!(server.finish().contains("alert bad certificate"));
    }
}

#[test]
#[ignore = "needs openssl"]
fn outside_openssl_asks_our_client_for_a_certificate() {
    let authority = Authority::new("Test CA");
    let files = Files::new();
    let made = authority.made(&["a.example"]);
    let ca = files.put("ca.pem", authority.pem());
    let (cert, key) = (files.put("a.pem", &made.chain), files.put("a.key", &made.key));
    let serve = ["-cert", &cert, "-key", &key, "-rev"];
    let verify = ["-Verify", "1", "-CAfile", &ca, "-verify_return_error"];
    let own = authority.made(&["user"]);
    let own = Identity::pem(own.chain, own.key);
    let stranger = Authority::new("Other CA").made(&["user"]).identity();
    let running = Running::new();
    for (flag, _) in VERSIONS {
        let asks = || OpenSsl::server(&[&serve[..], &verify, &[flag]].concat());
        let (server, port) = asks();
        let client = authority.client().identity(own.clone()).build().unwrap();
        running.connect(port, client.filter("a.example").unwrap(), b"hello\n");
        assert_eq!(running.data(), b"olleh\n");
        drop(server);
        running.lost();

        let (_server, port) = asks();
        let client = authority.client().build().unwrap();
        running.connect(port, client.filter("a.example").unwrap(), b"hello\n");
        let lost = match flag {
            "-tls1_3" => "tls: the peer wants a certificate: certificate required",
            _ => "tls: the peer gave up: handshake failure",
        };
        assert_eq!(running.lost(), lost);

        let (_server, port) = asks();
        let client = authority.client().identity(stranger.clone()).build().unwrap();
        running.connect(port, client.filter("a.example").unwrap(), b"hello\n");
        assert_eq!(running.lost(), "tls: the peer refused our certificate: unknown ca");
    }
}
