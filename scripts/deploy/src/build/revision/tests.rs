use super::{Revision, command, run};
use crate::build::Builder;
use crate::error::Explain;
use crate::progress::Silent;
use std::path::Path;
use std::sync::Arc;

fn git(folder: &Path, arguments: &[&str]) -> String {
    run(command(folder, arguments)).expect("git")
}

/// A repository with one commit, whose README was changed since.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let git = |arguments: &[&str]| git(folder.path(), arguments);
    git(&["init", "--quiet"]);
    std::fs::create_dir(folder.path().join("note")).expect("made");
    std::fs::write(folder.path().join("note/Cargo.toml"), "old").expect("written");
    // An attribute that `git archive` would follow, and a checkout does not.
    let attributes = "note/Cargo.toml export-ignore\n";
    std::fs::write(folder.path().join(".gitattributes"), attributes).expect("written");
    git(&["add", "."]);
    let who = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
    git(&[&who[..], &["commit", "--quiet", "--message=one"]].concat());
    std::fs::write(folder.path().join("note/Cargo.toml"), "new").expect("written");
    std::fs::write(folder.path().join("note/left"), "").expect("written");
    git(&["add", "note/left"]);
    folder
}

fn revision(folder: &Path) -> Revision {
    let top = folder.canonicalize().expect("it");
    Revision {
        text: "git:HEAD:note".into(),
        id: git(&top, &["rev-parse", "HEAD"]),
        inside: "note".into(),
        top,
    }
}

#[test]
fn a_checkout_has_the_files_of_the_commit_and_changes_nothing_in_the_repository() {
    let folder = repository();
    let target = tempfile::tempdir().expect("a folder");
    let state = || {
        [&["status", "--porcelain"], &["worktree", "list"]].map(|words| git(folder.path(), words))
    };
    let before = state();
    let revision = revision(folder.path());
    for _ in 0..2 {
        let (_, found) = revision.check_out(target.path()).expect("checked out");
        let text = std::fs::read_to_string(found.join("Cargo.toml")).expect("it");
        assert_eq!(text, "old");
        assert!(!found.join("left").exists(), "only what was committed");
        // What somebody changes there is gone the next time.
        std::fs::write(found.join("Cargo.toml"), "changed").expect("written");
    }
    assert_eq!(state(), before);
    assert_eq!(before[0], " M note/Cargo.toml\nA  note/left");
}

#[test]
fn nobody_else_writes_a_checkout_as_long_as_it_is_read() {
    let (folder, home) = (repository(), tempfile::tempdir().expect("a folder"));
    std::fs::write(home.path().join("Cargo.toml"), "").expect("written");
    let builder = Builder::at(home.path(), Arc::new(Silent)).expect("a builder");
    let read = builder.checked_out(&revision(folder.path()));
    let (workplace, found) = read.expect("checked out");
    let lock = home.path().join("target/contracts/artifacts/.lock");
    let lock = std::fs::File::open(lock).expect("the lock");
    assert!(lock.try_lock().is_err() && found.join("Cargo.toml").is_file());
    drop(workplace);
    // A process that another test is starting has the lock for a moment, too.
    let is_free = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        lock.try_lock().is_ok()
    });
    assert!(is_free, "nobody reads it any more");
}

#[test]
fn a_crate_beside_the_repository_is_beside_its_checkout() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = tempfile::tempdir().expect("a folder");
    let top = folder.path().join("top");
    std::fs::rename(repository().keep(), &top).expect("moved");
    let write = |beside: &str| {
        std::fs::create_dir(folder.path().join(beside)).expect("made");
        std::fs::write(folder.path().join(beside).join("here"), "").expect("written");
    };
    write("clone");
    write(".cargo");
    for _ in 0..2 {
        let (_, found) = revision(&top).check_out(target.path()).expect("it");
        assert!(found.join("../../clone/here").is_file());
        assert!(!found.join("../../.cargo").exists(), "settings");
        let text = std::fs::read_to_string(found.join("../../top/note/Cargo.toml"));
        assert_eq!(text.expect("it"), "old", "the commit, not what lies there");
    }
    let is_there = folder.path().join("clone/here").is_file();
    assert!(is_there, "nothing is removed");
}

#[test]
fn a_checkout_runs_no_program_that_the_repository_configures() {
    let folder = repository();
    let target = tempfile::tempdir().expect("a folder");
    let ran = target.path().join("ran");
    let git = |arguments: &[&str]| git(folder.path(), arguments);
    let program = format!("sh -c 'touch {}; cat'", ran.display());
    git(&["config", "filter.any.smudge", &program]);
    git(&["config", "filter.any.process", &program]);
    git(&["config", "filter.any.required", "true"]);
    git(&["config", "core.fsmonitor", &program]);
    git(&["config", "core.autocrlf", "true"]);
    let attributes = folder.path().join(".git/info/attributes");
    std::fs::create_dir_all(attributes.parent().expect("a folder")).expect("made");
    std::fs::write(&attributes, "* filter=any ident eol=crlf text\n").expect("written");
    // An object that replaces another one is not what the commit has.
    std::fs::write(folder.path().join("other"), "other\n").expect("written");
    let other = git(&["hash-object", "-w", "--no-filters", "other"]);
    let known = git(&["rev-parse", "HEAD:note/Cargo.toml"]);
    git(&["replace", &known, &other]);

    let found = revision(folder.path()).check_out(target.path());
    let (_, found) = found.expect("checked out");
    let text = std::fs::read_to_string(found.join("Cargo.toml")).expect("it");
    assert_eq!(text, "old");
    assert!(!ran.exists(), "a filter ran");
}

#[test]
fn an_object_that_is_not_here_is_not_fetched() {
    let folder = repository();
    let target = tempfile::tempdir().expect("a folder");
    let ran = target.path().join("ran");
    let git = |arguments: &[&str]| git(folder.path(), arguments);
    let known = git(&["rev-parse", "HEAD:note/Cargo.toml"]);
    let (start, rest) = known.split_at(2);
    let object = folder.path().join(".git/objects").join(start).join(rest);
    std::fs::remove_file(object).expect("removed");
    git(&["config", "core.repositoryFormatVersion", "1"]);
    git(&["config", "extensions.partialClone", "origin"]);
    git(&["config", "remote.origin.promisor", "true"]);
    let url = format!("ext::sh -c 'touch {}'", ran.display());
    git(&["config", "remote.origin.url", &url]);
    git(&["config", "protocol.ext.allow", "always"]);
    let error = revision(folder.path()).check_out(target.path());
    assert_eq!(error.expect_err("it is missing").name(), "Revision");
    assert!(!ran.exists(), "something was fetched");
}

#[test]
fn what_is_no_revision_is_refused() {
    assert!(Revision::parse("note").expect("no revision").is_none());
    for text in [
        "git:",
        "git:--all",
        "git:no-such-revision-at-all",
        "git:HEAD:../../../../../..",
        "git:HEAD:./contract",
    ] {
        let error = Revision::parse(text).map(|_| ()).expect_err(text);
        assert_eq!(error.name(), "Revision", "{text}: {error}");
    }
}
