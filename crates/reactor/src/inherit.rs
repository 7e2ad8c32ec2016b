//! Sockets that this process was started with: from systemd, or from a predecessor.

#![allow(unsafe_code)]

use std::{
    env,
    os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd},
    sync::atomic::{AtomicBool, Ordering},
};

use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};
use thiserror::Error;

/// The sockets that this process was started with, each with its name.
///
/// This is the protocol of systemd's socket activation (`LISTEN_FDS`, `LISTEN_PID` and
/// `LISTEN_FDNAMES`, sd_listen_fds(3)), which [`Successor`](crate::Successor) speaks too.
///
/// ```
/// use std::sync::Arc;
/// use ropewalk_protocol::{Address, Listen};
/// use ropewalk_reactor::Inherited;
///
/// let mut inherited = Inherited::take()?; // first of all in `main`
/// let mut listen = Listen::new(Address::Tcp(([0, 0, 0, 0], 6667).into()));
/// listen.socket = inherited.named("irc").map(Arc::new); // without one it is bound
/// # Ok::<(), ropewalk_reactor::InheritError>(())
/// ```
#[derive(Debug, Default)]
pub struct Inherited {
    sockets: Vec<(String, OwnedFd)>,
    ready: Option<OwnedFd>,
}

/// What this process was started with is not what it says.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum InheritError {
    /// A variable is not a number, or no number that is possible.
    #[error("{name} is {value:?}, which is not a number up to {MOST}")]
    Number {
        /// The variable.
        name: &'static str,
        /// What it is.
        value: String,
    },
    /// There are more or fewer names than sockets.
    #[error("LISTEN_FDNAMES has {names} names for {sockets} sockets")]
    Names {
        /// Names in `LISTEN_FDNAMES`.
        names: usize,
        /// The number in `LISTEN_FDS`.
        sockets: usize,
    },
    /// A descriptor is not there.
    #[error("descriptor {0}, which LISTEN_FDS promises, is not open")]
    Missing(RawFd),
    /// They have been taken before.
    #[error("the sockets of this process have been taken already")]
    Taken,
}

impl Inherited {
    /// Takes them, once: they are this value's from now on, and closed on exec. Without any, or when
    /// they were meant for another process, there are none.
    ///
    /// Children that are [spawned](crate::SpawnProcess) here do not see the variables.
    ///
    /// # Errors
    /// [`InheritError`] says what was wrong, or that they have been taken.
    pub fn take() -> Result<Self, InheritError> {
        let variable = |name| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        let names = names(std::process::id(), variable)?;
        if names.is_empty() {
            return Ok(Self::default());
        }
        let ready = match variable(READY) {
            Some(value) => Some(number(READY, &value)?),
            None => None,
        };
        let fds = (FIRST..).take(names.len());
        for fd in fds.clone().chain(ready) {
            // SAFETY: looked at, and no longer than that; whoever started us says that it is open.
            let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
            fcntl_getfd(borrowed).map_err(|_| InheritError::Missing(fd))?;
            fcntl_setfd(borrowed, FdFlags::CLOEXEC).map_err(|_| InheritError::Missing(fd))?;
        }
        if TAKEN.swap(true, Ordering::Relaxed) {
            return Err(InheritError::Taken);
        }
        // SAFETY: it is open, was made for this process to own, and this happens once.
        let owned = |fd| unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self {
            sockets: names.into_iter().zip(fds.map(owned)).collect(),
            ready: ready.map(owned),
        })
    }

    /// Takes the first one of that name.
    pub fn named(&mut self, name: &str) -> Option<OwnedFd> {
        let at = self.sockets.iter().position(|(known, _)| known == name)?;
        Some(self.sockets.remove(at).1)
    }

    /// Tells a predecessor that this process serves now, so that it stops; without one nothing
    /// happens. Sockets that were not taken are closed.
    pub fn ready(self) {
        if let Some(ready) = &self.ready {
            // A predecessor that has gone knows enough.
            let _ = rustix::io::write(ready, b"ready\n");
        }
    }

    /// The names of those that are left, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sockets.iter().map(|(name, _)| &**name)
    }

    /// Whether none is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sockets.is_empty()
    }
}

