//! Every seed goes through its target, without a fuzzer.

use std::fs;
use std::path::Path;

use ropewalk_fuzz::TARGETS;

#[test]
fn every_seed_passes_its_target() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let seeds = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
        for seed in seeds {
            target(&fs::read(seed.unwrap().path()).unwrap());
        }
    }
}

#[test]
fn every_folder_of_seeds_belongs_to_a_target() {
    for folder in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")).unwrap() {
        let name = folder.unwrap().file_name();
        assert!(TARGETS.iter().any(|(target, _)| name == *target), "{name:?}");
    }
}

#[test]
fn every_target_stands_anything_short() {
    for (_, target) in TARGETS {
        target(b"");
        (0..=u8::MAX).for_each(|byte| target(&[byte]));
    }
}
