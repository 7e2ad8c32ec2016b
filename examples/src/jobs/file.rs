//! The file that says what is to be done.

use std::{num::NonZeroUsize, time::Duration};

use ropewalk_task::{Backoff, Step};
use serde::Deserialize;
use thiserror::Error;

use super::ShellError;

/// What a job file says.
///
/// ```
/// use ropewalk_examples::JobFile;
///
/// let file = JobFile::parse(
///     r#"
///     limit = 2
///
///     [[step]]
///     name = "fetch"
///     run = "curl -O https://example.org/rope.tar"
///     tries = 5
///
///     [[step]]
///     name = "unpack"
///     run = "tar xf rope.tar"
///     after = ["fetch"]
///     timeout = 60
///     "#,
/// )?;
/// assert_eq!(file.steps[1].after, ["fetch"]);
/// # Ok::<(), ropewalk_examples::JobFileError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct JobFile {
    /// How many steps run at once.
    pub limit: NonZeroUsize,
    /// The steps.
    pub steps: Vec<Job>,
}

/// One step of a job file.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// What it is called.
    pub name: String,
    /// The command, for the shell.
    pub run: String,
    /// The steps that have to be done before.
    pub after: Vec<String>,
    /// How long a try may take.
    pub timeout: Option<Duration>,
    /// How often it is tried at most.
    pub tries: u32,
    /// How long to wait before the second try; before each further one twice as long.
    pub delay: Duration,
}

/// A file is not a job file.
#[derive(Debug, Error)]
pub enum JobFileError {
    /// It is not TOML, or has other keys or kinds of values.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// It is larger than it may be.
    #[error("a file of {length} bytes is larger than the limit of {limit}")]
    TooLarge {
        /// Its size.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// A value is not one of those that are allowed.
    #[error("{place}: {key} {why}")]
    Value {
        /// Which step, or the file.
        place: String,
        /// Which key.
        key: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    limit: Option<usize>,
    #[serde(default)]
    step: Vec<RawStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    name: String,
    run: String,
    #[serde(default)]
    after: Vec<String>,
    timeout: Option<f64>,
    tries: Option<u32>,
    delay: Option<f64>,
}

impl JobFile {
    /// Files have at most so many bytes.
    pub const LARGEST: usize = 1 << 20;

    /// Reads a job file.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, JobFileError> {
        if text.len() > Self::LARGEST {
            return Err(JobFileError::TooLarge { length: text.len(), limit: Self::LARGEST });
        }
        let raw: RawFile = toml::from_str(text)?;
        let limit = NonZeroUsize::new(raw.limit.unwrap_or(4)).filter(|limit| limit.get() <= 1024);
        let limit = limit.ok_or_else(|| wrong("the file", "limit", "is not from 1 to 1024"))?;
        let steps = raw.step.into_iter().enumerate().map(|(index, step)| job(index + 1, step));
        Ok(Self { limit, steps: steps.collect::<Result<_, _>>()? })
    }
}

fn job(number: usize, raw: RawStep) -> Result<Job, JobFileError> {
    let plain = !raw.name.is_empty() && raw.name.len() <= 100;
    if !plain || raw.name.contains(|it: char| it.is_control()) {
        let why = "is empty, longer than 100 bytes, or has control characters";
        return Err(wrong(&format!("step {number}"), "name", why));
    }
    let place = format!("step `{}`", raw.name);
    if raw.run.contains('\0') {
        return Err(wrong(&place, "run", "has a zero byte"));
    }
    let seconds = |key, seconds: Option<f64>| match seconds.map(Duration::try_from_secs_f64) {
        None => Ok(None),
        Some(Ok(time)) if time <= YEAR => Ok(Some(time)),
        Some(_) => Err(wrong(&place, key, "is not from 0 to a year, in seconds")),
    };
    let tries = raw.tries.unwrap_or(1);
    if !(1..=1000).contains(&tries) {
        return Err(wrong(&place, "tries", "is not from 1 to 1000"));
    }
    Ok(Job {
        timeout: seconds("timeout", raw.timeout)?,
        delay: seconds("delay", raw.delay)?.unwrap_or(Duration::from_secs(1)),
        tries,
        name: raw.name,
        run: raw.run,
        after: raw.after,
    })
}

fn wrong(place: &str, key: &'static str, why: &'static str) -> JobFileError {
    JobFileError::Value { place: place.to_owned(), key, why }
}

impl Job {
    /// As a step of a graph; `work` runs the command.
    pub fn step<W>(&self, work: impl FnMut() -> W + Send + 'static) -> Step<ShellError>
    where
        W: Future<Output = Result<(), ShellError>> + Send + 'static,
    {
        let backoff = Backoff { initial: self.delay, jitter: 0.0, ..Backoff::default() };
        let step = Step::new(&*self.name, work)
            .after(self.after.iter().cloned())
            .tries(self.tries, backoff)
            .revision(self.revision());
        match self.timeout {
            Some(timeout) => step.timeout(timeout),
            None => step,
        }
    }

    /// A step with another command is another step, for the journal. FNV-1a.
    fn revision(&self) -> u64 {
        self.run.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
