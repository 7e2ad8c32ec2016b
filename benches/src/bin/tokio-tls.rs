//! The same as one writes it on tokio-rustls: a task a connection, on one thread.

use std::error::Error;
use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::ServerSessionMemoryCache;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio_rustls::TlsAcceptor;

use ropewalk_benches::{TlsKey, listen_with};

fn main() -> Result<(), Box<dyn Error>> {
    let mut bulk = false;
    let listener = listen_with(|option| {
        bulk |= option == "bulk";
        option == "bulk"
    })?;
    let key = TlsKey::generate()?;
    let provider = ring::default_provider();
    let mut config = ServerConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![key.certificate.into()], key.key.try_into()?)?;
    config.ticketer = ring::Ticketer::new()?;
    config.session_storage = ServerSessionMemoryCache::new(1024);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Builder::new_current_thread().enable_io().build()?.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            let acceptor = acceptor.clone();
            // A connection that breaks concerns nobody else.
            tokio::spawn(async move { serve(stream, &acceptor, bulk).await.ok() });
        }
    })
}

async fn serve(stream: TcpStream, acceptor: &TlsAcceptor, bulk: bool) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = acceptor.accept(stream).await?;
    let mut buffer = vec![0; 16 * 1024];
    let block = if bulk { vec![b'x'; 64 * 1024] } else { Vec::new() };
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return stream.shutdown().await;
        }
        if bulk {
            for _ in 0..count {
                stream.write_all(&block).await?;
            }
        } else {
            stream.write_all(&buffer[..count]).await?;
        }
        stream.flush().await?;
    }
}
