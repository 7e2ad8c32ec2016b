//! Lines echoed through tokio-util's codec, as well as it can be done: what one read brought is
//! fed and then flushed once.

use std::error::Error;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};

use ropewalk_benches::listen;

fn main() -> Result<(), Box<dyn Error>> {
    let listener = listen()?;
    Builder::new_current_thread().enable_io().build()?.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            // A connection that breaks concerns nobody else.
            tokio::spawn(async { echo(stream).await.ok() });
        }
    })
}

async fn echo(stream: TcpStream) -> Result<(), LinesCodecError> {
    stream.set_nodelay(true)?;
    let mut lines = Framed::new(stream, LinesCodec::new_with_max_length(16 * 1024));
    while let Some(line) = lines.next().await {
        lines.feed(line?).await?;
        while let Some(Some(line)) = lines.next().now_or_never() {
            lines.feed(line?).await?;
        }
        SinkExt::<String>::flush(&mut lines).await?;
    }
    Ok(())
}
