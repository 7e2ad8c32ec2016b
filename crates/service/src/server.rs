//! A server on an endpoint.

use std::{os::fd::OwnedFd, sync::Arc};

use ropewalk_endpoints::{Listening, ServerEndpoint};
use ropewalk_protocol::{Address, Factory, Limits, Protocol, Reactor};

use crate::{Service, ServiceError, Stopping};

/// Listens on an endpoint while it runs.
///
/// It listens from [`privileged_start`](Service::privileged_start) on, so that its port may be one
/// that only root can have. A reload reads certificates again. When it stops, connections that
/// stand go on.
///
/// ```
/// use ropewalk_protocol::{Reactor, factory};
/// use ropewalk_service::{Server, Services, ServiceError};
/// # use ropewalk_protocol::{Context, Protocol};
/// # struct Echo;
/// # impl Protocol for Echo {
/// #     type Message = ();
/// #     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut bytes::BytesMut) {
/// #         cx.send(input.split().freeze());
/// #     }
/// # }
///
/// fn echo(reactor: &impl Reactor) -> Result<Services, Box<dyn std::error::Error>> {
///     let endpoint = "tcp:7777:interface=127.0.0.1".parse()?;
///     let mut services = Services::default();
///     services.add("echo", Server::new(reactor, endpoint, factory(|_| Some(Echo))))?;
///     Ok(services)
/// }
/// ```
pub struct Server<R, F> {
    reactor: R,
    endpoint: ServerEndpoint,
    limits: Arc<Limits>,
    factory: F,
    listening: Option<Listening>,
}

impl<R, F> Server<R, F>
where
    R: Reactor,
    F: Factory + Clone + Send + 'static,
    F::Protocol: Send + 'static,
    <F::Protocol as Protocol>::Message: Send + 'static,
{
    /// A server that does not listen yet.
    pub fn new(reactor: &R, endpoint: ServerEndpoint, factory: F) -> Self {
        let (reactor, limits) = (reactor.clone(), Arc::default());
        Self { reactor, endpoint, limits, factory, listening: None }
    }

    /// The same with these limits for each connection.
    #[must_use]
    pub fn limited(mut self, limits: Arc<Limits>) -> Self {
        self.limits = limits;
        self
    }

    /// Where it listens, while it does.
    pub fn listening(&self) -> Option<&Listening> {
        self.listening.as_ref()
    }

    fn listen(&mut self) -> Result<(), ServiceError> {
        if self.listening.is_none() {
            let (limits, factory) = (Arc::clone(&self.limits), self.factory.clone());
            let listening = self.endpoint.listen_with(&self.reactor, limits, factory);
            self.listening = Some(listening.map_err(ServiceError::new)?);
        }
        Ok(())
    }
}

impl<R, F> Service for Server<R, F>
where
    R: Reactor,
    F: Factory + Clone + Send + 'static,
    F::Protocol: Send + 'static,
    <F::Protocol as Protocol>::Message: Send + 'static,
{
    fn privileged_start(&mut self) -> Result<(), ServiceError> {
        self.listen()
    }

    fn start(&mut self) -> Result<(), ServiceError> {
        self.listen()
    }

    fn stop(&mut self) -> Stopping<'_> {
        if let Some(listening) = self.listening.take() {
            listening.stop_listening();
        }
        Box::pin(async {})
    }

    fn reload(&mut self) -> Result<(), ServiceError> {
        match &self.listening {
            Some(listening) => listening.reload().map_err(ServiceError::new),
            None => Ok(()),
        }
    }

    fn hand_over(&self) -> Result<Vec<(String, OwnedFd)>, ServiceError> {
        // Standard input and output are one connection, which stays here.
        let sockets = self.listening.iter().filter(|it| *it.address() != Address::Unnamed);
        sockets.map(|it| it.hand_over().map_err(ServiceError::new)).collect()
    }

    fn status(&self) -> Vec<String> {
        let listening = self.listening.iter();
        // Standard output, if it is the connection, is not ours to print on.
        let sockets = listening.filter(|listening| *listening.address() != Address::Unnamed);
        sockets.map(|listening| format!("listening on {listening}")).collect()
    }
}

impl<R, F> std::fmt::Debug for Server<R, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("endpoint", &self.endpoint.to_string())
            .field("listening", &self.listening)
            .finish_non_exhaustive()
    }
}
