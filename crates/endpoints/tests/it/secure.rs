//! TLS endpoints, on real sockets.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use futures_util::future::join_all;
use rcgen::{CertificateParams, KeyPair};
use ropewalk_endpoints::{ClientEndpoint, DialError, Listening, ServerEndpoint};
use ropewalk_protocol::{Context, Mailbox, Peer, Protocol, Reactor, Reason, factory};
use ropewalk_reactor::{PollReactor, Settings};

/// Writes back what it reads, and keeps count of the connections that ended.
#[derive(Clone, Default)]
struct Echo {
    lost: Arc<Mutex<Vec<String>>>,
}

impl Protocol for Echo {
    type Message = ();

    fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut bytes::BytesMut) {
        cx.send(input.split().freeze());
    }

    fn connection_lost(&mut self, reason: &Reason) {
        self.lost.lock().unwrap().push(reason.to_string());
    }
}

/// Sends its mailbox once it is connected, writes what it is told, and sends what comes back.
struct Asks {
    made: mpsc::Sender<(Mailbox<&'static str>, Peer)>,
    heard: mpsc::Sender<Vec<u8>>,
}

impl Protocol for Asks {
    type Message = &'static str;

    fn connection_made(&mut self, cx: &mut Context<'_, &'static str>) {
        let made = (cx.mailbox(), cx.peer().clone());
        self.made.send(made).unwrap();
    }

    fn data_received(&mut self, _: &mut Context<'_, &'static str>, input: &mut bytes::BytesMut) {
        let _ = self.heard.send(input.split().to_vec());
    }

    fn message_received(&mut self, cx: &mut Context<'_, &'static str>, message: &'static str) {
        cx.write(message.as_bytes());
    }
}

/// Puts a certificate of its own making for `name`, and its key, into a file.
fn certificate(path: &Path, name: &str) -> String {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key).unwrap();
    fs::write(path, format!("{}{}", certificate.pem(), key.serialize_pem())).unwrap();
    ropewalk_tls::Pin::of(certificate.der()).unwrap().to_string()
}

/// A reactor on a thread of its own, until this goes.
struct Running {
    reactor: PollReactor,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    fn new() -> Self {
        let settings = Settings { signals: false, shutdown: Duration::ZERO, ..Settings::default() };
        let reactor = PollReactor::new(settings).unwrap();
        let runs = reactor.clone();
        let thread = Some(std::thread::spawn(move || runs.run()));
        Self { reactor, thread }
    }

    fn listen(&self, text: &str, echo: &Echo) -> Listening {
        let endpoint: ServerEndpoint = text.parse().unwrap();
        let echo = echo.clone();
        endpoint.listen(&self.reactor, factory(move |_: &Peer| Some(echo.clone()))).unwrap()
    }

    /// Connects as often as there are strings; how each attempt ended.
    fn dial(&self, texts: &[String]) -> (Vec<Result<Peer, DialError>>, Dialled) {
        let (made, mailboxes) = mpsc::channel();
        let (heard, hears) = mpsc::channel();
        let attempts: Vec<_> = texts
            .iter()
            .map(|text| {
                let endpoint: ClientEndpoint = text.parse().unwrap();
                let asks = Asks { made: made.clone(), heard: heard.clone() };
                endpoint.connect(&self.reactor, asks)
            })
            .collect();
        let (tell, told) = mpsc::channel();
        self.reactor.spawn(async move { tell.send(join_all(attempts).await).unwrap() });
        let outcomes = told.recv_timeout(Duration::from_secs(60)).unwrap();
        (outcomes, Dialled { mailboxes: mailboxes.try_iter().collect(), hears })
    }

    fn one(&self, text: &str) -> (Result<Peer, DialError>, Dialled) {
        let (mut outcomes, dialled) = self.dial(&[text.to_owned()]);
        (outcomes.remove(0), dialled)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let reactor = self.reactor.clone();
        self.reactor.call_when_running(move || reactor.stop());
        let ended = self.thread.take().map(std::thread::JoinHandle::join);
        assert!(matches!(ended, Some(Ok(()))) || std::thread::panicking());
    }
}

/// Connections that stand.
struct Dialled {
    mailboxes: Vec<(Mailbox<&'static str>, Peer)>,
    hears: mpsc::Receiver<Vec<u8>>,
}

impl Dialled {
    /// Has all of them say this, and waits until all of it came back.
    fn all_echo(&self, text: &'static str) {
        for (mailbox, _) in &self.mailboxes {
            mailbox.post(text).unwrap();
        }
        let mut bytes = text.len() * self.mailboxes.len();
        while bytes > 0 {
            let heard = self.hears.recv_timeout(Duration::from_secs(60)).unwrap();
            bytes -= heard.len();
        }
    }
}

fn port(listening: &Listening) -> u16 {
    listening.address().port().unwrap()
}

#[test]
fn a_client_and_a_server_speak_tls_and_both_know_what_was_settled() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("here.pem");
    certificate(&file, "localhost");
    let running = Running::new();
    let server = format!("tls:0:127.0.0.1:key={}:alpn=irc", file.display());
    let listening = running.listen(&server, &Echo::default());
    let printed = format!("tls:key={}:alpn=irc:{}", file.display(), listening.address());
    assert_eq!(listening.to_string(), printed);
    let client = format!("tls:localhost:{}:roots={}:alpn=irc", port(&listening), file.display());
    let (outcome, dialled) = running.one(&client);
    let tls = outcome.unwrap().tls.unwrap();
    assert_eq!((&*tls.version, tls.alpn.as_deref()), ("TLSv1.3", Some(&b"irc"[..])));
    assert!(tls.exporter.is_some());
    dialled.all_echo("hello");
}

