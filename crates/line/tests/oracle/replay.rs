//! Each kind of program on the protocol that it is about.

use ropewalk_line::{Delimiter, LineOnly, Netstrings, Prefix, Prefixed, Rules, Switch};
use serde_json::Value;

use crate::{
    drive::{Events, drive},
    program::Program,
    receivers::{Observer, WholeLines},
    strings::{Int, Strings},
};

/// The events of each operation.
pub(crate) fn run(program: &Program) -> Vec<Vec<Value>> {
    let events = Events::default();
    let observer = Observer::new(program, &events);
    let max_length = program.max_length;
    let delimiter = || Delimiter::bytes(&program.delimiter).expect("a delimiter has bytes");
    match &*program.proto {
        "line" => {
            let protocol = Switch::new(observer, delimiter(), max_length);
            drive(program, protocol, &events)
        }
        "line_only" => {
            let rules = Rules::new(delimiter(), max_length);
            drive(program, LineOnly::new(WholeLines(observer), rules), &events)
        }
        "netstring" => {
            let style = Netstrings::new(max_length);
            drive(program, Strings { observer, style, paused: false }, &events)
        }
        prefixed => {
            let prefix = match prefixed {
                "int8" => Prefix::U8,
                "int16" => Prefix::U16,
                "int32" => Prefix::U32,
                other => panic!("no protocol {other}"),
            };
            let style = Int(Prefixed::new(prefix, max_length), prefix);
            drive(program, Strings { observer, style, paused: false }, &events)
        }
    }
}
