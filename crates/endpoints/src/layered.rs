//! Protocols below which stand the layers of an endpoint.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use bytes::BytesMut;
use ropewalk_protocol::{Context, Factory, Filter, Filtered, Peer, Protocol, Reason};

use crate::Filters;

/// Makes the protocols of a factory, each above the layers of an endpoint.
pub(crate) struct Layers<F> {
    filters: Arc<[Arc<dyn Filters>]>,
    /// How many of them are below already.
    below: usize,
    /// Locked while a protocol is made. Connections of one thread share it, so that a factory that
    /// counts keeps its count.
    factory: Arc<Mutex<F>>,
}

impl<F> Layers<F> {
    pub(crate) fn new(filters: Arc<[Arc<dyn Filters>]>, factory: F) -> Self {
        Self { filters, below: 0, factory: Arc::new(Mutex::new(factory)) }
    }
}

/// Each thread of a reactor gets a clone of its own.
impl<F: Clone> Clone for Layers<F> {
    fn clone(&self) -> Self {
        let factory = self.factory.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self {
            filters: Arc::clone(&self.filters),
            below: self.below,
            factory: Arc::new(Mutex::new(factory)),
        }
    }
}

impl<F: Factory> Factory for Layers<F> {
    type Protocol = Layered<F>;

    fn build(&mut self, peer: &Peer) -> Option<Layered<F>> {
        let Some(filters) = self.filters.get(self.below) else {
            let mut factory = self.factory.lock().unwrap_or_else(PoisonError::into_inner);
            return factory.build(peer).map(Layered::Top);
        };
        let above = Self {
            filters: Arc::clone(&self.filters),
            below: self.below + 1,
            factory: Arc::clone(&self.factory),
        };
        Some(Layered::Over(Box::new(Filtered::new(filters.filter(), above))))
    }

    fn connection_failed(&mut self, reason: &Reason) {
        let mut factory = self.factory.lock().unwrap_or_else(PoisonError::into_inner);
        factory.connection_failed(reason);
    }
}

/// A protocol, or a layer with the same above it.
pub(crate) enum Layered<F: Factory> {
    Top(F::Protocol),
    Over(Box<Filtered<Box<dyn Filter + Send>, Layers<F>>>),
}

/// Calls the same method of whichever it is.
macro_rules! either {
    ($self:expr, $it:ident => $call:expr) => {
        match $self {
            Self::Top($it) => $call,
            Self::Over($it) => $call,
        }
    };
}

impl<F: Factory> Protocol for Layered<F> {
    type Message = <F::Protocol as Protocol>::Message;

    fn connection_made(&mut self, cx: &mut Context<'_, Self::Message>) {
        either!(self, it => it.connection_made(cx));
    }

    fn data_received(&mut self, cx: &mut Context<'_, Self::Message>, input: &mut BytesMut) {
        either!(self, it => it.data_received(cx, input));
    }

    fn message_received(&mut self, cx: &mut Context<'_, Self::Message>, message: Self::Message) {
        either!(self, it => it.message_received(cx, message));
    }

    fn turn_ended(&mut self, cx: &mut Context<'_, Self::Message>) {
        either!(self, it => it.turn_ended(cx));
    }

    fn drained(&mut self, cx: &mut Context<'_, Self::Message>) {
        either!(self, it => it.drained(cx));
    }

    fn secured(&mut self, cx: &mut Context<'_, Self::Message>) {
        either!(self, it => it.secured(cx));
    }

    fn eof_received(&mut self, cx: &mut Context<'_, Self::Message>) {
        either!(self, it => it.eof_received(cx));
    }

    fn deadline(&self) -> Option<Instant> {
        either!(self, it => it.deadline())
    }

    fn timed_out(&mut self, cx: &mut Context<'_, Self::Message>) {
        either!(self, it => it.timed_out(cx));
    }

    fn shutting_down(&mut self, cx: &mut Context<'_, Self::Message>) {
        either!(self, it => it.shutting_down(cx));
    }

    fn connection_lost(&mut self, reason: &Reason) {
        either!(self, it => it.connection_lost(reason));
    }
}
