//! What is wrong with an endpoint string, and where.

use std::{fmt, ops::Range};

use thiserror::Error;

/// What is wrong with an endpoint string. Shows the string and points at the place.
///
/// ```
/// use ropewalk_endpoints::{Problem, ServerEndpoint};
///
/// let error = "tcp:http".parse::<ServerEndpoint>().unwrap_err();
/// assert!(matches!(error.problem(), Problem::Invalid { argument: "port", .. }));
/// assert_eq!(error.place(), 4..8);
/// ```
#[derive(Clone, Eq, Error, PartialEq)]
pub struct EndpointError {
    problem: Problem,
    text: String,
    place: Range<usize>,
}

/// What can be wrong.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum Problem {
    /// It does not begin with a scheme.
    #[error("no scheme, such as tcp or unix,")]
    NoScheme,
    /// There is no such scheme.
    #[error("unknown scheme {scheme:?} (there are {known})")]
    UnknownScheme {
        /// What stands there.
        scheme: String,
        /// The schemes there are.
        known: String,
    },
    /// The scheme is there only with a feature of this crate.
    #[error("{scheme} needs the feature `{feature}` of ropewalk-endpoints, which is off,")]
    NeedsFeature {
        /// What stands there.
        scheme: String,
        /// The feature.
        feature: &'static str,
    },
    /// The scheme has no such option.
    #[error("unknown option {option:?}")]
    UnknownOption {
        /// What stands there.
        option: String,
    },
    /// An argument that the scheme needs is not there.
    #[error("no {argument}")]
    Missing {
        /// Its name.
        argument: &'static str,
    },
    /// An argument is there twice.
    #[error("a second {argument}")]
    Twice {
        /// Its name.
        argument: &'static str,
    },
    /// There are more arguments without a name than the scheme has places.
    #[error("an argument too many")]
    TooMany,
    /// An argument is not what it has to be.
    #[error("{value:?} where {argument} has to be {expected},")]
    Invalid {
        /// The argument's name.
        argument: &'static str,
        /// What it has to be.
        expected: &'static str,
        /// What stands there.
        value: String,
    },
    /// Two arguments that do not go together.
    #[error("{argument} beside {other}")]
    Conflict {
        /// The one that is too many.
        argument: &'static str,
        /// The one that excludes it.
        other: &'static str,
    },
    /// A prefix has no endpoint behind it.
    #[error("no endpoint behind {prefix}")]
    NothingBelow {
        /// The prefix.
        prefix: &'static str,
    },
    /// There are more prefixes than this.
    #[error("more than {0} prefixes")]
    TooDeep(usize),
    /// A backslash has nothing behind it.
    #[error("a backslash with nothing behind it")]
    NothingEscaped,
}

impl EndpointError {
    pub(crate) fn new(problem: Problem, text: &str, place: Range<usize>) -> Self {
        Self { problem, text: text.to_owned(), place }
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The bytes of the string that are wrong; empty where something is missing.
    #[must_use]
    pub fn place(&self) -> Range<usize> {
        self.place.clone()
    }
}

/// The same as it is displayed: a `main` that returns it shows it so.
impl fmt::Debug for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Three lines: the problem, the string, and carets below the place.
impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |part: &str| part.chars().count();
        let before = width(&self.text[..self.place.start]);
        let carets = width(&self.text[self.place.clone()]).max(1);
        let visible = |it: char| if it.is_control() { char::REPLACEMENT_CHARACTER } else { it };
        let text: String = self.text.chars().map(visible).collect();
        writeln!(f, "{} in {text}\n  {text}", self.problem)?;
        write!(f, "  {:before$}{:^<carets$}", "", "")
    }
}
