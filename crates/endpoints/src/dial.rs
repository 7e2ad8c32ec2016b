//! Connecting to whichever address of a host answers first (RFC 8305, "happy eyeballs").

use std::{
    future::{Future, poll_fn},
    io,
    net::IpAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use futures_channel::oneshot;
use futures_util::{StreamExt, future::Either, future::select, stream};
use ropewalk_clock::Clock;
use ropewalk_protocol::{Address, ConnectError, Limits, Peer, Protocol, Reactor, Reason};
use thiserror::Error;

use crate::{
    Answers, ClientPlan, Filters, LayerError, Resolver, Target,
    attempt::{Attempt, Opened, Prize},
    candidates::Candidates,
};

/// Connecting to an endpoint did not work.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DialError {
    /// The name could not be looked up.
    #[error("cannot look up {host}: {source}")]
    LookUp {
        /// The name.
        host: Arc<str>,
        /// What the system answered.
        source: io::Error,
    },
    /// The name has no address that the endpoint allows.
    #[error("{host} has no address that will do")]
    NoAddress {
        /// The name.
        host: Arc<str>,
    },
    /// A layer could not be prepared.
    #[error("cannot connect to {endpoint}: {source}")]
    Prepare {
        /// The endpoint.
        endpoint: String,
        /// What is wrong.
        source: LayerError,
    },
    /// There was no connection to the address.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// There was no connection to any of the host's addresses.
    #[error("cannot connect to {host}: {}", list(failures))]
    All {
        /// The name.
        host: Arc<str>,
        /// What became of each address, in the order in which that was known.
        failures: Vec<ConnectError>,
    },
    /// It was connected, and a layer's handshake did not succeed.
    #[error("cannot connect to {}: {reason}", address.client())]
    Layer {
        /// Where to.
        address: Address,
        /// Why.
        reason: Reason,
    },
    /// All of it together took too long.
    #[error("cannot connect to {target}: no connection within {timeout:?}")]
    TimedOut {
        /// The endpoint, without its layers.
        target: String,
        /// The limit.
        timeout: Duration,
    },
}

fn list(failures: &[ConnectError]) -> String {
    failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Between one attempt and the next (RFC 8305 section 5, "Connection Attempt Delay").
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// How long an IPv4 answer waits for the IPv6 one (RFC 8305 section 3, "Resolution Delay").
const RESOLUTION_DELAY: Duration = Duration::from_millis(50);

impl Target {
    /// Where to connect to; one answer where nothing has to be looked up.
    pub(crate) fn addresses(&self, resolver: &dyn Resolver) -> Answers {
        match self {
            Self::Unix(_) => Box::pin(stream::empty()),
            Self::Host { host, .. } => match host.parse::<IpAddr>() {
                Ok(ip) => Box::pin(stream::iter([Ok(vec![ip])])),
                Err(_) => resolver.resolve(host),
            },
        }
    }
}

pub(crate) async fn dial<R, P>(
    plan: ClientPlan,
    filters: Result<Arc<[Arc<dyn Filters>]>, DialError>,
    limits: Arc<Limits>,
    answers: Answers,
    reactor: R,
    protocol: P,
) -> Result<Peer, DialError>
where
    R: Reactor,
    P: Protocol + Send + 'static,
    P::Message: Send + 'static,
{
    let clock = reactor.clock();
    let timeout = plan.connect(Address::Unnamed).timeout;
    let target = plan.to_string();
    let late = pin!(clock.sleep_until(clock.now() + timeout));
    let (prize, claimed, opened) = Prize::new(protocol, filters?);
    let race = Race {
        candidates: Candidates::new(&plan),
        plan,
        limits,
        reactor,
        answers: Some(answers),
        prize,
        claimed,
        attempts: Vec::new(),
        failures: Vec::new(),
        begun: Vec::new(),
        connected: false,
        unanswered: None,
        next_at: None,
    };
    match select(pin!(race.run(opened)), late).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(_) => Err(DialError::TimedOut { target, timeout }),
    }
}

/// One protocol, and the attempts that race for it.
struct Race<R: Reactor, P: Protocol> {
    plan: ClientPlan,
    limits: Arc<Limits>,
    reactor: R,
    /// Until the last answer has come.
    answers: Option<Answers>,
    candidates: Candidates,
    prize: Arc<Prize<P>>,
    /// Tells which attempt has taken the protocol.
    claimed: oneshot::Receiver<usize>,
    attempts: Vec<Running>,
    failures: Vec<ConnectError>,
    /// The addresses of all attempts, by number.
    begun: Vec<Address>,
    /// One of them has a connection: no more are begun.
    connected: bool,
    unanswered: Option<io::Error>,
    /// When the next attempt begins, if nothing else leads to it before.
    next_at: Option<Alarm>,
}

type Alarm = Pin<Box<dyn Future<Output = ()> + Send>>;

