use super::{BuildInfo, Commit, ENCODER};
use crate::build::committed::Committed;
use crate::build::package::Package;
use crate::build::revision::git;
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
    read(folder)
}

/// The crate as it lies in a folder.
fn read(folder: &Path) -> Source {
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

/// A crate, all of it committed, in a repository that ignores these files.
fn ignoring(files: &str) -> (tempfile::TempDir, Source) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(".gitignore"), files).expect("written");
    let contract = crate_in(folder.path());
    committed(&contract.package.folder);
    (folder, contract)
}

/// Whether the crate of `contract` differs from its commit now.
fn is_dirty(contract: &Source) -> bool {
    let contract = read(&contract.package.folder);
    Commit::of(&contract).expect("a commit").dirty
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
    let dirty = Commit::of(&read(&folder)).expect("a commit");
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
        let changed = [before.as_deref().unwrap_or_default(), b"\n"].concat();
        std::fs::write(&path, changed).expect("written");
        assert!(is_dirty(&contract), "{path:?}");
        match before {
            Some(before) => std::fs::write(&path, before).expect("written"),
            None => std::fs::remove_file(&path).expect("removed"),
        }
    }
}

#[test]
fn a_file_that_git_ignores_and_that_is_copied_is_not_in_the_commit() {
    let (_folder, contract) = ignoring("/target\ngenerated.rs\n");
    let folder = &contract.package.folder;
    // Nothing below target is copied.
    std::fs::create_dir_all(folder.join("target/debug")).expect("a folder");
    std::fs::write(folder.join("target/debug/generated.rs"), "").expect("written");
    assert!(!is_dirty(&contract));
    std::fs::write(folder.join("src/generated.rs"), "fn f() {}").expect("written");
    assert!(is_dirty(&contract));
}

#[test]
fn what_git_does_not_have_is_left_out_where_nothing_else_differs() {
    let (_folder, contract) = ignoring("ignored.txt\n");
    let folder = &contract.package.folder;
    let of_commit = contract.tree.hash();
    for name in ["notes.txt", "src/ignored.txt", "safe.json"] {
        std::fs::write(folder.join(name), "of nobody else").expect("written");
    }
    let left_out = || {
        let mut source = read(folder);
        let committed = Committed::of(&source).expect("a commit");
        committed.leave_out_others(&mut source);
        (source.left_out.len(), source)
    };
    let (count, source) = left_out();
    assert_eq!((count, source.tree.hash()), (3, of_commit));
    assert!(!Commit::of(&source).expect("a commit").dirty);
    // Where something else differs, whatever the compiler may read is there.
    std::fs::write(folder.join("src/more.rs"), "").expect("written");
    let (count, source) = left_out();
    assert_eq!(count, 0);
    assert!(
        source
            .tree
            .entries()
            .any(|(path, _)| path.ends_with("notes.txt"))
    );
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

/// Each hides from `git status` that other bytes are built than the commit has.
#[test]
fn what_git_does_not_show_is_no_part_of_the_commit() {
    const FLAGS: &str = "[target.wasm32-unknown-unknown]\nrustflags = [\"--cfg\", \"other\"]\n";
    let write = |folder: &Path, name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    let edit = |folder: &Path| write(folder, "src/lib.rs", "fn f() {}\n");
    let set = |folder: &Path, name: &str, value: &str| {
        git(folder, &["config", name, value]).expect("git");
    };
    /// What is changed, and how.
    type Hidden<'a> = (&'a str, &'a dyn Fn(&Path));
    let hides: [Hidden<'_>; 9] = [
        ("assume-unchanged", &|folder| {
            git(
                folder,
                &["update-index", "--assume-unchanged", "src/lib.rs"],
            )
            .expect("git");
            edit(folder);
        }),
        ("skip-worktree", &|folder| {
            git(folder, &["update-index", "--skip-worktree", "src/lib.rs"]).expect("git");
            edit(folder);
        }),
        ("ends of lines", &|folder| {
            set(folder, "core.autocrlf", "true");
            write(folder, "src/more.rs", "// more\r\n");
            git(folder, &["add", "src/more.rs"]).expect("git");
        }),
        ("permissions", &|folder| {
            use std::os::unix::fs::PermissionsExt;
            set(folder, "core.fileMode", "false");
            let executable = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(folder.join("src/lib.rs"), executable).expect("set");
        }),
        ("a file that is left out", &|folder| {
            git(
                folder,
                &["sparse-checkout", "set", "--no-cone", "/*", "!/data"],
            )
            .expect("git");
            assert!(!folder.join("data").exists());
        }),
        ("flags that are not in the commit", &|folder| {
            write(folder, ".cargo/config.toml", FLAGS);
        }),
        ("flags that git ignores", &|folder| {
            write(folder, ".git/info/exclude", ".cargo\n");
            write(folder, ".cargo/config.toml", FLAGS);
        }),
        ("a compiler that git ignores", &|folder| {
            write(folder, ".git/info/exclude", "rust-toolchain\n");
            write(folder, "rust-toolchain", "1.95.0\n");
        }),
        ("a library beside the repository", &|folder| {
            let beside = folder.with_extension("beside");
            write(&beside, "Cargo.toml", "[package]\nname = \"beside\"\n");
            write(&beside, "src/lib.rs", "");
            let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("it");
            let manifest = format!("{manifest}beside = {{ path = {beside:?} }}\n");
            write(folder, "Cargo.toml", &manifest);
            git(folder, &["add", "."]).expect("git");
            let author = ["-c", "user.name=n", "-c", "user.email=e"];
            git(
                folder,
                &[&author[..], &["commit", "-qm", "second"]].concat(),
            )
            .expect("git");
        }),
    ];
    for (what, hide) in hides {
        let above = tempfile::tempdir().expect("a folder");
        let folder = above.path().canonicalize().expect("a path").join("c");
        let contract = crate_in(&folder);
        write(&folder, "src/more.rs", "// more\n");
        write(&folder, "data/one", "");
        committed(&folder);
        assert!(!is_dirty(&contract), "{what}");
        hide(&folder);
        let shown = git(
            &folder,
            &["status", "--porcelain", "--ignored=no", "src", "data"],
        );
        assert_eq!(shown.expect("git"), "", "{what}");
        assert!(is_dirty(&contract), "{what}");
    }
}

/// Git compares a file by a program that the repository names as a filter.
#[test]
fn a_repository_runs_nothing_where_its_sources_are_compared() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let contract = crate_in(folder.path());
    let folder = contract.package.folder.clone();
    let program = folder.join("filter");
    std::fs::write(&program, "#!/bin/sh\ntouch \"$0.ran\"\ncat\n").expect("written");
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&program, executable).expect("set");
    std::fs::write(folder.join(".gitattributes"), "*.rs filter=x\n").expect("written");
    std::fs::write(folder.join("src/lib.rs"), "// 1\n").expect("written");
    committed(&folder);
    let clean = program.display().to_string();
    git(&folder, &["config", "filter.x.clean", &clean]).expect("git");
    std::fs::write(folder.join("src/lib.rs"), "// 2\n").expect("written");
    assert!(is_dirty(&contract));
    assert!(!folder.join("filter.ran").exists());
}
