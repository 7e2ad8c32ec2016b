//! Arguments on their way into a plan, and the tables of schemes.

use crate::{
    EndpointError, Problem,
    grammar::{self, Word},
};

/// A scheme: its name, what it takes, and how that becomes a plan.
pub(crate) struct Scheme<T> {
    pub(crate) name: &'static str,
    /// The names of arguments; those without a name are the first of these that are not given.
    pub(crate) places: &'static [&'static str],
    /// The names of arguments that have to be named.
    pub(crate) options: &'static [&'static str],
    pub(crate) plan: fn(&mut Arguments<'_>) -> Result<T, EndpointError>,
}

/// The arguments of one string that have not been used.
pub(crate) struct Arguments<'a> {
    text: &'a str,
    given: Vec<(&'static str, Word)>,
}

/// Makes a plan of `text`, by the scheme that it names.
pub(crate) fn plan<T>(text: &str, schemes: &[Scheme<T>]) -> Result<T, EndpointError> {
    let (name, arguments) = grammar::parse(text)?;
    let Some(scheme) = schemes.iter().find(|scheme| scheme.name == name.text) else {
        let known = schemes.iter().map(|scheme| scheme.name).collect::<Vec<_>>().join(", ");
        let problem = Problem::UnknownScheme { scheme: name.text, known };
        return Err(EndpointError::new(problem, text, name.place));
    };
    let mut given = Arguments { text, given: Vec::new() };
    let (named, placed): (Vec<_>, Vec<_>) =
        arguments.into_iter().partition(|argument| argument.name.is_some());
    for argument in named {
        let Some(name) = argument.name else { continue };
        let mut known = scheme.places.iter().chain(scheme.options);
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
        let Some(place) = scheme.places.iter().find(|place| !given.has(place)) else {
            return Err(EndpointError::new(Problem::TooMany, text, argument.value.place));
        };
        given.given.push((place, argument.value));
    }
    (scheme.plan)(&mut given)
}

impl Arguments<'_> {
    /// The argument, as `parse` understands it; `expected` says what that is.
    pub(crate) fn optional<T>(
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
    pub(crate) fn required<T>(
        &mut self,
        argument: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, EndpointError> {
        let end = self.text.len();
        self.optional(argument, expected, parse)?
            .ok_or_else(|| EndpointError::new(Problem::Missing { argument }, self.text, end..end))
    }

    fn has(&self, argument: &str) -> bool {
        self.given.iter().any(|(name, _)| *name == argument)
    }
}