struct Running {
    number: usize,
    outcome: Pin<Box<dyn Future<Output = Result<Peer, ConnectError>> + Send>>,
}

enum Event {
    Answer(Option<io::Result<Vec<IpAddr>>>),
    Ended(Result<Peer, ConnectError>),
    Due,
    Claimed(usize),
}

impl<R, P> Race<R, P>
where
    R: Reactor,
    P: Protocol + Send + 'static,
    P::Message: Send + 'static,
{
    async fn run(mut self, opened: oneshot::Receiver<Opened>) -> Result<Peer, DialError> {
        if let Target::Unix(path) = &self.plan.target {
            self.answers = None;
            self.begin(Address::Unix(Arc::clone(path)));
        }
        let address = loop {
            match self.event().await {
                Event::Claimed(number) => break self.only(number).await?,
                Event::Answer(answer) => self.answered(answer),
                Event::Ended(Ok(_)) => self.connected = true,
                Event::Ended(Err(error)) => {
                    self.failures.push(error);
                    self.next_at = None;
                }
                Event::Due => self.next_at = None,
            }
            self.go_on()?;
        };
        match opened.await {
            Ok(Opened::Yes(peer)) => Ok(*peer),
            Ok(Opened::No(reason)) => Err(DialError::Layer { address, reason }),
            Err(_) => Err(ConnectError::Stopped { address }.into()),
        }
    }

    /// Gives up all attempts but one, and lets that come to its end.
    async fn only(&mut self, number: usize) -> Result<Address, DialError> {
        self.attempts.retain(|attempt| attempt.number == number);
        if let Some(attempt) = self.attempts.pop() {
            attempt.outcome.await?;
        }
        Ok(self.begun[number].clone())
    }

    fn answered(&mut self, answer: Option<io::Result<Vec<IpAddr>>>) {
        match answer {
            Some(Ok(ips)) => self.candidates.add(ips),
            Some(Err(error)) => self.unanswered = Some(error),
            None => self.answers = None,
        }
        let waits = self.begun.is_empty() && self.answers.is_some() && self.candidates.lacks_v6();
        self.next_at = match self.next_at.take() {
            // IPv4 alone waits a little for IPv6, once.
            None if waits => Some(self.alarm(RESOLUTION_DELAY)),
            Some(_) if self.begun.is_empty() && !waits => None,
            alarm => alarm,
        };
    }

    /// Begins the next attempt where it is time; an error where there is nothing to wait for.
    fn go_on(&mut self) -> Result<(), DialError> {
        if self.connected || self.next_at.is_some() {
            return Ok(());
        }
        if let Some(address) = self.candidates.next() {
            self.begin(address);
            self.next_at = Some(self.alarm(ATTEMPT_DELAY));
        } else if self.attempts.is_empty() && self.answers.is_none() {
            return Err(self.failed());
        }
        Ok(())
    }

    fn begin(&mut self, address: Address) {
        let mut connect = self.plan.connect(address.clone());
        connect.limits = Arc::clone(&self.limits);
        let (number, prize) = (self.begun.len(), Arc::clone(&self.prize));
        let outcome = Box::pin(self.reactor.connect(connect, Attempt::new(number, prize)));
        self.begun.push(address);
        self.attempts.push(Running { number, outcome });
    }

    fn alarm(&self, delay: Duration) -> Alarm {
        let clock = self.reactor.clock();
        Box::pin(clock.sleep_until(clock.now() + delay))
    }

    fn failed(&mut self) -> DialError {
        let host: Arc<str> = match &self.plan.target {
            Target::Host { host, .. } => Arc::clone(host),
            Target::Unix(path) => path.to_string_lossy().into(),
        };
        match (self.failures.len(), self.unanswered.take()) {
            (0, Some(source)) => DialError::LookUp { host, source },
            (0, None) => DialError::NoAddress { host },
            (1, _) => self.failures.remove(0).into(),
            _ => DialError::All { host, failures: std::mem::take(&mut self.failures) },
        }
    }

    async fn event(&mut self) -> Event {
        poll_fn(|cx| {
            if let Poll::Ready(Ok(number)) = Pin::new(&mut self.claimed).poll(cx) {
                return Poll::Ready(Event::Claimed(number));
            }
            if let Some(answers) = &mut self.answers
                && let Poll::Ready(answer) = answers.poll_next_unpin(cx)
            {
                return Poll::Ready(Event::Answer(answer));
            }
            for at in 0..self.attempts.len() {
                if let Poll::Ready(outcome) = self.attempts[at].outcome.as_mut().poll(cx) {
                    self.attempts.remove(at);
                    return Poll::Ready(Event::Ended(outcome));
                }
            }
            if let Some(alarm) = &mut self.next_at
                && alarm.as_mut().poll(cx).is_ready()
            {
                return Poll::Ready(Event::Due);
            }
            Poll::Pending
        })
        .await
    }
}
