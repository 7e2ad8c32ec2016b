//! Arguments on their way into a plan.

use crate::{
    EndpointError, Problem,
    grammar::{Argument, Word},
};

/// The arguments of a scheme or prefix, as they stand in the string.
///
/// The `plan` of a [`Scheme`](crate::Scheme) takes them one by one; each mistake is an error that
/// points at its place.
#[derive(Debug)]
pub struct Arguments<'a> {
    text: &'a str,
    given: Vec<(&'static str, Word)>,
}

impl<'a> Arguments<'a> {
    pub(crate) fn given(
        text: &'a str,
        arguments: Vec<Argument>,
        places: &'static [&'static str],
        options: &'static [&'static str],
    ) -> Result<Self, EndpointError> {
        let mut given = Self { text, given: Vec::new() };
        let (named, placed): (Vec<_>, Vec<_>) =
            arguments.into_iter().partition(|argument| argument.name.is_some());
        for argument in named {
            let Some(name) = argument.name else { continue };
            let mut known = places.iter().chain(options);
            let Some(known) = known.find(|known| **known == name.text) else {
                let problem = Problem::UnknownOption { option: name.text };
                return Err(EndpointError::new(problem, text, name.place));
            };
            if given.has(known) {
                let place = name.place.start..argument.value.place.end;
                return Err(EndpointError::new(Problem::Twice { argument: known }, text, place));
            }
            given.given.push((known, argument.value));
        }
        for argument in placed {
            if argument.value.text.is_empty() && places.is_empty() {
                continue; // the colon behind a scheme that takes nothing
            }
            let Some(place) = places.iter().find(|place| !given.has(place)) else {
                return Err(EndpointError::new(Problem::TooMany, text, argument.value.place));
            };
            given.given.push((place, argument.value));
        }
        Ok(given)
    }

    /// Whether the argument is given and was not taken.
    #[must_use]
    pub fn has(&self, argument: &str) -> bool {
        self.given.iter().any(|(name, _)| *name == argument)
    }

    /// Takes the argument, as `parse` understands it; `expected` says what that is.
    ///
    /// # Errors
    /// `parse` does not understand it: "..." where it has to be `expected`.
    pub fn optional<T>(
        &mut self,
        argument: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, EndpointError> {
        let Some(at) = self.given.iter().position(|(name, _)| *name == argument) else {
            return Ok(None);
        };
        let (_, Word { text: value, place }) = self.given.swap_remove(at);
        if let Some(parsed) = parse(&value) {
            return Ok(Some(parsed));
        }
        let problem = Problem::Invalid { argument, expected, value };
        Err(EndpointError::new(problem, self.text, place))
    }

    /// The same for one that has to be there.
    ///
    /// # Errors
    /// It is not there, or `parse` does not understand it.
    pub fn required<T>(
        &mut self,
        argument: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, EndpointError> {
        self.optional(argument, expected, parse)?.ok_or_else(|| self.missing(argument))
    }

    /// The error that `argument` is not there.
    #[must_use]
    pub fn missing(&self, argument: &'static str) -> EndpointError {
        let end = self.text.len();
        EndpointError::new(Problem::Missing { argument }, self.text, end..end)
    }

    /// The error that `argument` is there though it does not go with `other`.
    #[must_use]
    pub fn conflict(&self, argument: &'static str, other: &'static str) -> EndpointError {
        let at = self.given.iter().find(|(name, _)| *name == argument);
        let end = self.text.len();
        let place = at.map_or(end..end, |(_, word)| word.place.clone());
        EndpointError::new(Problem::Conflict { argument, other }, self.text, place)
    }
}
