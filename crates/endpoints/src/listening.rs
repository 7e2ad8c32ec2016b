//! A server endpoint that listens.

use std::{
    fmt, io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::Arc,
};

use ropewalk_protocol::{Address, Attach, Factory, Limits, ListenError, Port, Protocol, Reactor};
use thiserror::Error;

use crate::{Filters, LayerError, Place, ServerPlan, inherited, options, schemes::Layers};

/// A server endpoint that listens. Dropping this leaves it listening.
#[derive(Clone)]
pub struct Listening {
    place: Place,
    port: Port,
    layers: Layers,
    filters: Arc<[Arc<dyn Filters>]>,
}

/// Listening on an endpoint did not work.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ListenFailure {
    /// A layer could not be prepared.
    #[error("cannot listen on {endpoint}: {source}")]
    Layer {
        /// The endpoint.
        endpoint: String,
        /// What is wrong.
        source: LayerError,
    },
    /// The socket that the endpoint names was not passed in.
    #[error("cannot listen on {endpoint}: {why}")]
    NotPassedIn {
        /// The endpoint.
        endpoint: String,
        /// What was passed in instead.
        why: String,
    },
    /// Standard input and output cannot be served.
    #[error("cannot serve standard input and output: {0}")]
    Stdio(#[source] io::Error),
    /// The factory refused the connection on standard input and output.
    #[error("the connection on standard input and output was refused")]
    Refused,
    /// What the reactor answered.
    #[error(transparent)]
    Listen(#[from] ListenError),
}

impl Listening {
    pub(crate) fn new(
        place: Place,
        port: Port,
        layers: Layers,
        filters: Arc<[Arc<dyn Filters>]>,
    ) -> Self {
        Self { place, port, layers, filters }
    }

    /// Where it listens, with the port that the system picked.
    #[must_use]
    pub fn address(&self) -> &Address {
        self.port.address()
    }

    /// The listening socket.
    #[must_use]
    pub fn port(&self) -> &Port {
        &self.port
    }

    /// A duplicate of the listening socket and the name under which a successor, started with the
    /// same endpoint strings, finds it; see [`Port::hand_over`].
    ///
    /// # Errors
    /// As [`Port::hand_over`].
    pub fn hand_over(&self) -> io::Result<(String, OwnedFd)> {
        Ok((inherited::name_of(&self.place), self.port.hand_over()?))
    }

    /// Stops listening. Connections go on.
    pub fn stop_listening(&self) {
        self.port.stop_listening();
    }

    /// Has every layer read again what may have changed, such as certificates. Connections that
    /// stand are left alone; new ones get what is there now.
    ///
    /// # Errors
    /// The first that does not work; that layer goes on with what it had.
    pub fn reload(&self) -> Result<(), LayerError> {
        let mut outcome = Ok(());
        for filters in &*self.filters {
            let reloaded = filters.reload();
            if outcome.is_ok() {
                outcome = reloaded;
            }
        }
        outcome
    }
}

impl ServerPlan {
    /// Listens, on whatever socket the place names.
    pub(crate) fn open<R, F>(
        &self,
        reactor: &R,
        limits: Arc<Limits>,
        factory: F,
    ) -> Result<Port, ListenFailure>
    where
        R: Reactor,
        F: Factory + Clone + Send + 'static,
        F::Protocol: Send + 'static,
        <F::Protocol as Protocol>::Message: Send + 'static,
    {
        let address = match &self.place {
            Place::Address(address) => address.clone(),
            Place::Stdio => return serve_stdio(reactor, limits, factory),
            Place::Index(_) | Place::Name(_) => Address::Unnamed,
        };
        let mut listen = self.listen(address);
        listen.socket = self.passed_in()?;
        listen.limits = limits;
        Ok(reactor.listen(listen, factory)?)
    }

    /// The socket that was passed in for this place. A place of its own needs none.
    fn passed_in(&self) -> Result<Option<Arc<OwnedFd>>, ListenFailure> {
        let found = inherited::socket_for(&self.place);
        let why = match (found, &self.place) {
            (Ok(None), Place::Index(_) | Place::Name(_)) => inherited::what_there_is(),
            (Ok(found), _) => return Ok(found),
            (Err(why), _) => why,
        };
        Err(ListenFailure::NotPassedIn { endpoint: self.to_string(), why })
    }
}

/// Serves one connection on standard input and output.
fn serve_stdio<R, F>(
    reactor: &R,
    limits: Arc<Limits>,
    mut factory: F,
) -> Result<Port, ListenFailure>
where
    R: Reactor,
    F: Factory,
    F::Protocol: Send + 'static,
    <F::Protocol as Protocol>::Message: Send + 'static,
{
    let own = |fd: BorrowedFd<'_>| fd.try_clone_to_owned().map_err(ListenFailure::Stdio);
    let mut attach = Attach::two(own(io::stdin().as_fd())?, own(io::stdout().as_fd())?);
    attach.limits = limits;
    let protocol = factory.build(&attach.peer).ok_or(ListenFailure::Refused)?;
    reactor.attach(attach, protocol).map_err(ListenFailure::Stdio)?;
    // There is nothing to stop: the one connection goes on, as others do.
    Ok(Port::new(Address::Unnamed, || {}))
}

/// As a string that listens there.
impl fmt::Display for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        options::write_layers(f, &self.layers)?;
        match self.port.address() {
            Address::Unnamed => f.write_str("stdio:"),
            address => write!(f, "{address}"),
        }
    }
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listening").field(&self.to_string()).finish()
    }
}
