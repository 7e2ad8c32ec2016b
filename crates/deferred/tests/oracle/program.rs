//! The recorded programs.

use std::{fs, io::Read, path::Path};

use flate2::read::GzDecoder;
use serde_json::Value;

/// One program and what came of it.
pub(crate) struct Program {
    pub(crate) id: String,
    pub(crate) ops: Vec<Value>,
    pub(crate) tags: Vec<String>,
    pub(crate) quirks: Vec<String>,
    pub(crate) trace: Vec<Vec<Value>>,
    pub(crate) ends: Vec<End>,
    pub(crate) unhandled: Vec<(u64, Value)>,
    /// Those of which it is left open whether they report a failure.
    pub(crate) unreported: Vec<u64>,
}

/// The state of a Deferred at the end.
pub(crate) struct End {
    pub(crate) number: u64,
    pub(crate) state: Value,
    /// It was given away.
    pub(crate) moved: bool,
}

/// Reads `deferred.jsonl.gz` or `deferred.jsonl` in `folder`.
pub(crate) fn read(folder: &Path) -> Vec<Program> {
    let mut text = String::new();
    match fs::read(folder.join("deferred.jsonl.gz")) {
        Ok(packed) => {
            GzDecoder::new(&*packed).read_to_string(&mut text).expect("a gzip file");
        }
        Err(_) => {
            let plain = folder.join("deferred.jsonl");
            text = fs::read_to_string(&plain).unwrap_or_else(|error| panic!("{plain:?}: {error}"));
        }
    }
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    records.filter(|record| record.get("header").is_none()).map(|it| program(&it)).collect()
}

fn program(record: &Value) -> Program {
    let strings = |it: &Value| array(it).iter().map(string).collect();
    let unreported = record.get("unreported").map(array);
    Program {
        id: string(&record["id"]),
        ops: array(&record["ops"]).clone(),
        tags: strings(&record["tags"]),
        quirks: strings(&record["quirks"]),
        trace: array(&record["trace"]).iter().map(|it| array(it).clone()).collect(),
        ends: array(&record["final"]).iter().map(end).collect(),
        unhandled: array(&record["unhandled"])
            .iter()
            .map(|it| (number(&it[0]), it[1].clone()))
            .collect(),
        unreported: unreported.into_iter().flatten().map(number).collect(),
    }
}

fn end(record: &Value) -> End {
    End {
        number: number(&record["d"]),
        state: record["state"].clone(),
        moved: record.get("moved").is_some_and(|moved| moved == true),
    }
}

pub(crate) fn string(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

pub(crate) fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

pub(crate) fn array(value: &Value) -> &Vec<Value> {
    value.as_array().expect("an array")
}
