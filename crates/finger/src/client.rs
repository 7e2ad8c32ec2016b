//! The client: one question, one answer.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use futures_channel::oneshot;

use ropewalk_protocol::{Connect, Context, Protocol, Reactor, Reason};

use crate::{Characters, FingerError, Query, answer::Cleaner};

/// What an asker takes, and how long it waits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Patience {
    /// For the whole answer, from the connection on.
    pub time: Duration,
    /// The longest answer, in bytes.
    pub length: usize,
}

/// A minute, 2 MiB.
impl Default for Patience {
    fn default() -> Self {
        Self { time: Duration::from_secs(60), length: 2 * 1024 * 1024 }
    }
}

/// Asks a server, and gives its whole answer as it came. Dropping the future gives up.
///
/// What a terminal is to show goes through [`Inquiry::printable`] first.
///
/// ```
/// use ropewalk_finger::{FingerError, Inquiry, Patience, Characters, Query, finger};
/// use ropewalk_protocol::{Connect, Reactor};
///
/// async fn show(reactor: &impl Reactor, server: Connect) -> Result<(), FingerError> {
///     let query: Query = "alice".parse().expect("it is one word");
///     let answer = finger(reactor, server, &query, Patience::default()).await?;
///     println!("{}", Inquiry::printable(&answer, Characters::International));
///     Ok(())
/// }
/// ```
pub fn finger<R: Reactor>(
    reactor: &R,
    server: Connect,
    query: &Query,
    patience: Patience,
) -> impl Future<Output = Result<Bytes, FingerError>> + Send + use<R> {
    let (inquiry, answer) = Inquiry::new(query, patience);
    let reactor = reactor.clone();
    async move {
        reactor.connect(server, inquiry).await?;
        answer.await
    }
}

/// The protocol of one question, for connections that something else makes than a reactor's
/// `connect`: an endpoint, a filter.
#[derive(Debug)]
pub struct Inquiry {
    line: String,
    patience: Patience,
    until: Option<Instant>,
    answer: BytesMut,
    tell: Option<oneshot::Sender<Result<Bytes, FingerError>>>,
}

impl Inquiry {
    /// The protocol, and the future that gives the answer once it is there. Dropping the future
    /// ends the connection with what comes next.
    pub fn new(
        query: &Query,
        patience: Patience,
    ) -> (Self, impl Future<Output = Result<Bytes, FingerError>> + Send + use<>) {
        let (tell, hear) = oneshot::channel();
        let inquiry = Self {
            line: format!("{query}\r\n"),
            patience,
            until: None,
            answer: BytesMut::new(),
            tell: Some(tell),
        };
        let answer = async move {
            let gone = || FingerError::Dial("the protocol was dropped".into());
            hear.await.unwrap_or_else(|_| Err(gone()))
        };
        (inquiry, answer)
    }

    /// What of an answer may be shown on a terminal; RFC 1288, section 3.3. Lines end with `\n`.
    #[must_use]
    pub fn printable(answer: &[u8], characters: Characters) -> String {
        let mut clean = Vec::with_capacity(answer.len());
        Cleaner::new(characters).clean(answer, &mut clean);
        String::from_utf8_lossy(&clean).replace("\r\n", "\n")
    }

    fn tell(&mut self, result: Result<Bytes, FingerError>) {
        self.until = None;
        if let Some(tell) = self.tell.take() {
            // Nobody may be waiting any more.
            let _ = tell.send(result);
        }
    }
}

impl Protocol for Inquiry {
    type Message = ();

    fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
        self.until = Some(cx.now() + self.patience.time);
        cx.write(self.line.as_bytes());
    }

    fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
        let wanted = self.tell.as_ref().is_some_and(|tell| !tell.is_canceled());
        let limit = self.patience.length;
        if !wanted {
            cx.abort();
        } else if self.answer.len() + input.len() > limit {
            self.tell(Err(FingerError::TooLong { limit }));
            cx.abort();
        } else {
            self.answer.extend_from_slice(input);
        }
        input.clear();
    }

    fn eof_received(&mut self, cx: &mut Context<'_, ()>) {
        let answer = std::mem::take(&mut self.answer).freeze();
        self.tell(Ok(answer));
        cx.close();
    }

    fn deadline(&self) -> Option<Instant> {
        self.until
    }

    fn timed_out(&mut self, cx: &mut Context<'_, ()>) {
        self.tell(Err(FingerError::TimedOut { limit: self.patience.time }));
        cx.abort();
    }

    fn connection_lost(&mut self, reason: &Reason) {
        let partial = std::mem::take(&mut self.answer).freeze();
        self.tell(Err(FingerError::Broken { reason: reason.clone(), partial }));
    }
}
