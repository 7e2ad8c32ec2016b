//! A listening socket, and what belongs to it in the file system.

use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Read, Write},
    os::{
        fd::OwnedFd,
        unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    },
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};
use socket2::{Domain, SockAddr, Socket, Type};

use ropewalk_protocol::{Address, Listen, Port};

use crate::socket::{known, system_address};

/// A listening socket that a reactor can accept from, made as a [`Listen`] says: for reactors.
///
/// Dropping it closes the socket, removes the file of a UNIX socket that it made and gives the lock
/// back.
///
/// ```
/// use ropewalk_protocol::{Address, Listen};
/// use ropewalk_reactor::Listening;
///
/// let listening = Listening::new(&Listen::new(Address::Tcp(([127, 0, 0, 1], 0).into())))?;
/// assert_ne!(listening.address().port(), Some(0));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Listening {
    pub(crate) socket: Arc<Socket>,
    address: Address,
    file: Option<Arc<SocketFile>>,
}

impl Listening {
    /// Binds and listens, or adopts [`Listen::socket`].
    ///
    /// # Errors
    /// What the system answered; for a socket that was passed in also that it does not listen, or
    /// is none; for a locked path who holds the lock.
    pub fn new(listen: &Listen) -> io::Result<Self> {
        if let Some(socket) = &listen.socket {
            let socket = adopted(socket, Type::STREAM)?;
            let address = known(&socket.local_addr()?);
            return Ok(Self { socket: Arc::new(socket), address, file: None });
        }
        let (domain, address) = system_address(&listen.address)?;
        let socket = Socket::new(domain, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        let mut file = None;
        if let Address::Unix(path) = &listen.address {
            let lock = listen.lock.then(|| locked(path)).transpose()?;
            remove_stale(path, Type::STREAM)?;
            socket.bind(&address)?;
            file = Some(Arc::new(SocketFile::new(path, lock)?));
            set_mode(path, listen.mode)?; // nobody can connect before `listen`
        } else {
            socket.set_reuse_address(true)?;
            if domain == Domain::IPV6 {
                socket.set_only_v6(true)?;
            }
            if listen.reuse_port {
                socket.set_reuse_port(true)?;
            }
            socket.bind(&address)?;
        }
        socket.listen(i32::try_from(listen.backlog).unwrap_or(i32::MAX))?;
        let address = match &listen.address {
            Address::Unix(path) => Address::Unix(path.clone()),
            _ => known(&socket.local_addr()?),
        };
        Ok(Self { socket: Arc::new(socket), address, file })
    }

    /// Where it listens, with the port that the system picked.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// A duplicate of the socket, non-blocking.
    ///
    /// # Errors
    /// When there is no descriptor left.
    pub fn duplicate(&self) -> io::Result<OwnedFd> {
        Ok(self.socket.try_clone()?.into())
    }

    /// The port for whoever asked; `stop` makes the reactor drop this.
    pub fn port(&self, stop: impl Fn() + Send + Sync + 'static) -> Port {
        let (socket, file) = (Arc::downgrade(&self.socket), self.file.as_ref().map(Arc::downgrade));
        Port::new(self.address.clone(), stop).lending(move || {
            let Some(socket) = socket.upgrade() else {
                let what = "the port does not listen any more";
                return Err(io::Error::new(ErrorKind::NotConnected, what));
            };
            let duplicate = socket.try_clone()?;
            if let Some(file) = file.as_ref().and_then(std::sync::Weak::upgrade) {
                file.left.store(true, Ordering::Relaxed);
            }
            Ok(duplicate.into())
        })
    }
}

/// The file of a UNIX socket, and the lock that keeps others from it.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    /// Device and inode: one of that name that is somebody else's stays.
    identity: (u64, u64),
    /// It is a successor's now.
    left: AtomicBool,
    _lock: Option<File>,
}

impl SocketFile {
    pub(crate) fn new(path: &Path, lock: Option<File>) -> io::Result<Self> {
        let identity = identity(path)?;
        Ok(Self { path: path.into(), identity, left: AtomicBool::new(false), _lock: lock })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let left = *self.left.get_mut();
        if !left && identity(&self.path).is_ok_and(|now| now == self.identity) {
            // Somebody may have removed it just now.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

pub(crate) fn set_mode(path: &Path, mode: Option<u32>) -> io::Result<()> {
    mode.map_or(Ok(()), |mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)))
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = std::fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

/// A duplicate of a socket that was passed in, if it is of that kind, and listens where it can.
pub(crate) fn adopted(socket: &OwnedFd, kind: Type) -> io::Result<Socket> {
    let wrong = |what: &str| io::Error::new(ErrorKind::InvalidInput, what.to_owned());
    let socket = Socket::from(socket.try_clone()?);
    match socket.r#type() {
        Ok(found) if found == kind => {}
        Ok(_) if kind == Type::DGRAM => {
            return Err(wrong("the socket passed in is not for datagrams"));
        }
        Ok(_) => return Err(wrong("the socket passed in is not a stream socket")),
        Err(error) if error.raw_os_error() == Some(Errno::NOTSOCK.raw_os_error()) => {
            return Err(wrong("the descriptor passed in is not a socket"));
        }
        Err(error) => return Err(error),
    }
    if kind == Type::STREAM && !socket.is_listener()? {
        return Err(wrong("the socket passed in does not listen"));
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Takes the lock beside `path`, and leaves our number in it.
fn locked(path: &Path) -> io::Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&name)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => {
            let mut holder = String::new();
            // Without a number in it the message says less.
            let _ = (&file).take(32).read_to_string(&mut holder);
            let what = match holder.trim().parse::<u32>() {
                Ok(pid) => format!("{} is held by process {pid}", name.display()),
                Err(_) => format!("{} is held by another process", name.display()),
            };
            return Err(io::Error::new(ErrorKind::AddrInUse, what));
        }
        Err(error) => return Err(error.into()),
    }
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())?;
    Ok(file)
}

/// Removes a socket file that nobody listens on any more; one in use is left alone.
pub(crate) fn remove_stale(path: &Path, kind: Type) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.file_type().is_socket() => {}
        _ => return Ok(()),
    }
    let probe = Socket::new(Domain::UNIX, kind, None)?;
    match probe.connect(&SockAddr::unix(path)?) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => std::fs::remove_file(path),
        _ => Ok(()), // in use, or not ours to judge: bind will say
    }
}
