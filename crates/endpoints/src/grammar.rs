//! Scheme and arguments, as they are written.

use std::ops::Range;

use nom::{
    IResult, Parser,
    branch::alt,
    character::complete::{anychar, char, none_of},
    combinator::opt,
    multi::{fold_many0, separated_list1},
    sequence::preceded,
};

use crate::{EndpointError, Problem};

/// A word, without the backslashes, and where it is.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) place: Range<usize>,
}

/// One argument; `name` is missing where its place says what it is.
#[derive(Clone, Debug)]
pub(crate) struct Argument {
    pub(crate) name: Option<Word>,
    pub(crate) value: Word,
}

/// The scheme and its arguments.
pub(crate) fn parse(input: &str) -> Result<(Word, Vec<Argument>), EndpointError> {
    let fail = |problem, place| Err(EndpointError::new(problem, input, place));
    let (rest, arguments) = separated_list1(char(':'), argument(input.len()))
        .parse(input)
        .unwrap_or((input, Vec::new()));
    if !rest.is_empty() {
        // Only a backslash with nothing behind it is not understood.
        return fail(Problem::NothingEscaped, input.len() - rest.len()..input.len());
    }
    let mut arguments = arguments.into_iter();
    match arguments.next() {
        Some(Argument { name: None, value }) if !value.text.is_empty() => {
            Ok((value, arguments.collect()))
        }
        Some(Argument { name: Some(name), .. }) => fail(Problem::NoScheme, name.place),
        _ => fail(Problem::NoScheme, 0..0),
    }
}

fn argument<'a>(
    total: usize,
) -> impl Parser<&'a str, Output = Argument, Error = nom::error::Error<&'a str>> {
    let name = move |input| word(total, "\\:=", input);
    let value = move |input| word(total, "\\:", input);
    (name, opt(preceded(char('='), value))).map(|(first, second)| match second {
        Some(value) => Argument { name: Some(first), value },
        None => Argument { name: None, value: first },
    })
}

/// Everything up to one of `ends`.
fn word<'a>(total: usize, ends: &'static str, input: &'a str) -> IResult<&'a str, Word> {
    let one = alt((preceded(char('\\'), anychar), none_of(ends)));
    let (rest, text) = fold_many0(one, String::new, |mut text, character| {
        text.push(character);
        text
    })
    .parse(input)?;
    Ok((rest, Word { text, place: total - input.len()..total - rest.len() }))
}
