//! What is measured under TLS: ours against tokio-rustls, both with rustls on ring.

use std::error::Error;

use crate::shapes::{Options, Row, Shape, measure};

pub(crate) fn tls(options: Options) -> Result<(), Box<dyn Error>> {
    for (mode, what) in [("tls-full", "full"), ("tls-resumed", "resumed")] {
        let title = format!("tls: {what} handshakes, each with one byte of echo");
        let shape = Shape { title, connections: 1, size: 1, depth: 1, messages: 2_000 };
        measure(&rows(mode, &[]), &[shape], options)?;
    }
    for (size, depth, messages) in [(64, 1, 60_000), (64, 16, 300_000), (16_384, 1, 20_000)] {
        let title = format!("tls: echo, 64 connections, {size} bytes, {depth} in flight");
        let shape = Shape { title, connections: 64, size, depth, messages };
        measure(&rows("tls-echo", &[]), &[shape], options)?;
    }
    let title = "tls: blocks of 64 KiB to 8 connections, two in flight".to_owned();
    let shape = Shape { title, connections: 8, size: 65_536, depth: 2, messages: 10_000 };
    measure(&rows("tls-bulk", &["--bulk"]), &[shape], options)
}

fn rows(mode: &'static str, more: &[&'static str]) -> [Row; 3] {
    let arguments = |first: &[&'static str]| -> &'static [&'static str] {
        // A handful a run.
        Vec::leak([first, more].concat())
    };
    [
        Row::new("tokio-rustls", "tokio-tls", arguments(&[]), mode),
        Row::new("ours on poll", "tls-server", arguments(&["--reactor", "poll"]), mode),
        Row::new("ours on tokio", "tls-server", arguments(&["--reactor", "tokio"]), mode),
    ]
}
