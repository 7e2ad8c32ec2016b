//! Writing down what passes.

use std::{
    fmt,
    io::IoSlice,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use bytes::BytesMut;

use ropewalk_protocol::{Filter, Malformed, Outbox, Peer, Wire};

/// A [`Filter`] that shows all that passes to a sink, and changes nothing.
///
/// The sink is called in the turn and must not wait: [`journal`](crate::journal()) is one that hands
/// records to a thread, [`TrafficLog::tracing`] one that asks `tracing` for the level `TRACE` and
/// costs a look when that is off.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use ropewalk_policies::{Record, TrafficLog};
/// use ropewalk_protocol::Filtered;
/// # use bytes::BytesMut;
/// # use ropewalk_protocol::{Connection, Context, Peer, Protocol};
/// # struct Echo;
/// # impl Protocol for Echo {
/// #     type Message = ();
/// #     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
/// #         cx.send(input.split().freeze());
/// #     }
/// # }
///
/// let lines = Arc::new(Mutex::new(Vec::new()));
/// let sink = { let lines = lines.clone(); move |record: &Record<'_>| {
///     lines.lock().unwrap().push(format!("{} {}", record.direction, record.bytes.escape_ascii()));
/// }};
/// let logged = Filtered::around(TrafficLog::new(sink), Echo);
/// let mut connection = Connection::new(logged, Peer::unnamed(), Default::default());
/// connection.start(std::time::Instant::now());
/// connection.feed(std::time::Instant::now(), &mut BytesMut::from("hello\n"));
/// assert_eq!(*lines.lock().unwrap(), ["< hello\\n", "> hello\\n"]);
/// ```
pub struct TrafficLog {
    sink: Sink,
    most: usize,
    connection: u64,
}

pub(crate) type Sink = Arc<dyn Fn(&Record<'_>) + Send + Sync>;

/// Bytes that passed in one go. Shown as a line of text: the bytes as they are where they can be
/// printed, `\n` and `\x00` where not. `{:x}` shows them in hexadecimal.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record<'a> {
    /// Which connection: numbers are given in the order of their first byte, in the whole process.
    pub connection: u64,
    /// Who is at the other end.
    pub peer: &'a Peer,
    /// Which way.
    pub direction: Direction,
    /// When.
    pub at: Instant,
    /// How many bytes passed.
    pub length: usize,
    /// The first of them.
    pub bytes: &'a [u8],
}

/// Which way bytes pass, seen from this end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// From the peer.
    In,
    /// To the peer.
    Out,
}

impl TrafficLog {
    /// Shows records to `sink`, each with 1,024 bytes at most.
    pub fn new(sink: impl Fn(&Record<'_>) + Send + Sync + 'static) -> Self {
        Self::shared(Arc::new(sink))
    }

    /// Shows records to a sink that other connections use too.
    #[must_use]
    pub fn shared(sink: Arc<dyn Fn(&Record<'_>) + Send + Sync>) -> Self {
        Self { sink, most: 1024, connection: 0 }
    }

    /// Shows records to `tracing`, at the level `TRACE` and the target `traffic`.
    #[must_use]
    pub fn tracing() -> Self {
        Self::new(|record| tracing::trace!(target: "traffic", "{record}"))
    }

    /// With another limit, in bytes, for what is shown of a record.
    #[must_use]
    pub fn most(self, most: usize) -> Self {
        Self { most, ..self }
    }

    fn show(&mut self, wire: &Wire<'_>, direction: Direction, length: usize, bytes: &[u8]) {
        if self.connection == 0 {
            self.connection = NEXT.fetch_add(1, Ordering::Relaxed);
        }
        let bytes = &bytes[..bytes.len().min(self.most)];
        let (connection, peer, at) = (self.connection, wire.peer(), wire.now());
        (self.sink)(&Record { connection, peer, direction, at, length, bytes });
    }

    /// The first piece of what is to be written is shown as it lies; only where it is in several is
    /// it put together.
    fn show_outbox(&mut self, wire: &Wire<'_>, plain: &Outbox) {
        let (length, most) = (plain.len(), self.most);
        if plain.front().len() >= length.min(most) {
            return self.show(wire, Direction::Out, length, plain.front());
        }
        let mut slices = [IoSlice::new(&[]); PIECES];
        let filled = plain.slices(&mut slices);
        let mut together = Vec::with_capacity(length.min(most));
        for slice in &slices[..filled] {
            let room = most - together.len();
            together.extend_from_slice(&slice[..slice.len().min(room)]);
        }
        self.show(wire, Direction::Out, length, &together);
    }
}

impl Filter for TrafficLog {
    fn decode(
        &mut self,
        wire: &mut Wire<'_>,
        input: &mut BytesMut,
        plain: &mut BytesMut,
    ) -> Result<(), Malformed> {
        self.show(wire, Direction::In, input.len(), input);
        plain.unsplit(input.split());
        Ok(())
    }

    fn encode(&mut self, wire: &mut Wire<'_>, plain: &mut Outbox) {
        self.show_outbox(wire, plain);
        wire.pass(plain);
    }
}

impl Record<'_> {
    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connection, peer, direction, length, .. } = self;
        write!(f, "#{connection} {} {direction} {length} ", peer.address)
    }

    fn tail(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.length > self.bytes.len() { " ..." } else { "" })
    }
}

impl fmt::Display for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        write!(f, "{}", self.bytes.escape_ascii())?;
        self.tail(f)
    }
}

impl fmt::LowerHex for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        self.bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        self.tail(f)
    }
}

/// `<` for in, `>` for out.
impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::In => "<",
            Self::Out => ">",
        })
    }
}

impl fmt::Debug for TrafficLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrafficLog").field("connection", &self.connection).finish_non_exhaustive()
    }
}

/// Names connections in records. A count, not a limit: it is shared so that names are told apart.
static NEXT: AtomicU64 = AtomicU64::new(1);
/// Pieces of output that are put together for a record.
const PIECES: usize = 16;
