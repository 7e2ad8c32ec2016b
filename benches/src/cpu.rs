//! What a process has used, by the kernel's accounting.

use std::fs;
use std::io;

/// CPU time of all threads of a process, in nanoseconds.
pub fn nanoseconds_of(process: u32) -> io::Result<u64> {
    let mut sum = 0;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
        sum += text.split(' ').next().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(sum)
}

/// Memory of a process in bytes: its own pages, and its share of those that it shares.
pub fn memory_of(process: u32) -> io::Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or("0 kB");
    let kibibytes = line.trim().trim_end_matches(" kB").parse::<u64>();
    kibibytes.map(|count| count * 1024).map_err(io::Error::other)
}
