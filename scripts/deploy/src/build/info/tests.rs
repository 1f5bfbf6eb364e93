use super::{BuildInfo, Commit, ENCODER, git};
use crate::build::package::Package;
use crate::build::source::Source;
use crate::build::source::tests::Project;
use std::path::Path;

/// A crate in a folder of its own.
fn crate_in(folder: &Path) -> Source {
    std::fs::create_dir_all(folder.join("src")).expect("a folder");
    let manifest = "[package]\nname = \"c\"\n[dependencies]\nstylus-sdk = \"0.10\"\n";
    std::fs::write(folder.join("Cargo.toml"), manifest).expect("written");
    std::fs::write(folder.join("src/lib.rs"), "").expect("written");
    let lock = "version = 4\n[[package]]\nname = \"c\"\nversion = \"0.0.0\"\ndependencies = [\"stylus-sdk\"]\n\
                [[package]]\nname = \"stylus-sdk\"\nversion = \"0.10.10\"\nsource = \"x\"\n";
    std::fs::write(folder.join("Cargo.lock"), lock).expect("written");
    let package = Package::open(folder).expect("a package");
    Source::read(&package).expect("a crate")
}

/// A repository of the folder, with all of it committed.
fn committed(folder: &Path) {
    let author = ["-c", "user.name=n", "-c", "user.email=e"];
    let commit = [&author[..], &["commit", "-qm", "first"]].concat();
    for words in [&["init", "-q"][..], &["add", "."], &commit] {
        git(folder, words).expect("git");
    }
}

fn is_dirty(contract: &Source) -> bool {
    Commit::of(contract).expect("a commit").dirty
}

#[test]
fn the_encoder_is_the_one_in_the_lock_file() {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    let lock = std::fs::read_to_string(lock).expect("the lock file");
    let (name, version) = ENCODER.split_once(' ').expect("name and version");
    let entry = format!("name = \"{name}\"\nversion = \"{version}\"");
    assert!(lock.contains(&entry), "{ENCODER}");
}

#[test]
fn a_commit_is_clean_until_a_source_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let contract = crate_in(folder.path());
    let folder = contract.package.folder.clone();
    git(&folder, &["init", "-q"]).expect("git");
    assert_eq!(Commit::of(&contract), None);
    committed(&folder);
    let clean = Commit::of(&contract).expect("a commit");
    assert!(!clean.dirty && clean.id.len() >= 40, "{clean:?}");
    std::fs::write(folder.join("src/lib.rs"), "fn f() {}").expect("written");
    let dirty = Commit::of(&contract).expect("a commit");
    assert!(dirty.dirty && dirty.id == clean.id, "{dirty:?}");
    let mut info = BuildInfo {
        commit: Some(dirty),
        ..BuildInfo::default()
    };
    std::fs::write(folder.join("src/lib.rs"), "").expect("written");
    info.look_again(&contract);
    assert_eq!(info.commit, Some(clean));
}

#[test]
fn a_file_that_is_not_copied_changes_no_sources() {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join(crate::file_names::MANIFEST);
    std::fs::write(&manifest, "").expect("written");
    let contract = crate_in(folder.path());
    committed(folder.path());
    let saved = "registry = \"0x0000000000000000000000000000000000000001\"\n";
    std::fs::write(&manifest, saved).expect("as --save does");
    let kept = folder.path().join(crate::file_names::VERSIONS);
    std::fs::create_dir_all(&kept).expect("made");
    std::fs::write(kept.join("README.md"), "").expect("written");
    assert!(!is_dirty(&contract));
    for path in ["Cargo.lock", "src/lib.rs", "src/more.rs"] {
        let path = folder.path().join(path);
        let before = std::fs::read(&path).ok();
        std::fs::write(&path, "# changed").expect("written");
        assert!(is_dirty(&contract), "{path:?}");
        match before {
            Some(before) => std::fs::write(&path, before).expect("written"),
            None => std::fs::remove_file(&path).expect("removed"),
        }
    }
}

#[test]
fn a_file_that_git_ignores_and_that_is_copied_is_not_in_the_commit() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(".gitignore"), "/target\ngenerated.rs\n").expect("written");
    let contract = crate_in(folder.path());
    let folder = contract.package.folder.clone();
    committed(&folder);
    // Nothing below target is copied.
    std::fs::create_dir_all(folder.join("target/debug")).expect("a folder");
    std::fs::write(folder.join("target/debug/generated.rs"), "").expect("written");
    assert!(!is_dirty(&contract));
    std::fs::write(folder.join("src/generated.rs"), "fn f() {}").expect("written");
    assert!(is_dirty(&contract));
}

#[test]
fn a_declared_source_that_was_removed_is_not_in_the_commit() {
    let project = Project::new();
    project.write("work/shared/state.rs", "");
    let removed = project.write("work/shared/more.rs", "");
    project.declare("[package.metadata.stylus-upgrades]\nsources = [\"../shared\"]\n");
    committed(&project.source().package.root);
    assert!(!is_dirty(&project.source()));
    std::fs::remove_file(removed).expect("removed");
    assert!(is_dirty(&project.source()));
}
