//! Child processes, on any reactor that watches: pipes or a terminal, signals, and an end that
//! leaves no zombie.

use std::{collections::BTreeMap, io, os::fd::OwnedFd, process::Command, sync::Arc};

use ropewalk_protocol::{Child, Limits, ProcessProtocol, Signal, WatchFd, Way, WindowSize};

use self::{descriptors::Plan, reap::Reaped, task::Task};

mod between;
mod descriptors;
mod exit;
mod output;
mod reap;
mod task;

pub use output::{OutputError, output};

/// Reactors that start child processes: all that watch descriptors.
pub trait SpawnProcess: WatchFd {
    /// Starts a child process, and gives it `protocol`. It runs when this returns; the protocol
    /// hears of it once the reactor runs.
    ///
    /// The child gets the descriptors that `spawn` names, and none that this process opened: all of
    /// ours are closed on exec. (What this process was itself started with stays open, as it does
    /// for every program.) It never gets the variables with which systemd passes sockets
    /// (`LISTEN_FDS` and so on), unless the command sets them. It is always reaped: by the reactor,
    /// or when that has ended by a thread of its own.
    ///
    /// ```
    /// use std::{io, process::Command};
    /// use ropewalk_protocol::ProcessProtocol;
    /// use ropewalk_reactor::{Process, Spawn, SpawnProcess};
    ///
    /// fn sort<P>(reactor: &impl SpawnProcess, protocol: P) -> io::Result<Process>
    /// where
    ///     P: ProcessProtocol + Send + 'static,
    ///     P::Message: Send + 'static,
    /// {
    ///     reactor.spawn_process(Spawn::new(Command::new("sort")), protocol)
    /// }
    /// ```
    ///
    /// # Errors
    /// What the system answered: there is no such program, or no more processes or descriptors.
    fn spawn_process<P>(&self, spawn: Spawn, protocol: P) -> io::Result<Process>
    where
        P: ProcessProtocol + Send + 'static,
        P::Message: Send + 'static,
    {
        let Spawn { mut command, descriptors, terminal, limits, at_end } = spawn;
        descriptors::forget_passed_sockets(&mut command);
        let plan = Plan::new(&mut command, descriptors, terminal)?;
        let (waits, exit) = exit::Exit::prepare()?;
        let (child, ours) = plan.start(command)?;
        let reaped = Reaped::new(child, at_end);
        // From here on dropping `reaped` sees to the child.
        let exit = exit.watch(self, waits, reaped.pid())?;
        let pipes: Vec<_> = ours.iter().map(|our| (our.fd, our.way)).collect();
        let machine = Child::new(protocol, reaped.pid(), pipes, limits);
        let process = Process { child: reaped.handle() };
        self.spawn(Task::new(self, machine, ours, exit, reaped)?);
        Ok(process)
    }
}

impl<R: WatchFd> SpawnProcess for R {}

/// A child process to be started.
///
/// ```
/// use std::process::Command;
/// use ropewalk_reactor::{Descriptor, Spawn};
///
/// let mut command = Command::new("gpg");
/// command.args(["--status-fd", "3", "--decrypt"]).current_dir("/");
/// let mut spawn = Spawn::new(command);
/// spawn.descriptors.insert(2, Descriptor::Null);
/// spawn.descriptors.insert(3, Descriptor::Out);
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Spawn {
    /// The program, its arguments, environment, working directory, user and group. What it says of
    /// standard input, output and errors does not matter.
    pub command: Command,
    /// What the child's descriptors are. At first 0 is [`Descriptor::In`], 1 and 2 are
    /// [`Descriptor::Out`]; where one of these three is missing it is `/dev/null`.
    pub descriptors: BTreeMap<u32, Descriptor>,
    /// Runs it on a pseudo-terminal of this size, in a session of its own: 0, 1 and 2 are the
    /// terminal then. What is written to 0 is what somebody types, and what the child shows arrives
    /// from 1.
    pub terminal: Option<WindowSize>,
    /// For each of its pipes. One that exceeds them is closed, and its protocol told.
    pub limits: Arc<Limits>,
    /// What becomes of a child that runs when its protocol is given up.
    pub at_end: AtEnd,
}

impl Spawn {
    /// With pipes to standard input, output and errors.
    #[must_use]
    pub fn new(command: Command) -> Self {
        use Descriptor::{In, Out};
        Self {
            command,
            descriptors: BTreeMap::from([(0, In), (1, Out), (2, Out)]),
            terminal: None,
            limits: Arc::default(),
            at_end: AtEnd::Kill,
        }
    }

    /// On a pseudo-terminal.
    #[must_use]
    pub fn on_terminal(command: Command, size: WindowSize) -> Self {
        Self { terminal: Some(size), descriptors: BTreeMap::new(), ..Self::new(command) }
    }
}

/// What one of a child's descriptors is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Descriptor {
    /// A pipe from which the child reads what the protocol writes.
    In,
    /// A pipe whose output the protocol receives.
    Out,
    /// A socket, both ways.
    Both,
    /// The one of that number that this process has; only for 0, 1 and 2.
    Inherit,
    /// `/dev/null`.
    Null,
    /// This one.
    Given(Arc<OwnedFd>),
}

/// What becomes of a child that runs when its protocol is given up: the reactor ends and the child
/// has not ended within the limit, a callback panicked, or its mailbox was told to abort.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum AtEnd {
    /// It is killed.
    #[default]
    Kill,
    /// It goes on, without its pipes. It is reaped when it ends, if this process lives then.
    Leave,
}

/// A child process. Dropping this changes nothing.
#[derive(Clone, Debug)]
pub struct Process {
    child: Arc<reap::Living>,
}

impl Process {
    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) when it has ended: no other process with its number is
    /// ever met. And what the system answered.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        self.child.signal(signal)
    }
}

/// This side of one of a child's descriptors.
struct Our {
    fd: u32,
    way: Way,
    end: OwnedFd,
}
