//! Values of the configuration file, each with what may be wrong about it.

use std::{ops::RangeInclusive, time::Duration};

use toml::{Spanned, de::DeValue};

use super::{Config, Mistake};

pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// Reads values of one file and collects what is wrong with them.
pub(super) struct Reader<'a> {
    text: &'a str,
    /// The key that is being read, with its tables.
    pub(super) path: String,
    mistakes: Vec<(usize, Mistake)>,
    check_endpoint: &'a dyn Fn(&str) -> Result<(), String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        text: &'a str,
        check_endpoint: &'a dyn Fn(&str) -> Result<(), String>,
    ) -> Self {
        Self { text, path: String::new(), mistakes: Vec::new(), check_endpoint }
    }

    /// The configuration if nothing was wrong, or all that was, in the order of the file.
    pub(super) fn finish(mut self, config: Config) -> Result<Config, Vec<Mistake>> {
        if self.mistakes.is_empty() {
            return Ok(config);
        }
        self.mistakes.sort_by_key(|(at, _)| *at);
        Err(self.mistakes.into_iter().map(|(_, mistake)| mistake).collect())
    }

    pub(super) fn mistake_at(&mut self, at: usize, key: &str, what: &str) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        self.mistakes.push((at, Mistake { line, key: key.to_owned(), what: what.to_owned() }));
    }

    pub(super) fn mistake(&mut self, value: &Value<'_>, what: &str) {
        let path = self.path.clone();
        self.mistake_at(value.span().start, &path, what);
    }

    pub(super) fn number<T>(&mut self, value: &Value<'_>, range: RangeInclusive<u64>) -> Option<T>
    where
        T: TryFrom<u64>,
    {
        let Some(integer) = value.get_ref().as_integer() else {
            self.wrong_type(value, "a whole number");
            return None;
        };
        let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let number = number.filter(|number| range.contains(number));
        let number = number.and_then(|number| T::try_from(number).ok());
        if number.is_none() {
            let (least, most) = range.into_inner();
            self.mistake(value, &format!("{} is not from {least} to {most}", integer.as_str()));
        }
        number
    }

    pub(super) fn seconds(&mut self, value: &Value<'_>) -> Option<Duration> {
        self.number(value, 1..=86_400).map(Duration::from_secs)
    }

    pub(super) fn string(&mut self, value: &Value<'_>) -> Option<String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.wrong_type(value, "a string");
        }
        text
    }

    /// A string that is one line.
    pub(super) fn line(&mut self, value: &Value<'_>) -> Option<String> {
        let text = self.string(value)?;
        if text.contains(['\0', '\r', '\n']) {
            self.mistake(value, "it has to be one line");
            return None;
        }
        Some(text)
    }

    /// A string, or an array of them.
    pub(super) fn lines(&mut self, value: &Value<'_>) -> Option<Vec<String>> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.lines().map(str::to_owned).collect()),
            DeValue::Array(array) => array.iter().map(|line| self.line(line)).collect(),
            _ => {
                self.wrong_type(value, "a string or an array of strings");
                None
            }
        }
    }

    /// An array of strings.
    pub(super) fn strings(&mut self, value: &Value<'_>) -> Option<Vec<String>> {
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(value, "an array of strings");
            return None;
        };
        array.iter().map(|text| self.string(text)).collect()
    }

    pub(super) fn endpoints(&mut self, value: &Value<'_>) -> Option<Vec<String>> {
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(value, "an array of strings");
            return None;
        };
        if array.is_empty() {
            self.mistake(value, "there has to be at least one");
        }
        let mut all = Vec::new();
        for value in array {
            let Some(endpoint) = self.string(value) else { continue };
            if let Err(why) = (self.check_endpoint)(&endpoint) {
                self.mistake(value, &why);
            }
            all.push(endpoint);
        }
        Some(all)
    }

    fn wrong_type(&mut self, value: &Value<'_>, wanted: &str) {
        let found = value.get_ref().type_str();
        self.mistake(value, &format!("this is of type {found}, and {wanted} is wanted"));
    }
}
