//! What a flood of connections from one address costs a connection from another.

use std::{
    error::Error,
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use socket2::{Domain, Socket, Type};

use crate::{candidate::Server, cpu::nanoseconds_of, results::Figures, shapes::Options};

/// Connections that the address opens against a limit of ten.
const FLOOD: usize = 15_000;
/// Over how long.
const OVER: Duration = Duration::from_secs(10);
const TURNS: usize = 20_000;

/// Round trips of one connection: before the flood, while it comes, and while all of its sockets
/// are held.
struct Round {
    before: Trips,
    during: Trips,
    after: Trips,
}

/// Round trips, in microseconds.
struct Trips {
    middle: f64,
    late: f64,
    /// CPU of the server for each, in microseconds.
    cpu: f64,
}

pub(crate) fn limits(options: Options) -> Result<(), Box<dyn Error>> {
    let program = std::env::current_exe()?.with_file_name("limited-echo");
    let (flood, over) = match options.quick {
        true => (FLOOD / 10, OVER / 10),
        false => (FLOOD, OVER),
    };
    let server = Server::start(&program, &[])?;
    let mut rounds = Vec::new();
    for _ in 0..options.rounds {
        rounds.push(round(&server, flood, over)?);
    }
    println!("\n{flood} connections within {over:?} from one address that may have 10");
    println!("  round trips of another address, in microseconds, with the server's CPU for each:");
    println!(
        "  {:<26} {:>22} {:>24} {:>24} {:>20}",
        "", "median", "99th percentile", "CPU", "ratio"
    );
    let show = |name: &str, of: fn(&Round) -> &Trips| {
        let middle = Figures::of(rounds.iter().map(|round| of(round).middle));
        let late = Figures::of(rounds.iter().map(|round| of(round).late));
        let cpu = Figures::of(rounds.iter().map(|round| of(round).cpu));
        let ratio = Figures::of(rounds.iter().map(|round| of(round).middle / round.before.middle));
        let figures = |it: Figures| format!("{:.1} ({:.1}..{:.1})", it.median, it.least, it.most);
        println!(
            "  {name:<26} {:>22} {:>24} {:>24} {:>20}",
            figures(middle),
            figures(late),
            figures(cpu),
            format!("{:.2} ({:.2}..{:.2})", ratio.median, ratio.least, ratio.most),
        );
    };
    show("before", |round| &round.before);
    show("while they come", |round| &round.during);
    show("while they are all held", |round| &round.after);
    Ok(())
}

fn round(server: &Server, flood: usize, over: Duration) -> Result<Round, Box<dyn Error>> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port()))?;
    stream.set_nodelay(true)?;
    let before = trips(server, &mut stream, |count| count < TURNS)?;
    let done = AtomicBool::new(false);
    let (during, held) = thread::scope(|scope| -> Result<_, Box<dyn Error>> {
        let came = scope.spawn(|| {
            let held = come(server, flood, over);
            done.store(true, Ordering::Release);
            held
        });
        let during = trips(server, &mut stream, |_| !done.load(Ordering::Acquire))?;
        let held = came.join().map_err(|_| "the flood panicked")??;
        Ok((during, held))
    })?;
    let after = trips(server, &mut stream, |count| count < TURNS)?;
    let served = held.iter().filter(|stream| is_open(stream)).count();
    if served != 10 {
        return Err(format!("{served} of the flood are served, not 10").into());
    }
    Ok(Round { before, during, after })
}

/// Opens connections evenly over a time, and keeps them all.
fn come(server: &Server, flood: usize, over: Duration) -> io::Result<Vec<TcpStream>> {
    let start = Instant::now();
    let mut held = Vec::with_capacity(flood);
    for number in 0..flood {
        let due = over.mul_f64(number as f64 / flood as f64);
        if let Some(wait) = due.checked_sub(start.elapsed()) {
            thread::sleep(wait);
        }
        held.push(connect(server.port())?);
    }
    Ok(held)
}

fn connect(port: u16) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // As many ports as the address has, not as many as are free for any target.
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), 0)).into())?;
    socket.connect(&SocketAddrV4::new(Ipv4Addr::LOCALHOST, port).into())?;
    Ok(socket.into())
}

/// Whether the server has not closed it.
fn is_open(stream: &TcpStream) -> bool {
    let closed = stream.set_nonblocking(true).and_then(|()| stream.peek(&mut [0]));
    matches!(closed, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

fn trips(
    server: &Server,
    stream: &mut TcpStream,
    more: impl Fn(usize) -> bool,
) -> io::Result<Trips> {
    let cpu = nanoseconds_of(server.process())?;
    let mut times = Vec::with_capacity(TURNS);
    let mut answer = [0; 64];
    while more(times.len()) {
        let start = Instant::now();
        stream.write_all(&[b'x'; 64])?;
        stream.read_exact(&mut answer)?;
        times.push(start.elapsed().as_nanos() as f64 / 1000.0);
    }
    let cpu = (nanoseconds_of(server.process())? - cpu) as f64 / times.len() as f64 / 1000.0;
    times.sort_by(f64::total_cmp);
    let at = |part: f64| times.get((times.len() as f64 * part) as usize).copied();
    let (middle, late) = (at(0.5).unwrap_or(f64::NAN), at(0.99).unwrap_or(f64::NAN));
    Ok(Trips { middle, late, cpu })
}
