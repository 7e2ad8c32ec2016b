//! The recorded programs.

use std::{fs, io::Read, path::Path};

use flate2::read::GzDecoder;
use serde_json::Value;

/// One program and what came of it.
pub(crate) struct Program {
    pub(crate) id: String,
    pub(crate) proto: String,
    pub(crate) max_length: usize,
    pub(crate) delimiter: Vec<u8>,
    pub(crate) ignores_exceeded: bool,
    pub(crate) reactions: Vec<(u64, Vec<Op>)>,
    pub(crate) ops: Vec<Op>,
    pub(crate) quirks: Vec<String>,
    pub(crate) trace: Vec<Vec<Value>>,
}

/// One operation, at the top or inside a handler.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Data(Vec<u8>),
    Raw,
    RawTake(usize),
    LineMode(Vec<u8>),
    Pause,
    Resume,
    Stop,
    Clear,
    Lose,
    Send(Vec<u8>),
    Delimiter(Vec<u8>),
    MaxLength(usize),
}

/// Reads `line.jsonl.gz` or `line.jsonl` in `folder`.
pub(crate) fn read(folder: &Path) -> Vec<Program> {
    let mut text = String::new();
    match fs::read(folder.join("line.jsonl.gz")) {
        Ok(packed) => {
            GzDecoder::new(&*packed).read_to_string(&mut text).expect("a gzip file");
        }
        Err(_) => {
            let plain = folder.join("line.jsonl");
            text = fs::read_to_string(&plain).unwrap_or_else(|error| panic!("{plain:?}: {error}"));
        }
    }
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    records.filter(|record| record.get("header").is_none()).map(|it| program(&it)).collect()
}

fn program(record: &Value) -> Program {
    let config = &record["config"];
    let reaction = |it: &Value| (it["at"].as_u64().expect("a number"), ops(&it["do"]));
    Program {
        id: string(&record["id"]),
        proto: string(&record["proto"]),
        max_length: number(&config["max_length"]),
        delimiter: config.get("delimiter").map(bytes).unwrap_or_default(),
        ignores_exceeded: config["on_exceeded"] == "ignore",
        reactions: array(&record["on"]).iter().map(reaction).collect(),
        ops: ops(&record["ops"]),
        quirks: array(&record["quirks"]).iter().map(string).collect(),
        trace: array(&record["trace"]).iter().map(|it| array(it).clone()).collect(),
    }
}

fn ops(list: &Value) -> Vec<Op> {
    array(list).iter().map(op).collect()
}

fn op(record: &Value) -> Op {
    let b = || bytes(&record["b"]);
    let n = || number(&record["n"]);
    match &*string(&record["op"]) {
        "data" => Op::Data(b()),
        "raw" => Op::Raw,
        "raw_take" => Op::RawTake(n()),
        "line_mode" => Op::LineMode(b()),
        "pause" => Op::Pause,
        "resume" => Op::Resume,
        "stop" => Op::Stop,
        "clear" => Op::Clear,
        "lose" => Op::Lose,
        "send" => Op::Send(b()),
        "delimiter" => Op::Delimiter(b()),
        "max_length" => Op::MaxLength(n()),
        other => panic!("no operation {other}"),
    }
}

/// One character for each byte.
pub(crate) fn text(bytes: &[u8]) -> Value {
    bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into()
}

fn bytes(text: &Value) -> Vec<u8> {
    string(text).chars().map(|it| u8::try_from(it).expect("a byte")).collect()
}

fn string(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

fn number(value: &Value) -> usize {
    value.as_u64().and_then(|it| it.try_into().ok()).expect("a number")
}

fn array(value: &Value) -> &Vec<Value> {
    value.as_array().expect("an array")
}
