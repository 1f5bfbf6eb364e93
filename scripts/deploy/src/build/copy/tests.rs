use super::super::source::Part;
use super::super::tree::{Entry, Tree};
use super::Copy;
use alloy::primitives::{B256, keccak256};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const ROOT: &str = "src/lib.rs";
const BESIDE: &str = "path-dependencies/shared/src/lib.rs";

/// A contract in the root, and what it depends on by path.
struct Sources {
    folder: tempfile::TempDir,
    root: &'static str,
    beside: &'static str,
}

impl Sources {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            root: "1",
            beside: "1",
        }
    }

    fn part(name: &str, place: &str, text: &str) -> Part {
        Part {
            name: name.into(),
            folder: PathBuf::new(),
            declared: Vec::new(),
            place: place.into(),
            hash: keccak256(text),
        }
    }

    /// Since when the files are what they are.
    fn fill(&self, anew: bool) -> [SystemTime; 2] {
        self.build(anew, true)
    }

    /// The same, where the build succeeds or is interrupted.
    fn build(&self, anew: bool, succeeds: bool) -> [SystemTime; 2] {
        let copy = Copy::in_folder(self.folder.path());
        let mut tree = Tree::default();
        for (path, text) in [(ROOT, self.root), (BESIDE, self.beside)] {
            tree.insert(path, Entry::text(text, None));
        }
        let parts = [
            Self::part("contract", "", self.root),
            Self::part("shared", "path-dependencies/shared", self.beside),
        ];
        let filled = copy.fill(&tree, &parts, anew).expect("filled");
        if succeeds {
            copy.keep(&filled).expect("kept");
        }
        [ROOT, BESIDE].map(|path| {
            let file = copy.folder().join(Path::new(path)).metadata();
            file.and_then(|file| file.modified()).expect("a time")
        })
    }
}

#[test]
fn new_to_cargo_is_the_package_that_changed_and_no_other() {
    let mut sources = Sources::new();
    let first = sources.fill(false);
    assert_eq!(sources.fill(false), first);
    // The contract in the root, in whose folder the others lie.
    sources.root = "2";
    let second = sources.fill(false);
    assert!(second[0] > first[0]);
    assert_eq!(second[1], first[1]);
    // What was there before is not what was compiled last.
    (sources.root, sources.beside) = ("1", "2");
    let third = sources.fill(false);
    assert!(third[0] > second[0] && third[1] > second[1]);
    sources.beside = "1";
    let fourth = sources.fill(false);
    assert!(fourth[1] > third[1]);
    assert_eq!(fourth[0], third[0]);
    let anew = sources.fill(true);
    assert!(anew[0] > fourth[0] && anew[1] > fourth[1]);
}

#[test]
fn after_a_build_that_was_interrupted_all_of_its_packages_are_new() {
    let sources = Sources::new();
    let first = sources.fill(false);
    assert_eq!(sources.build(false, false), first);
    let second = sources.fill(false);
    assert!(second[0] > first[0] && second[1] > first[1]);
}

#[test]
fn a_record_of_an_earlier_version_is_none() {
    let sources = Sources::new();
    let known = serde_json::json!({ "contract": B256::ZERO });
    let record = sources.folder.path().join("source.json");
    std::fs::write(record, known.to_string()).expect("written");
    let begun = SystemTime::now();
    assert!(sources.fill(false)[0] >= begun);
}