#[test]
fn a_certificate_for_another_name_is_refused_and_the_names_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("there.pem");
    certificate(&file, "there.example");
    let running = Running::new();
    let server = format!("tls:0:127.0.0.1:key={}", file.display());
    let listening = running.listen(&server, &Echo::default());
    let client = format!("tls:localhost:{}:roots={}", port(&listening), file.display());
    let error = running.one(&client).0.unwrap_err();
    assert!(matches!(error, DialError::Layer { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("there.example") && text.contains("localhost"), "{text}");
    // Whoever says which name it has to be gets what he asks for.
    assert!(running.one(&format!("{client}:name=there.example")).0.is_ok());
}

#[test]
fn files_that_are_missing_or_wrong_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::new();
    let missing = folder.path().join("missing.pem");
    let endpoint: ServerEndpoint = format!("tls:0:key={}", missing.display()).parse().unwrap();
    let failed = endpoint.listen(&running.reactor, factory(|_: &Peer| Some(Echo::default())));
    let message = failed.unwrap_err().to_string();
    let not_found = std::io::Error::from_raw_os_error(2);
    let place = missing.display();
    assert_eq!(message, format!("cannot listen on {endpoint}: {place}: {not_found}"));
    let client = format!("tls:localhost:1:roots={place}");
    let message = running.one(&client).0.unwrap_err().to_string();
    assert_eq!(
        message,
        format!("cannot connect to tls:roots={place}:tcp:localhost:1: {place}: {not_found}")
    );
}

#[test]
fn a_header_of_a_proxy_comes_before_tls() {
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("here.pem");
    certificate(&file, "localhost");
    let echo = Echo::default();
    let running = Running::new();
    let server = format!("haproxy:tls:0:127.0.0.1:key={}", file.display());
    let listening = running.listen(&server, &echo);
    // A handshake without the header before it is refused as what it is.
    let client = format!("tls:localhost:{}:roots={}", port(&listening), file.display());
    assert!(running.one(&client).0.is_err());
    let mut plain = std::net::TcpStream::connect(("127.0.0.1", port(&listening))).unwrap();
    plain.write_all(b"PROXY UNKNOWN\r\nno TLS either\r\n").unwrap();
    plain.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut answer = Vec::new();
    let _ = std::io::Read::read_to_end(&mut plain, &mut answer);
    assert_eq!(answer.first(), Some(&21), "an alert: {answer:?}");
}

#[test]
fn a_folder_of_certificates_serves_each_name_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let pins: Vec<String> = ["one.example", "two.example"]
        .iter()
        .map(|name| certificate(&folder.path().join(format!("{name}.pem")), name))
        .collect();
    let running = Running::new();
    let server = format!("tls:0:127.0.0.1:dir={}", folder.path().display());
    let listening = running.listen(&server, &Echo::default());
    for (name, pin) in ["one.example", "two.example"].iter().zip(&pins) {
        let client = format!("tls:127.0.0.1:{}:pin={pin}:name={name}", port(&listening));
        assert!(running.one(&client).0.is_ok(), "{name}");
    }
    let wrong = format!("tls:127.0.0.1:{}:pin={}:name=two.example", port(&listening), pins[0]);
    let message = running.one(&wrong).0.unwrap_err().to_string();
    assert!(message.contains(&pins[1]), "{message}");
}

/// Certificates are replaced while a thousand connections stand: none is lost, and new ones get the
/// new certificate.
#[test]
fn a_reload_under_load_loses_nobody() {
    const COUNT: usize = 1000;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("here.pem");
    let old = certificate(&file, "localhost");
    let echo = Echo::default();
    let running = Running::new();
    let server = format!("tls:0:127.0.0.1:key={}", file.display());
    let listening = running.listen(&server, &echo);
    let client = |pin: &str| format!("tls:127.0.0.1:{}:pin={pin}", port(&listening));
    let mut standing = Vec::new();
    for _ in 0..COUNT / 100 {
        let (outcomes, dialled) = running.dial(&vec![client(&old); 100]);
        assert!(outcomes.iter().all(Result::is_ok));
        standing.push(dialled);
    }
    standing.iter().for_each(|dialled| dialled.all_echo("before"));

    fs::write(&file, "no certificate").unwrap();
    let error = listening.reload().unwrap_err().to_string();
    assert!(error.starts_with(&file.display().to_string()), "{error}");
    assert!(running.one(&client(&old)).0.is_ok(), "what was there stays");

    let new = certificate(&file, "localhost");
    listening.reload().unwrap();
    standing.iter().for_each(|dialled| dialled.all_echo("meanwhile"));
    assert!(running.one(&client(&new)).0.is_ok());
    assert!(running.one(&client(&old)).0.is_err());
    standing.iter().for_each(|dialled| dialled.all_echo("afterwards"));
    // One was dropped by the client that pins what is there no more.
    let lost = echo.lost.lock().unwrap().clone();
    assert!(lost.is_empty(), "{lost:?}");
}
