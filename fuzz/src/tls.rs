//! TLS: whatever arrives before, in and after a handshake; and whatever is in a file.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use bytes::{Bytes, BytesMut};
use ropewalk_protocol::{Connection, Context, Filtered, Given, Limits, Peer, Protocol};
use ropewalk_tls::{ClientTls, Identity, Pin, Roots, ServerTls, Tls};

/// The first byte says who hears the rest, the second in pieces of which size: a server, a client,
/// a server that begins with STARTTLS at the byte `S`, or a server after a handshake, whose peer
/// sends the rest while the byte that the third one counts to is changed on the way.
pub fn server(data: &[u8]) {
    let [who, size, input @ ..] = data else { return };
    let size = usize::from(*size).max(1);
    let (server, client) = both();
    let alone = |tls: Tls| {
        let mut end = End::new(tls);
        input.chunks(size).for_each(|piece| end.hear(piece));
        assert!(!end.is_secure(), "nobody shook hands");
        end.hang_up();
    };
    match who % 4 {
        0 => alone(server.filter()),
        1 => alone(client.filter("a.example").expect("it is a name")),
        2 => alone(server.starttls()),
        _ => established(server, client, size, input),
    }
}

fn established(server: &ServerTls, client: &ClientTls, size: usize, input: &[u8]) {
    let [change, input @ ..] = input else { return };
    let mut client = End::new(client.filter("a.example").expect("it is a name"));
    let mut server = End::new(server.filter());
    while carry(&mut client, &mut server, usize::MAX) | carry(&mut server, &mut client, usize::MAX)
    {
    }
    assert!(client.is_secure() && server.is_secure());
    for piece in input.chunks(size) {
        client.say(piece);
    }
    let wire = client.taken();
    let mut changed = wire.clone();
    let change = usize::from(*change);
    if let Some(byte) = changed.get_mut(change) {
        *byte ^= 1;
    }
    changed.chunks(size).for_each(|piece| server.hear(piece));
    let heard = server.connection.protocol().inner().map(|inner| inner.heard.clone());
    let heard = heard.expect("it is open");
    // A record's type and version, in clear, may change and mean nothing; whatever else does ends it.
    assert!(input.starts_with(&heard), "what is heard was said");
    assert!(changed != wire || heard == input, "all of it is heard");
    server.hang_up();
}

fn carry(from: &mut End, to: &mut End, size: usize) -> bool {
    let bytes = from.taken();
    bytes.chunks(size).for_each(|piece| to.hear(piece));
    !bytes.is_empty()
}

/// A file with certificates and keys: what is wrong with it is said in a line.
pub fn files(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    let identities = [
        Identity::pem(bytes.clone(), bytes.clone()),
        Identity::der(vec![bytes.clone()], bytes.clone()),
    ];
    for identity in identities {
        if let Err(error) = ServerTls::builder().identity(identity).build() {
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
        }
    }
    let _ = ClientTls::builder().roots(Roots::pem(bytes)).build();
    let _ = Pin::of(data);
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(pin) = text.parse::<Pin>()
    {
        assert_eq!(pin.to_string().parse::<Pin>().ok(), Some(pin));
    }
}

struct End {
    connection: Connection<Filtered<Tls, Given<Ear>>>,
    now: Instant,
}

/// Remembers what it hears; `S` in plain begins a handshake.
#[derive(Default)]
struct Ear {
    heard: Vec<u8>,
}

impl Protocol for Ear {
    type Message = Vec<u8>;

    fn data_received(&mut self, cx: &mut Context<'_, Vec<u8>>, input: &mut BytesMut) {
        let end = input.iter().position(|byte| *byte == b'S' && cx.can_start_tls());
        match end {
            Some(at) => {
                self.heard.extend(input.split_to(at + 1));
                cx.start_tls();
            }
            None => self.heard.extend(input.split()),
        }
    }

    fn message_received(&mut self, cx: &mut Context<'_, Vec<u8>>, says: Vec<u8>) {
        cx.write(&says);
    }
}

impl End {
    fn new(tls: Tls) -> Self {
        let now = Instant::now();
        let stack = Filtered::around(tls, Ear::default());
        let mut connection = Connection::new(stack, Peer::unnamed(), Arc::new(Limits::default()));
        connection.start(now);
        Self { connection, now }
    }

    fn is_secure(&self) -> bool {
        self.connection.protocol().filter().is_secure()
    }

    fn hear(&mut self, bytes: &[u8]) {
        self.connection.feed(self.now, &mut BytesMut::from(bytes));
    }

    fn say(&mut self, bytes: &[u8]) {
        self.connection.mailbox().post(bytes.to_vec()).expect("there is room");
        self.connection.poll(self.now, None);
    }

    fn taken(&mut self) -> Vec<u8> {
        let mut taken = Vec::new();
        while self.connection.queued() > 0 {
            let front = self.connection.outgoing().len();
            taken.extend_from_slice(self.connection.outgoing());
            self.connection.sent(self.now, front);
        }
        taken
    }

    /// Nothing is left open, and there is a reason.
    fn hang_up(mut self) {
        self.taken();
        self.connection.end(self.now);
        self.taken();
        if self.connection.wants_shutdown() {
            self.connection.shut_down(self.now);
        }
        self.connection.end(self.now);
        let over = self.connection.over().cloned();
        self.connection.finish(&over.expect("both halves have ended"));
    }
}

fn both() -> &'static (ServerTls, ClientTls) {
    static BOTH: OnceLock<(ServerTls, ClientTls)> = OnceLock::new();
    BOTH.get_or_init(|| {
        let made = rcgen::generate_simple_self_signed(["a.example".to_owned()]);
        let made = made.expect("it is a name");
        let chain = made.cert.der().to_vec();
        let pin = Pin::of(&chain).expect("it is a certificate");
        let identity = Identity::der(vec![chain.into()], made.signing_key.serialize_der());
        let server = ServerTls::builder().identity(identity).build().expect("they match");
        (server, ClientTls::builder().pin(pin).build().expect("nothing is read"))
    })
}
