//! The cache under the faults a disk and other runs can bring.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::*;
use crate::fetch::progress::Silent;

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

#[test]
fn gives_back_what_it_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let silent = Silent::default();
    let cache = Cache::new(Some(folder.path().join("made/when/needed")), &silent);
    let digest = Digest::of(b"chart");
    assert_eq!(cache.package(&digest), None);
    cache.keep_package(&digest, b"chart");
    cache.keep_package(&digest, b"chart");
    assert_eq!(cache.package(&digest).as_deref(), Some(&b"chart"[..]));
    cache.remember(Bucket::Pointers, "key", &[b"one", b"", b" two"]);
    assert_eq!(cache.recall(Bucket::Pointers, "key").as_deref(), Some(&b"one two"[..]));
    cache.remember(Bucket::Pointers, "key", &[b"three"]);
    assert_eq!(cache.recall(Bucket::Pointers, "key").as_deref(), Some(&b"three"[..]));
    assert_eq!(cache.recall(Bucket::Indexes, "key"), None);
    assert_eq!(files(&folder.path().join("made/when/needed/partial")), Vec::<PathBuf>::new());
    assert_eq!(silent.notices(), Vec::<String>::new());
}

#[test]
fn without_a_folder_nothing_is_kept_or_said() {
    let silent = Silent::default();
    let cache = Cache::new(None, &silent);
    cache.keep_package(&Digest::of(b"chart"), b"chart");
    cache.remember(Bucket::Pointers, "key", &[b"one"]);
    assert_eq!((cache.package(&Digest::of(b"chart")), cache.recall(Bucket::Pointers, "key")), (None, None));
    assert_eq!(silent.notices(), Vec::<String>::new());
}

#[test]
fn damaged_files_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let silent = Silent::default();
    let cache = Cache::new(Some(folder.path().to_owned()), &silent);
    let digest = Digest::of(b"chart");
    cache.keep_package(&digest, b"chart");
    cache.remember(Bucket::Indexes, "key", &[b"entries: {}\n"]);
    for bucket in [PACKAGES, Bucket::Indexes.folder()] {
        for file in files(&folder.path().join(bucket)) {
            let bytes = fs::read(&file).unwrap();
            fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        }
    }
    assert_eq!((cache.package(&digest), cache.recall(Bucket::Indexes, "key")), (None, None));
    assert_eq!(files(&folder.path().join(PACKAGES)), Vec::<PathBuf>::new());
    assert_eq!(files(&folder.path().join(Bucket::Indexes.folder())), Vec::<PathBuf>::new());
    cache.keep_package(&digest, b"chart");
    assert!(cache.package(&digest).is_some(), "a package that was damaged is kept again");
}

#[test]
fn every_cut_and_every_flipped_byte_of_a_record_is_noticed() {
    let payload = b"sha256:0011\nrest";
    let whole = [record_header(&[payload]).as_bytes(), payload].concat();
    assert_eq!(open_record(&whole.clone().into()).as_deref(), Some(&payload[..]));
    for at in 0..whole.len() {
        assert_eq!(open_record(&whole[..at].to_vec().into()), None, "cut at {at}");
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        assert_eq!(open_record(&flipped.into()), None, "flipped at {at}");
    }
    assert_eq!(open_record(&vec![0; 4096].into()), None, "zeroes, as some file systems leave after a crash");
}

#[test]
fn a_cache_that_cannot_be_written_is_given_up_with_one_notice() {
    let folder = tempfile::tempdir().unwrap();
    let blocker = folder.path().join("file");
    fs::write(&blocker, "").unwrap();
    for root in [blocker.join("cache"), "/proc/nowhere".into()] {
        let silent = Silent::default();
        let cache = Cache::new(Some(root.clone()), &silent);
        for content in ["one", "two"] {
            cache.keep_package(&Digest::of(content.as_bytes()), content.as_bytes());
            cache.remember(Bucket::Pointers, content, &[b"x"]);
            assert_eq!(cache.recall(Bucket::Pointers, content), None);
        }
        let notices = silent.notices();
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(notices[0].contains(root.to_str().unwrap()), "{notices:?}");
    }
}

#[test]
fn only_old_partial_files_are_swept() {
    let folder = tempfile::tempdir().unwrap();
    let partial = folder.path().join(PARTIAL);
    fs::create_dir(&partial).unwrap();
    for (name, age) in [("killed", ABANDONED + Duration::from_secs(60)), ("running", Duration::ZERO)] {
        let file = fs::File::create(partial.join(name)).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }
    let silent = Silent::default();
    Cache::new(Some(folder.path().to_owned()), &silent).remember(Bucket::Pointers, "key", &[b"x"]);
    assert_eq!(files(&partial), [partial.join("running")]);
}

#[test]
fn runs_that_share_a_cache_see_whole_records_only() {
    let folder = tempfile::tempdir().unwrap();
    let write_and_read = |byte: u8| {
        let silent = Silent::default();
        let cache = Cache::new(Some(folder.path().to_owned()), &silent);
        let content = vec![byte; 100_000];
        for _ in 0..50 {
            cache.remember(Bucket::Indexes, "key", &[&content]);
            let seen = cache.recall(Bucket::Indexes, "key").expect("a record is never seen in part, and so never removed");
            assert!(seen.len() == 100_000 && seen.iter().all(|byte| *byte == seen[0]), "a mixed record");
        }
        assert_eq!(silent.notices(), Vec::<String>::new());
    };
    std::thread::scope(|scope| [b'a', b'b', b'c'].map(|byte| scope.spawn(move || write_and_read(byte))).map(|run| run.join().unwrap()));
}
