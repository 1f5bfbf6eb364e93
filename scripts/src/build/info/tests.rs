use super::{BuildInfo, Commit, ENCODER, git};
use crate::build::sources::Crate;
use std::path::Path;

/// A crate in a folder of its own.
fn crate_in(folder: &Path) -> Crate {
    std::fs::create_dir_all(folder.join("src")).expect("a folder");
    let manifest = "[package]\nname = \"c\"\n[dependencies]\nstylus-sdk = \"0.10\"\n";
    std::fs::write(folder.join("Cargo.toml"), manifest).expect("written");
    std::fs::write(folder.join("src/lib.rs"), "").expect("written");
    let lock = "[[package]]\nname = \"stylus-sdk\"\nversion = \"0.10.10\"\n";
    std::fs::write(folder.join("Cargo.lock"), lock).expect("written");
    Crate::open(folder).expect("a crate")
}

#[test]
fn the_encoder_is_the_one_in_the_lock_file() {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    let lock = std::fs::read_to_string(lock).expect("the lock file");
    let (name, version) = ENCODER.split_once(' ').expect("name and version");
    let entry = format!("name = \"{name}\"\nversion = \"{version}\"");
    assert!(lock.contains(&entry), "{ENCODER}");
}

#[test]
fn a_commit_is_clean_until_a_source_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let contract = crate_in(folder.path());
    let folders = contract.sources().expect("sources").folders;
    let in_folder = |words: &[&str]| git(&contract.root, words.iter().copied());
    if in_folder(&["init", "-q"]).is_none() {
        println!("without git there is nothing to look at");
        return;
    }
    assert_eq!(Commit::of(&contract, &folders), None);
    in_folder(&["add", "."]).expect("added");
    let author = ["-c", "user.name=n", "-c", "user.email=e"];
    in_folder(&[&author[..], &["commit", "-qm", "first"]].concat()).expect("committed");
    let clean = Commit::of(&contract, &folders).expect("a commit");
    assert!(!clean.dirty && clean.id.len() >= 40, "{clean:?}");
    std::fs::write(contract.folder.join("src/lib.rs"), "fn f() {}").expect("written");
    let dirty = Commit::of(&contract, &folders).expect("a commit");
    assert!(dirty.dirty && dirty.id == clean.id, "{dirty:?}");
    let mut info = BuildInfo {
        commit: Some(dirty),
        ..BuildInfo::default()
    };
    std::fs::write(contract.folder.join("src/lib.rs"), "").expect("written");
    info.look_again(&contract, &folders);
    assert_eq!(info.commit, Some(clean));
}

#[test]
fn every_source_counts_in_the_source_hash_wherever_the_repository_lies() {
    let (one, other) = (tempfile::tempdir(), tempfile::tempdir());
    let (one, other) = (one.expect("a folder"), other.expect("a folder"));
    let hash = |folder: &Path, lock: &str, further: &str| {
        let contract = crate_in(folder);
        std::fs::write(folder.join("Cargo.lock"), lock).expect("written");
        std::fs::write(folder.join("else.rs"), further).expect("written");
        let sources = contract.sources().expect("sources");
        let further = [contract.root.join("else.rs")];
        contract.source_hash(&sources, &further).expect("a hash")
    };
    let first = hash(one.path(), "a", "b");
    assert_eq!(hash(other.path(), "a", "b"), first);
    assert_ne!(hash(other.path(), "b", "b"), first);
    assert_ne!(hash(other.path(), "a", "c"), first);
}

#[test]
fn the_version_of_the_sdk_comes_from_the_lock_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let contract = crate_in(folder.path());
    let folders = contract.sources().expect("sources").folders;
    let version = contract.sdk_version(&folders).expect("a lock file");
    assert_eq!(version.as_deref(), Some("0.10.10"));
}
