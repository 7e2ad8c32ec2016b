//! The sockets that this process was started with, for the endpoints that name them.

use std::{
    os::fd::OwnedFd,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use ropewalk_protocol::Address;
use ropewalk_reactor::{InheritError, Inherited};
use socket2::SockRef;

use crate::Place;

/// Locked to look one up.
static SOCKETS: OnceLock<Mutex<Result<Sockets, String>>> = OnceLock::new();

/// What was passed in, in its order. A socket stays here when it was taken: an endpoint that stops
/// and listens again takes it again.
struct Sockets {
    named: Vec<(String, Arc<OwnedFd>)>,
    /// Tells a predecessor, once.
    predecessor: Option<Inherited>,
}

/// Tells the process from which this one has its sockets, if that waits for it, that this one
/// serves now. Without a predecessor nothing happens.
pub fn tell_predecessor() {
    if let Ok(sockets) = &mut *sockets()
        && let Some(predecessor) = sockets.predecessor.take()
    {
        predecessor.ready();
    }
}

/// The socket for a place: by its index or name, or the one that listens at the address.
pub(crate) fn socket_for(place: &Place) -> Result<Option<Arc<OwnedFd>>, String> {
    let sockets = sockets();
    let sockets = sockets.as_ref().map_err(Clone::clone)?;
    let named = |wanted: &str| sockets.named.iter().find(|(name, _)| name == wanted);
    let found = match place {
        Place::Index(index) => named(&name_of(place)).or_else(|| sockets.named.get(*index)),
        Place::Name(name) => named(name),
        Place::Address(address) => {
            sockets.named.iter().find(|(_, socket)| listens_at(socket, address))
        }
        Place::Stdio => None,
    };
    Ok(found.map(|(_, socket)| Arc::clone(socket)))
}

/// The name under which a successor gets the socket of a place.
pub(crate) fn name_of(place: &Place) -> String {
    match place {
        Place::Index(index) => format!("systemd-index-{index}"),
        Place::Name(name) => name.clone(),
        Place::Address(_) | Place::Stdio => "address".to_owned(),
    }
}

/// What to say where one that is named is not there.
pub(crate) fn what_there_is() -> String {
    let sockets = sockets();
    let names: Vec<&str> = match &*sockets {
        Ok(sockets) => sockets.named.iter().map(|(name, _)| &**name).collect(),
        Err(why) => return why.clone(),
    };
    match names.len() {
        0 => "no sockets were passed in".to_owned(),
        _ => format!("the sockets passed in are {}", names.join(", ")),
    }
}

fn sockets() -> MutexGuard<'static, Result<Sockets, String>> {
    let sockets = SOCKETS.get_or_init(|| Mutex::new(take()));
    sockets.lock().unwrap_or_else(PoisonError::into_inner)
}

fn take() -> Result<Sockets, String> {
    let mut inherited = match Inherited::take() {
        Ok(inherited) => inherited,
        // The program has its own use for them.
        Err(InheritError::Taken) => return Ok(Sockets { named: Vec::new(), predecessor: None }),
        Err(error) => return Err(error.to_string()),
    };
    let names: Vec<String> = inherited.names().map(str::to_owned).collect();
    let mut named = Vec::new();
    for name in names {
        // The first of that name is the next in order.
        if let Some(socket) = inherited.named(&name) {
            named.push((name, Arc::new(socket)));
        }
    }
    Ok(Sockets { named, predecessor: Some(inherited) })
}

fn listens_at(socket: &OwnedFd, address: &Address) -> bool {
    let Ok(local) = SockRef::from(socket).local_addr() else { return false };
    match address {
        Address::Tcp(tcp) => local.as_socket() == Some(*tcp),
        Address::Unix(path) => local.as_pathname() == Some(path),
        _ => false,
    }
}
