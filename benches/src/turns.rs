//! What floods of lines cost somebody in the same chat who says little.

use std::{
    error::Error,
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, TcpStream},
    thread,
    time::{Duration, Instant},
};

use crate::{
    candidate::Server,
    results::Figures,
    shapes::{Options, Row},
};

const FLOODS: [usize; 4] = [0, 1, 8, 32];
const PINGS: usize = 300;

/// Floods say lines of 16 bytes to rooms of their own, without a flood limit; a quiet client pings.
pub(crate) fn turns(options: Options) -> Result<(), Box<dyn Error>> {
    if !std::env::current_exe()?.with_file_name("words").is_file() {
        println!("left out: turns (words is not there)");
        return Ok(());
    }
    let words = Row::new("words", "words", &["--reactor", "poll", "--threads", "1"], "irc");
    let server = words.serve()?;
    println!("\nturns: a quiet client's PING on words, in microseconds, while others flood");
    println!("  {:<12} {:>28} {:>28}", "floods", "median", "99th percentile");
    let mut name = 0;
    for count in FLOODS {
        let (mut middle, mut late) = (Vec::new(), Vec::new());
        for _ in 0..options.rounds.min(3) {
            let times = round(&server, count, &mut name)?;
            middle.push(times[times.len() / 2]);
            late.push(times[times.len() * 99 / 100]);
        }
        let show = |values: Vec<f64>| {
            let it = Figures::of(values.into_iter());
            format!("{:.0} ({:.0}..{:.0})", it.median, it.least, it.most)
        };
        println!("  {count:<12} {:>28} {:>28}", show(middle), show(late));
    }
    Ok(())
}

/// Round trips in order of length.
fn round(server: &Server, floods: usize, name: &mut u32) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut join = || {
        *name += 1;
        register(server.port(), *name)
    };
    let mut quiet = join()?;
    let flooding = (0..floods).map(|_| join()).collect::<io::Result<Vec<_>>>()?;
    thread::scope(|scope| -> Result<_, Box<dyn Error>> {
        for (number, stream) in flooding.iter().enumerate() {
            scope.spawn(move || flood(stream, number));
        }
        thread::sleep(Duration::from_millis(500)); // until their buffers are full
        let mut times = Vec::with_capacity(PINGS);
        for _ in 0..PINGS {
            let start = Instant::now();
            quiet.write_all(b"PING x\r\n")?;
            read_until(&mut quiet, b"\n")?;
            times.push(start.elapsed().as_secs_f64() * 1e6);
            thread::sleep(Duration::from_millis(1));
        }
        for stream in &flooding {
            stream.shutdown(Shutdown::Both)?; // which ends its thread
        }
        times.sort_by(f64::total_cmp);
        Ok(times)
    })
}

fn flood(mut stream: &TcpStream, number: usize) {
    let lines = format!("PRIVMSG #f{number} :y\r\n").repeat(4000);
    // An error is how it is told to end.
    let mut sent = stream.write_all(format!("JOIN #f{number}\r\n").as_bytes());
    while sent.is_ok() {
        sent = stream.write_all(lines.as_bytes());
    }
}

fn register(port: u16, name: u32) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nodelay(true)?;
    write!(stream, "NICK n{name}\r\nUSER n 0 * :n\r\n")?;
    read_until(&mut stream, b" 422 ")?; // there is no message of the day
    Ok(stream)
}

/// Reads until something has come that has `end` in it.
fn read_until(stream: &mut TcpStream, end: &[u8]) -> io::Result<()> {
    let (mut heard, mut buffer) = (Vec::new(), [0; 4096]);
    while !heard.windows(end.len()).any(|part| part == end) {
        match stream.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => heard.extend_from_slice(&buffer[..length]),
        }
    }
    Ok(())
}
