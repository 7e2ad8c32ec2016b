//! Load under TLS: connections that exchange messages, and connections that only shake hands.

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, HandshakeKind, SignatureScheme,
};

use crate::poll::{Interest, Poll};
use crate::socket;

/// What a server under measurement shows: a certificate and its key, in DER.
pub struct TlsKey {
    /// The certificate.
    pub certificate: Vec<u8>,
    /// The key, as PKCS #8.
    pub key: Vec<u8>,
}

impl TlsKey {
    /// Makes one, of ECDSA with P-256.
    pub fn generate() -> Result<Self, Box<dyn Error>> {
        let made = rcgen::generate_simple_self_signed([NAME.to_owned()])?;
        let key = made.signing_key.serialize_der();
        Ok(Self { certificate: made.cert.der().to_vec(), key })
    }
}

/// Open TLS connections to a server; each request is answered with so many bytes.
pub struct TlsStreams {
    poll: Poll,
    streams: Vec<Stream>,
    request: Vec<u8>,
    answer: usize,
    buffer: Vec<u8>,
}

struct Stream {
    socket: TcpStream,
    tls: ClientConnection,
    received: usize,
    wants_room: bool,
}

impl TlsStreams {
    /// Connects `count` times, and shakes hands.
    pub fn connect(port: u16, count: usize, request: usize, answer: usize) -> io::Result<Self> {
        let config = Arc::new(config()?);
        let poll = Poll::new()?;
        let mut streams = Vec::with_capacity(count);
        for index in 0..count {
            let (socket, mut tls) = shake(port, index, &config)?;
            tls.set_buffer_limit(None);
            socket.set_nonblocking(true)?;
            poll.add(&socket, index, Interest::Read)?;
            streams.push(Stream { socket, tls, received: 0, wants_room: false });
        }
        let request = vec![b'r'; request];
        Ok(Self { poll, streams, request, answer, buffer: vec![0; 256 * 1024] })
    }

    /// Sends `messages` in all, at most `depth` at a time on each connection, and waits for the
    /// answers.
    pub fn exchange(&mut self, messages: u64, depth: u64) -> io::Result<()> {
        let (mut to_start, mut missing) = (messages, messages);
        for index in 0..self.streams.len() {
            let first = depth.min(to_start);
            to_start -= first;
            self.start(index, first)?;
        }
        let mut ready = Vec::new();
        while missing > 0 {
            self.poll.wait_for_server(&mut ready)?;
            for &index in &ready {
                let arrived = self.read(index)?;
                missing = missing.checked_sub(arrived).ok_or(ErrorKind::InvalidData)?;
                let next = arrived.min(to_start);
                to_start -= next;
                self.start(index, next)?;
            }
        }
        Ok(())
    }

    /// Writes so many requests more, as one, and sends what the socket takes.
    fn start(&mut self, index: usize, messages: u64) -> io::Result<()> {
        let stream = &mut self.streams[index];
        if messages > 0 {
            stream.tls.writer().write_all(&self.request.repeat(messages as usize))?;
        }
        while stream.tls.wants_write() {
            match stream.tls.write_tls(&mut stream.socket) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        let wants_room = stream.tls.wants_write();
        if wants_room != stream.wants_room {
            stream.wants_room = wants_room;
            let interest = if wants_room { Interest::Both } else { Interest::Read };
            self.poll.set(&stream.socket, index, interest)?;
        }
        Ok(())
    }

    /// Reads what there is; how many answers were completed.
    fn read(&mut self, index: usize) -> io::Result<u64> {
        let stream = &mut self.streams[index];
        let count = match stream.socket.read(&mut self.buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
            Err(error) => return Err(error),
        };
        let mut unread = &self.buffer[..count];
        let mut plain = [0; 16 * 1024];
        while !unread.is_empty() {
            stream.tls.read_tls(&mut unread)?;
            stream.tls.process_new_packets().map_err(io::Error::other)?;
            while let Ok(count) = stream.tls.reader().read(&mut plain)
                && count > 0
            {
                stream.received += count;
            }
        }
        let answers = stream.received / self.answer;
        stream.received %= self.answer;
        Ok(answers as u64)
    }
}

/// Connects, shakes hands, exchanges a byte and hangs up, over and over.
pub struct Handshakes {
    port: u16,
    config: Arc<ClientConfig>,
    expected: HandshakeKind,
    made: usize,
}

impl Handshakes {
    /// Full handshakes each time.
    pub fn full(port: u16) -> io::Result<Self> {
        let mut config = config()?;
        config.resumption = Resumption::disabled();
        Ok(Self { port, config: Arc::new(config), expected: HandshakeKind::Full, made: 0 })
    }

    /// Resumes the session of the time before.
    pub fn resumed(port: u16) -> io::Result<Self> {
        let config = Arc::new(config()?);
        let mut first = Self { port, config, expected: HandshakeKind::Full, made: 0 };
        first.run(1)?;
        first.expected = HandshakeKind::Resumed;
        Ok(first)
    }

    /// So many, one after the other.
    pub fn run(&mut self, count: u64) -> io::Result<()> {
        for _ in 0..count {
            self.made += 1;
            let (mut socket, mut tls) = shake(self.port, self.made, &self.config)?;
            tls.writer().write_all(b"r")?;
            let mut byte = [0];
            rustls::Stream::new(&mut tls, &mut socket).read_exact(&mut byte)?;
            if tls.handshake_kind() != Some(self.expected) {
                return Err(io::Error::other("the handshake was of another kind"));
            }
            tls.send_close_notify();
            tls.write_tls(&mut socket)?;
        }
        Ok(())
    }
}

/// Connects and completes the handshake; the socket blocks.
fn shake(
    port: u16,
    index: usize,
    config: &Arc<ClientConfig>,
) -> io::Result<(TcpStream, ClientConnection)> {
    let mut socket = socket::connect(port, index)?;
    socket.set_nonblocking(false)?;
    let name = ServerName::try_from(NAME).map_err(io::Error::other)?;
    let mut tls = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
    while tls.is_handshaking() {
        tls.complete_io(&mut socket)?;
    }
    Ok((socket, tls))
}

fn config() -> io::Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let verifier = Arc::new(TakesAny(provider));
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// Whom it talks to is no question here.
#[derive(Debug)]
struct TakesAny(Arc<CryptoProvider>);

impl ServerCertVerifier for TakesAny {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

const NAME: &str = "bench.example";