static TAKEN: AtomicBool = AtomicBool::new(false);
/// The number of the first descriptor.
pub(crate) const FIRST: RawFd = 3;
/// Sockets at most.
pub(crate) const MOST: usize = 128;
/// Names the descriptor at which a predecessor waits for a word.
pub(crate) const READY: &str = "ROPEWALK_READY_FD";

/// The names of the sockets for process `pid`.
fn names(
    pid: u32,
    variable: impl Fn(&'static str) -> Option<String>,
) -> Result<Vec<String>, InheritError> {
    let (Some(meant), Some(count)) = (variable("LISTEN_PID"), variable("LISTEN_FDS")) else {
        return Ok(Vec::new());
    };
    let wrong = |name, value: &str| InheritError::Number { name, value: value.to_owned() };
    let meant: u32 = meant.parse().map_err(|_| wrong("LISTEN_PID", &meant))?;
    if meant != pid {
        return Ok(Vec::new());
    }
    let sockets = count.parse().ok().filter(|count| *count <= MOST);
    let sockets = sockets.ok_or_else(|| wrong("LISTEN_FDS", &count))?;
    let Some(names) = variable("LISTEN_FDNAMES").filter(|names| !names.is_empty()) else {
        return Ok(vec!["unknown".to_owned(); sockets]);
    };
    let names: Vec<_> = names.split(':').map(str::to_owned).collect();
    if names.len() != sockets {
        return Err(InheritError::Names { names: names.len(), sockets });
    }
    Ok(names)
}

fn number(name: &'static str, value: &str) -> Result<RawFd, InheritError> {
    let most = FIRST as usize + MOST;
    let found = value.parse::<RawFd>().ok().filter(|fd| (FIRST..=most as RawFd).contains(fd));
    found.ok_or_else(|| InheritError::Number { name, value: value.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(variables: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let variable = |name| {
            let found = variables.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        };
        names(42, variable).map_err(|error| error.to_string())
    }

    #[test]
    fn sockets_meant_for_this_process_have_their_names() {
        let all = [("LISTEN_PID", "42"), ("LISTEN_FDS", "2"), ("LISTEN_FDNAMES", "irc:web")];
        assert_eq!(named(&all).unwrap(), ["irc", "web"]);
        assert_eq!(named(&all[..2]).unwrap(), ["unknown", "unknown"]);
        assert!(named(&all[1..]).unwrap().is_empty());
        let others = [("LISTEN_PID", "43"), ("LISTEN_FDS", "2")];
        assert!(named(&others).unwrap().is_empty());
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_is_in_the_variables_panics(
            pid in ".{0,8}|42",
            fds in ".{0,8}|[0-9]{1,4}",
            given in ".{0,40}|[a-z:]{0,40}",
        ) {
            let variables =
                [("LISTEN_PID", &*pid), ("LISTEN_FDS", &*fds), ("LISTEN_FDNAMES", &*given)];
            if let Ok(names) = named(&variables) {
                proptest::prop_assert!(names.is_empty() || names.len() <= MOST && pid == "42");
            }
        }
    }

    #[test]
    fn what_cannot_be_is_named() {
        let with = |fds, names| {
            named(&[("LISTEN_PID", "42"), ("LISTEN_FDS", fds), ("LISTEN_FDNAMES", names)])
        };
        assert_eq!(
            with("-1", "").unwrap_err(),
            r#"LISTEN_FDS is "-1", which is not a number up to 128"#
        );
        assert_eq!(
            with("129", "").unwrap_err(),
            r#"LISTEN_FDS is "129", which is not a number up to 128"#
        );
        assert_eq!(with("1", "a:b").unwrap_err(), "LISTEN_FDNAMES has 2 names for 1 sockets");
        let pid = named(&[("LISTEN_PID", "x"), ("LISTEN_FDS", "1")]).unwrap_err();
        assert_eq!(pid, r#"LISTEN_PID is "x", which is not a number up to 128"#);
        assert!(number(READY, "2").is_err() && number(READY, "132").is_err());
        assert_eq!(number(READY, "5"), Ok(5));
    }
}
