use super::super::source::{Part, Reads};
use super::super::tree::{Entry, Tree};
use super::{Copy, NEW, OLD, Recompile};
use alloy::primitives::{B256, keccak256};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const CONTRACT: &str = "Cargo.toml";
const SHARED: &str = "path-dependencies/shared/Cargo.toml";
const FRAMEWORK: &str = "path-dependencies/framework/Cargo.toml";
const READ: &str = "data/read.txt";

/// A contract in the root, and what it depends on by path: a library and one of the framework's.
struct Sources {
    folder: tempfile::TempDir,
    read: &'static str,
    code: &'static str,
    framework: B256,
    by_reads: bool,
}

impl Sources {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            read: "1",
            code: "1",
            framework: keccak256("1"),
            by_reads: true,
        }
    }

    fn part(manifest: &str, reads: Reads) -> Part {
        let place = Path::new(manifest).parent().expect("a folder");
        Part {
            name: "a".into(),
            folder: PathBuf::new(),
            declared: Vec::new(),
            place: place.into(),
            reads,
        }
    }

    /// The manifests of contract, library and framework.
    fn fill(&self, recompile: Recompile) -> [String; 3] {
        let copy = Copy::in_folder(self.folder.path());
        let mut tree = Tree::default();
        for path in [CONTRACT, SHARED, FRAMEWORK] {
            let text = format!("[package]\nname = {path:?}\n[features]\nown = []\n");
            tree.insert(path, Entry::text(text, None));
        }
        tree.insert(READ, Entry::text(self.read, None));
        tree.insert("src/lib.rs", Entry::text(self.code, None));
        let parts = [
            Self::part(CONTRACT, Reads::Any),
            Self::part(SHARED, Reads::OwnCode),
            Self::part(FRAMEWORK, Reads::Own(self.framework)),
        ];
        let by_reads = self.by_reads;
        copy.fill(&tree, &parts, recompile, by_reads)
            .expect("filled");
        let text = |path: &str| std::fs::read_to_string(copy.folder().join(path));
        [CONTRACT, SHARED, FRAMEWORK].map(|path| text(path).expect("a manifest"))
    }

    fn time(&self, path: &str) -> Duration {
        let copy = Copy::in_folder(self.folder.path());
        let file = copy.folder().join(path).metadata();
        let time = file.and_then(|file| file.modified()).expect("a time");
        time.duration_since(SystemTime::UNIX_EPOCH).expect("a time")
    }
}

#[test]
fn manifests_say_what_their_packages_are_compiled_from() {
    let mut sources = Sources::new();
    let first = sources.fill(Recompile::Nothing);
    for manifest in &first {
        let table: toml::Table = manifest.parse().expect("a manifest");
        let features = table["features"].as_table().expect("features");
        assert_eq!(features.len(), 2, "its own and another: {manifest}");
        assert!(features.contains_key("own") && !features.contains_key("default"));
    }
    assert_eq!(sources.fill(Recompile::Nothing), first);
    // What reads it.
    sources.read = "2";
    let second = sources.fill(Recompile::Nothing);
    assert!(second[0] != first[0] && second[1] != first[1]);
    assert_eq!(second[2], first[2]);
    sources.framework = keccak256("2");
    let third = sources.fill(Recompile::Nothing);
    assert_eq!(third[..2], second[..2]);
    assert_ne!(third[2], second[2]);
    // A Rust file of the contract, which the library does not read, or does.
    sources.code = "2";
    let fourth = sources.fill(Recompile::Nothing);
    assert_ne!(fourth[0], third[0]);
    assert_eq!(fourth[1..], third[1..]);
    sources.by_reads = false;
    let fifth = sources.fill(Recompile::Nothing);
    sources.code = "3";
    assert_ne!(sources.fill(Recompile::Nothing)[1], fifth[1]);
}

#[test]
fn only_what_is_recompiled_has_another_time() {
    let sources = Sources::new();
    for (recompile, own, of_framework) in [
        (Recompile::Nothing, OLD, OLD),
        (Recompile::Sources, NEW, OLD),
        (Recompile::Everything, NEW, NEW),
        (Recompile::Nothing, OLD, OLD),
    ] {
        sources.fill(recompile);
        for (path, time) in [
            (CONTRACT, own),
            (SHARED, own),
            (READ, own),
            (FRAMEWORK, of_framework),
        ] {
            assert_eq!(sources.time(path), time, "{recompile:?} {path}");
        }
    }
}
