//! hyper on our reactors: an application of a few lines. `docs/hyper.md` tells how it goes.

use std::{convert::Infallible, error::Error, process::ExitCode};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use ropewalk_examples::{Bridge, Demo, Serves, Stream, serve_demo};
use ropewalk_protocol::{Reactor, factory};

struct Hello;

/// What an application is to hyper.
async fn hello(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let line = format!("{} {}\n", request.method(), request.uri().path());
    let body = request
        .into_body()
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    Ok(Response::new(Full::from([line.as_bytes(), &body].concat())))
}

impl Demo for Hello {
    const NAME: &'static str = "hyper";
    const LISTENS: &'static str = "tcp:8081:interface=127.0.0.1";
    const OPTIONS: &'static str = "";

    fn factory<R: Reactor>(&self, reactor: &R) -> Result<impl Serves, Box<dyn Error>> {
        let reactor = reactor.clone();
        Ok(factory(move |_| {
            let reactor = reactor.clone();
            Some(Bridge::new(move |stream: Stream| {
                reactor.spawn(async move {
                    let mut http = http1::Builder::new();
                    http.half_close(true); // a client may end its half and wait for the answer
                    let serving = http.serve_connection(stream, service_fn(hello));
                    if let Err(error) = serving.await {
                        eprintln!("hyper: {error}");
                    }
                });
            }))
        }))
    }
}

fn main() -> ExitCode {
    serve_demo(&Hello, std::env::args_os().skip(1).collect())
}
