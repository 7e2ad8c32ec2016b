//! Our TLS below echo, or (`--bulk`) below a server that answers each byte with 64 KiB;
//! `--reactor poll|tokio`.

use std::error::Error;
use std::io::Write;

use bytes::{Bytes, BytesMut};
use lexopt::{Arg, ValueExt};

use ropewalk_benches::TlsKey;
use ropewalk_protocol::{Address, Context, Filtered, Listen, Protocol, Reactor, factory};
use ropewalk_reactor::{PollReactor, Settings};
use ropewalk_tls::{Identity, ServerTls};
use ropewalk_tokio::TokioReactor;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut bulk, mut reactor) = (None, "poll".to_owned());
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("bulk") => bulk = Some(Bytes::from(vec![b'x'; 64 * 1024])),
            Arg::Long("reactor") => reactor = parser.value()?.string()?,
            // Where to listen is said to every candidate, and is always the same.
            Arg::Long("listen") => drop(parser.value()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let key = TlsKey::generate()?;
    let identity = Identity::der(vec![key.certificate.into()], key.key);
    let tls = ServerTls::builder().identity(identity).build()?;
    match &*reactor {
        "poll" => serve(&PollReactor::new(Settings::default())?, tls, bulk),
        "tokio" => serve(&TokioReactor::new()?, tls, bulk),
        _ => Err("the reactor is poll or tokio".into()),
    }
}

fn serve(
    reactor: &impl Reactor,
    tls: ServerTls,
    bulk: Option<Bytes>,
) -> Result<(), Box<dyn Error>> {
    let listen = Listen::new(Address::Tcp(([127, 0, 0, 1], 0).into()));
    let port = reactor.listen(
        listen,
        factory(move |_| Some(Filtered::around(tls.filter(), Answers { bulk: bulk.clone() }))),
    )?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {}", port.address())?;
    out.flush()?;
    drop(out);
    reactor.run();
    Ok(())
}

struct Answers {
    bulk: Option<Bytes>,
}

impl Protocol for Answers {
    type Message = ();

    fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
        match &self.bulk {
            None => cx.send(input.split().freeze()),
            Some(block) => input.split().iter().for_each(|_| cx.send(block.clone())),
        }
    }
}
