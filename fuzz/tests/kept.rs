//! The kept inputs of every target, given to it again.

use std::{collections::BTreeMap, env, fs, path::PathBuf};

use fuzz::{TARGETS, Target};

/// Files of one target, and bytes of one file, at most: a clone should stay small.
const MOST: usize = 128;
const LARGEST: usize = 2_048;

macro_rules! replay {
    ($($test:ident $target:literal)+) => {
        $(
            #[test]
            fn $test() {
                survive($target);
            }
        )+

        const REPLAYED: &[&str] = &[$($target),+];
    };
}

replay! {
    every_kept_input_of_to_hub_is_survived "to_hub"
    every_kept_input_of_from_hub_is_survived "from_hub"
    every_kept_input_of_to_registry_is_survived "to_registry"
    every_kept_input_of_from_registry_is_survived "from_registry"
    every_kept_input_of_http_body_is_survived "http_body"
    every_kept_input_of_journal_is_survived "journal"
    every_kept_input_of_ticket_is_survived "ticket"
    every_kept_input_of_datagram_is_survived "datagram"
    every_kept_input_of_client_datagram_is_survived "client_datagram"
    every_kept_input_of_packet_is_survived "packet"
    every_kept_input_of_input_is_survived "input"
    every_kept_input_of_event_is_survived "event"
    every_kept_input_of_component_is_survived "component"
    every_kept_input_of_websocket_is_survived "websocket"
    every_kept_input_of_map_is_survived "map"
}

fn survive(name: &str) {
    let target = fuzz::target(name).expect("the target should exist");
    let mut refused = 0;
    for (file, bytes) in kept(target) {
        // Shown if the test fails: the last one is the culprit.
        println!("corpus/{name}/{file}");
        refused += usize::from(!(target.body)(&bytes));
    }
    assert!(refused > 0, "something bad should be kept of `{name}`, too");
}

#[test]
fn every_target_is_replayed_and_has_a_corpus() {
    let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(REPLAYED, names);
    let mut folders: Vec<_> = fs::read_dir(corpus())
        .expect("the corpus should be readable")
        .map(|folder| folder.expect("the corpus should be readable").file_name())
        .collect();
    folders.sort();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(folders, sorted);
}

#[test]
fn kept_inputs_are_few_and_small() {
    for target in TARGETS {
        let kept = kept(target);
        assert!(kept.len() <= MOST, "`{}` has {} inputs", target.name, kept.len());
        for (file, bytes) in kept {
            assert!(bytes.len() <= LARGEST, "corpus/{}/{file} has {} bytes", target.name, bytes.len());
        }
    }
}

#[test]
fn what_our_own_code_writes_is_kept_and_taken() {
    let bless = env::var_os("FOGLINE_BLESS").is_some();
    for target in TARGETS {
        let name = |place: usize| format!("example-{place:02}");
        let written: BTreeMap<_, _> =
            (target.examples)().into_iter().enumerate().map(|(place, bytes)| (name(place), bytes)).collect();
        for (file, bytes) in &written {
            assert!((target.body)(bytes), "`{}` should take {file}", target.name);
        }
        let mut kept = kept(target);
        kept.retain(|file, _| file.starts_with("example-"));
        if bless {
            let folder = corpus().join(target.name);
            for old in kept.keys() {
                fs::remove_file(folder.join(old)).expect("an old example should be removable");
            }
            for (file, bytes) in &written {
                fs::write(folder.join(file), bytes).expect("the corpus should be writable");
            }
            continue;
        }
        assert!(
            kept == written,
            "the examples of `{}` are out of date; FOGLINE_BLESS=1 and this test write them anew",
            target.name
        );
    }
}

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// By the names of their files.
fn kept(target: &Target) -> BTreeMap<String, Vec<u8>> {
    let folder = corpus().join(target.name);
    let read = |file: PathBuf| {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        (name, fs::read(&file).expect("a kept input should be readable"))
    };
    fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("`{}` should be readable: {error}", folder.display()))
        .map(|file| read(file.expect("a folder should be readable").path()))
        .collect()
}
