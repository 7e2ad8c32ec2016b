//! The recorded programs.

use std::{fs, io::Read, path::Path, time::Duration};

use flate2::read::GzDecoder;
use serde_json::Value;

/// One program and what came of it.
pub(crate) struct Program {
    pub(crate) id: String,
    pub(crate) ops: Vec<Value>,
    pub(crate) quirks: Vec<String>,
    pub(crate) trace: Vec<Value>,
    pub(crate) end: Value,
}

/// Reads `looping.jsonl.gz` or `looping.jsonl` in `folder`.
pub(crate) fn read(folder: &Path) -> Vec<Program> {
    let mut text = String::new();
    match fs::read(folder.join("looping.jsonl.gz")) {
        Ok(packed) => {
            GzDecoder::new(&*packed).read_to_string(&mut text).expect("a gzip file");
        }
        Err(_) => {
            let plain = folder.join("looping.jsonl");
            text = fs::read_to_string(&plain).unwrap_or_else(|error| panic!("{plain:?}: {error}"));
        }
    }
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    records.filter(|record| record.get("header").is_none()).map(|it| program(&it)).collect()
}

fn program(record: &Value) -> Program {
    Program {
        id: record["id"].as_str().expect("a string").to_owned(),
        ops: list(&record["ops"]),
        quirks: list(&record["quirks"]).iter().map(ToString::to_string).collect(),
        trace: list(&record["trace"]),
        end: record["final"].clone(),
    }
}

/// An array, which may be missing where it would be empty.
pub(crate) fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

pub(crate) fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

/// `None` where it is less than nothing.
pub(crate) fn time(value: &Value) -> Option<Duration> {
    Duration::try_from_secs_f64(value.as_f64().expect("seconds")).ok()
}
