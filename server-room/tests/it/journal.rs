use std::{fs, thread};

use async_channel::bounded;
use server_room::journal::{Journal, Word};

use crate::support::{HOST_KEY, Scratch, allocation, entry, leave, write};

fn left(scratch: &Scratch, host_key: &str) -> Vec<u64> {
    let (_journal, left) = Journal::open(scratch.path(), host_key, false).expect("the journal should open");
    left.iter().map(|entry| entry.allocation.epoch.0).collect()
}

#[test]
fn next_room_finds_what_the_last_one_left_the_oldest_first() {
    let scratch = Scratch::new();
    leave(scratch.path(), HOST_KEY, &[30, 4, 12]);
    assert_eq!(left(&scratch, HOST_KEY), [4, 12, 30]);
}

#[test]
fn room_of_another_host_leaves_it_alone() {
    let scratch = Scratch::new();
    leave(scratch.path(), HOST_KEY, &[1]);
    assert!(left(&scratch, "another key").is_empty());
    assert_eq!(left(&scratch, HOST_KEY), [1]);
}

#[test]
fn one_room_takes_over_from_two() {
    let scratch = Scratch::new();
    let open = || Journal::open(scratch.path(), HOST_KEY, false).expect("the journal should open");
    let ((first, _), (second, _)) = (open(), open());
    write(second, &[2]);
    write(first, &[1]);
    assert_eq!(left(&scratch, HOST_KEY), [1, 2]);
}

#[test]
fn room_that_lives_keeps_its_results() {
    let scratch = Scratch::new();
    leave(scratch.path(), HOST_KEY, &[1]);
    let alive = Journal::open(scratch.path(), HOST_KEY, false).expect("the journal should open");
    assert!(left(&scratch, HOST_KEY).is_empty());
    drop(alive);
    assert_eq!(left(&scratch, HOST_KEY), [1]);
}

#[test]
fn damaged_file_is_set_aside_and_the_others_are_read() {
    let scratch = Scratch::new();
    leave(scratch.path(), HOST_KEY, &[1, 2, 3]);
    let files = scratch.files("json");
    fs::write(&files[0], "{\"allocation\":").expect("the file should be writable");
    fs::copy(&files[2], &files[1]).expect("the file should be writable");
    fs::write(files[2].with_extension("tmp"), "half").expect("the folder should be writable");
    assert_eq!(left(&scratch, HOST_KEY), [3]);
    assert_eq!(scratch.files("bad").len(), 2, "they are kept for somebody to look at");
    assert!(scratch.files("tmp").is_empty(), "what was never announced is deleted");
}

#[test]
fn confirmed_result_is_gone_or_kept_as_asked() {
    for (keep_confirmed, done) in [(false, 0), (true, 1)] {
        let scratch = Scratch::new();
        let (journal, _) =
            Journal::open(scratch.path(), HOST_KEY, keep_confirmed).expect("the journal should open");
        let waiting = journal.waiting();
        let (word, words) = bounded(8);
        let (record, _recorded) = bounded(8);
        let (write, _written) = bounded(8);
        for word_to_say in [Word::Write(entry(1)), Word::Confirm(allocation(1))] {
            word.try_send(word_to_say).expect("the channel should take it");
        }
        drop(word);
        journal.keep(words, record, write);
        assert_eq!(waiting.load(std::sync::atomic::Ordering::Relaxed), 0);
        assert_eq!((scratch.files("json").len(), scratch.files("done").len()), (0, done));
    }
}

#[test]
fn result_that_cannot_be_written_is_announced_when_it_can() {
    let scratch = Scratch::new();
    let (journal, _) = Journal::open(scratch.path(), HOST_KEY, false).expect("the journal should open");
    let (word, words) = bounded(8);
    let (record, recorded) = bounded(8);
    let (write, _written) = bounded(8);
    let folder = fs::read_dir(scratch.path())
        .expect("the folder should be there")
        .next()
        .expect("the journal should have a folder")
        .expect("the folder should be readable")
        .path();
    fs::remove_dir_all(&folder).expect("the folder should be removable");
    word.try_send(Word::Write(entry(1))).expect("the channel should take it");
    drop(word);
    let keeper = thread::spawn(move || journal.keep(words, record, write));
    assert!(recorded.try_recv().is_err(), "there is nowhere to write");
    fs::create_dir(&folder).expect("the folder should be possible");
    assert_eq!(recorded.recv_blocking(), Ok(allocation(1)));
    keeper.join().expect("the journal should end by itself");
    assert_eq!(scratch.files("json").len(), 1);
}
