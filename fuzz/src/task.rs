//! Journals, job files and schedules.

use std::{
    future::ready,
    time::{Duration, SystemTime},
};

use ropewalk_examples::JobFile;
use ropewalk_task::{Graph, GraphError, JournalLine, Schedule};

/// What is understood is written as it was read, and nothing else has its checksum.
pub fn journal_line(data: &[u8]) {
    if let Ok(line) = JournalLine::parse(data) {
        assert_eq!(line.to_string().as_bytes(), data);
    }
    let line = JournalLine { revision: data.len() as u64, step: String::from_utf8_lossy(data) };
    let text = line.to_string();
    assert_eq!(JournalLine::parse(text.as_bytes()).as_ref(), Ok(&line));
    let mut damaged = text.into_bytes();
    let at = data.first().map_or(0, |byte| usize::from(*byte) % damaged.len());
    damaged[at] ^= 1;
    assert!(JournalLine::parse(&damaged).is_err());
}

/// A job file is a graph that can be run, or says why not.
pub fn job_file(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let Ok(file) = JobFile::parse(text) else { return };
    let mut graph = Graph::default();
    let added = file.steps.iter().try_for_each(|job| graph.add(job.step(|| ready(Ok(())))));
    match added.and_then(|()| graph.plan().map(drop)) {
        Ok(()) => {}
        Err(GraphError::Duplicate { name }) => {
            assert!(file.steps.iter().filter(|step| step.name == name).count() > 1);
        }
        Err(GraphError::Unknown { dependency, .. }) => {
            assert!(file.steps.iter().all(|step| step.name != dependency));
        }
        Err(GraphError::Cycle { path }) => {
            assert_eq!(path.first(), path.last());
            for pair in path.windows(2) {
                let step = file.steps.iter().find(|step| step.name == pair[0]);
                assert!(step.is_some_and(|step| step.after.contains(&pair[1])));
            }
        }
        Err(other) => panic!("{other}"),
    }
}

/// The times of a schedule go forward.
pub fn schedule(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let Ok(schedule) = text.parse::<Schedule>() else { return };
    let mut time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_774_656_000);
    for _ in 0..3 {
        let Some(next) = schedule.next_after(time) else { return };
        assert!(next > time);
        time = next;
    }
}
