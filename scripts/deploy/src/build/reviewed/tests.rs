use super::{
    EVENT, NAMED, OnDefault, REPOSITORY, Reviewed, Runner, added_by, address_of, is_tracked,
};
use std::path::Path;
use std::process::Command;

/// Of a file, where no workflow runs.
fn reviewed(file: &Path) -> Reviewed {
    Reviewed::with(&|_| None, file)
}

/// As people call it: this program's calls allow no transport.
fn called(folder: &Path, words: &[&str]) {
    let who = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
    let allowed = ["-c", "protocol.file.allow=always"];
    let mut git = Command::new("git");
    git.arg("-C")
        .arg(folder)
        .args(who)
        .args(allowed)
        .args(words);
    assert!(git.status().expect("git").success(), "{words:?}");
}

fn committed(folder: &Path, message: &str) {
    called(folder, &["add", "--all"]);
    called(folder, &["commit", "--quiet", "--message", message]);
}

/// A new repository, where there may be files already.
fn begun(folder: &Path) {
    std::fs::create_dir_all(folder).expect("made");
    called(folder, &["init", "--quiet", "--initial-branch=main"]);
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("written");
}

/// A repository with `abi.json` on its default branch.
fn made(folder: &Path) {
    begun(folder);
    write(&folder.join("abi.json"), "one");
    committed(folder, "one");
}

fn cloned(from: &Path, to: &Path, flags: &[&str]) {
    let [from_text, to_text] = [from, to].map(|path| path.display().to_string());
    let parent = to.parent().expect("a folder");
    called(
        parent,
        &[&["clone", "--quiet"], flags, &[&from_text, &to_text]].concat(),
    );
}

/// Asserts that a file was not reviewed, and why.
#[track_caller]
fn is_not(found: &Reviewed, why: &str) {
    let is_it = matches!(found, Reviewed::No(said) if said.contains(why));
    assert!(is_it, "{why}: {found:?}");
}

#[test]
fn a_line_names_who_added_it_and_no_mailmap_says_otherwise() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let manifest = path.join("manifest.toml");
    write(&manifest, "one\narrivals = [\"0xAb\"]\n");
    assert!(added_by(&manifest, "0xab").contains("it is in no repository"));
    begun(path);
    write(&path.join("README.md"), "one");
    called(path, &["add", "README.md"]);
    called(path, &["commit", "--quiet", "--message", "one"]);
    let untracked = added_by(&manifest, "0xab");
    assert!(untracked.contains("git does not know"), "{untracked}");
    write(
        &path.join(".mailmap"),
        "b <b@example.org> <a@example.org>\n",
    );
    committed(path, "two");
    let added = added_by(&manifest, "0xab");
    assert!(added.starts_with("added by \"a\" in commit "), "{added}");
    write(&manifest, "one\narrivals = [\"0xAb\", \"0xCd\"]\n");
    let edited = added_by(&manifest, "0xcd");
    assert_eq!(edited, "which nobody has committed yet");
    assert!(added_by(&manifest, "0xef").contains("no line has it"));
}

#[test]
fn a_record_that_a_pull_request_changes_or_adds_was_not_reviewed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let abi = path.join("abi.json");
    write(&abi, "one");
    assert_eq!(reviewed(&abi), Reviewed::NoRepository);
    begun(path);
    is_not(&reviewed(&abi), ""); // untracked
    committed(path, "one");
    assert_eq!(reviewed(&abi), Reviewed::Yes);

    // What is edited, and what a pull request commits.
    called(path, &["checkout", "--quiet", "-b", "change"]);
    assert_eq!(reviewed(&abi), Reviewed::Yes);
    write(&abi, "forged");
    is_not(&reviewed(&abi), "");
    committed(path, "forged");
    is_not(&reviewed(&abi), "");
    std::fs::remove_file(&abi).expect("removed");
    committed(path, "removed");
    write(&abi, "forged");
    committed(path, "added again");
    is_not(&reviewed(&abi), "");
    // A file that only the pull request has.
    std::fs::remove_dir_all(path.join(".git")).expect("removed");
    begun(path);
    write(&path.join("README.md"), "one");
    std::fs::remove_file(&abi).expect("removed");
    committed(path, "one");
    called(path, &["checkout", "--quiet", "-b", "change"]);
    write(&abi, "new");
    committed(path, "new");
    is_not(&reviewed(&abi), "");
}

#[test]
fn files_of_a_clone_without_the_default_branch_and_of_a_submodule_were_not_reviewed() {
    let folder = tempfile::tempdir().expect("a folder");
    let [origin, clone, other] = ["origin", "clone", "other"].map(|name| folder.path().join(name));
    made(&origin);
    called(&origin, &["branch", "change"]);
    cloned(&origin, &clone, &["--single-branch", "-b", "change"]);
    is_not(&reviewed(&clone.join("abi.json")), ""); // one branch

    made(&other);
    let from = origin.display().to_string();
    called(&other, &["submodule", "--quiet", "add", &from, "below"]);
    committed(&other, "a submodule");
    assert_eq!(reviewed(&other.join("abi.json")), Reviewed::Yes);
    is_not(
        &reviewed(&other.join("below").join("abi.json")),
        "submodule",
    );

    // A remote of another name, and what a pull request has merged into the branch of one's own.
    write(&origin.join("abi.json"), "two");
    called(&origin, &["checkout", "--quiet", "change"]);
    committed(&origin, "two");
    called(&origin, &["checkout", "--quiet", "main"]);
    let named = folder.path().join("named");
    cloned(&origin, &named, &["-o", "upstream"]);
    let abi = named.join("abi.json");
    assert_eq!(reviewed(&abi), Reviewed::Yes);
    called(
        &named,
        &["merge", "--quiet", "--ff-only", "upstream/change"],
    );
    is_not(&reviewed(&abi), "differs");
    called(&named, &["remote", "add", "second", &from]);
    is_not(&reviewed(&abi), ""); // two remotes
}

#[test]
fn the_default_branch_is_the_one_that_the_runner_names_and_never_the_target_of_a_pull_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let event = folder.path().join("event.json");
    let path = event.display().to_string();
    let of = |set: &[(&str, &str)]| {
        let found = |name: &str| set.iter().find(|(one, _)| *one == name);
        let runner = Runner::of(&|name: &str| Some(found(name)?.1.to_owned()));
        runner.map(|runner| runner.branch)
    };
    let target = ("GITHUB_BASE_REF", "stacked");
    assert_eq!(of(&[target]), Ok(None));
    assert_eq!(of(&[(NAMED, "trunk")]), Ok(Some("trunk".into())));
    let unreadable = of(&[target, (EVENT, &path)]);
    assert!(unreadable.is_err(), "no file: {unreadable:?}");
    write(&event, r#"{"repository":{"default_branch":"develop"}}"#);
    let named = of(&[target, (EVENT, &path)]);
    assert_eq!(named, Ok(Some("develop".into())));
    write(&event, "{");
    assert!(of(&[(EVENT, &path)]).is_err(), "no JSON");
}

#[test]
fn a_folder_that_looks_like_a_repository_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let kept = path.join("kept");
    std::fs::create_dir(&kept).expect("made");
    write(&kept.join("abi.json"), "one");
    begun(path);
    committed(path, "one");
    called(path, &["checkout", "--quiet", "-b", "change"]);
    let abi = kept.join("abi.json");
    assert_eq!(reviewed(&abi), Reviewed::Yes);

    // The pull request brings a repository that has the forged file on its own default branch.
    write(&abi, "forged");
    begun(&kept);
    called(&kept, &["add", "abi.json"]);
    called(&kept, &["commit", "--quiet", "--message=forged"]);
    for entry in std::fs::read_dir(kept.join(".git")).expect("it").flatten() {
        std::fs::rename(entry.path(), kept.join(entry.file_name())).expect("moved");
    }
    std::fs::remove_dir(kept.join(".git")).expect("removed");
    called(&kept, &["config", "core.worktree", "."]);
    std::fs::remove_file(kept.join("index")).expect("removed");
    is_not(&reviewed(&abi), "");
    // The repository above has it, and not this one.
    assert_eq!(is_tracked(&abi), Ok(true));
    assert_eq!(is_tracked(&kept.join("HEAD")), Ok(false));
    std::fs::remove_dir_all(path.join(".git").join("objects")).expect("removed");
    assert!(is_tracked(&abi).is_err(), "git does not answer");
}

#[test]
fn the_default_branch_counts_as_it_is_and_not_as_it_was_or_as_a_target_of_a_pull_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let [origin, clone] = ["origin", "clone"].map(|name| folder.path().join(name));
    begun(&origin);
    let written = |text: &str| {
        write(&origin.join("abi.json"), text);
        committed(&origin, text);
    };
    // A pull request that was undone before it was merged, and one that begins in the middle of it.
    written("one");
    written("forged");
    called(&origin, &["branch", "second"]);
    written("one, and a line");
    cloned(&origin, &clone, &[]);
    let abi = clone.join("abi.json");
    assert_eq!(reviewed(&abi), Reviewed::Yes);
    called(&clone, &["checkout", "--quiet", "second"]);
    is_not(&reviewed(&abi), "differs from");

    // A pull request into a branch with the forged file.
    let target = |name: &str| (name == "GITHUB_BASE_REF").then(|| "second".to_owned());
    is_not(&Reviewed::with(&target, &abi), "differs from");
    let named = |name: &str| (name == NAMED).then(|| "second".to_owned());
    assert_eq!(Reviewed::with(&named, &abi), Reviewed::Yes);

    // What a remote's default branch is called is not guessed.
    called(&clone, &["checkout", "--quiet", "main"]);
    called(&clone, &["remote", "set-head", "origin", "--delete"]);
    is_not(&reviewed(&abi), "set-head");
}

#[test]
fn a_deleted_file_was_not_reviewed_and_one_that_never_was_is_no_matter() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let abi = path.join("kept").join("abi.json");
    std::fs::create_dir(path.join("kept")).expect("made");
    write(&abi, "one");
    begun(path);
    committed(path, "one");
    called(path, &["checkout", "--quiet", "-b", "change"]);
    std::fs::remove_dir_all(path.join("kept")).expect("removed");
    for text in ["one", "two"] {
        is_not(&reviewed(&abi), "was deleted");
        write(&path.join("other"), text);
        committed(path, "without it");
    }
    assert_eq!(reviewed(&path.join("never.json")), Reviewed::Yes);
}

#[test]
fn a_clone_of_another_repository_than_the_runner_names_proves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let [origin, fork, clone] = ["origin", "fork", "clone"].map(|name| folder.path().join(name));
    made(&origin);
    cloned(&origin, &fork, &[]);
    write(&fork.join("abi.json"), "forged");
    committed(&fork, "forged");
    cloned(&fork, &clone, &[]);
    let abi = clone.join("abi.json");
    let of = |repository: &Path| {
        let url = repository.display().to_string();
        move |name: &str| match name {
            NAMED => Some("main".to_owned()),
            name if name == REPOSITORY[1] => Some(url.clone()),
            _ => None,
        }
    };
    is_not(&Reviewed::with(&of(&origin), &abi), "another repository");
    assert!(OnDefault::with(&of(&origin), &abi).is_err());
    assert_eq!(Reviewed::with(&of(&fork), &abi), Reviewed::Yes);

    // What counts is what the branch has, whatever the working tree does.
    write(&abi, "changed");
    let then = OnDefault::with(&of(&fork), &abi);
    assert_eq!(then, Ok(OnDefault::Text("forged".into())));
    let other = OnDefault::with(&of(&fork), &clone.join("other"));
    assert_eq!(other, Ok(OnDefault::Absent));
    assert_eq!(OnDefault::with(&|_| None, &abi), Ok(OnDefault::NotNamed));
    let same = "github.com/a/b";
    for url in [
        "https://github.com/a/b.git",
        "https://x-access-token:secret@GitHub.com/a/b",
        "git@github.com:a/b.git",
        "ssh://git@github.com/a/b/",
    ] {
        assert_eq!(address_of(url), same);
    }
}

#[test]
fn a_link_that_a_pull_request_brings_leads_to_nothing_that_was_reviewed_or_is_its_readers_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let [path, other] = ["repository", "other"].map(|name| folder.path().join(name));
    let kept = path.join("kept");
    for folder in [&kept, &other] {
        std::fs::create_dir_all(folder).expect("made");
        write(&folder.join("abi.json"), "one");
    }
    begun(&path);
    committed(&path, "one");
    let linked = |to: &str| {
        let link = path.join("link");
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(to, &link).expect("linked");
        link.join("abi.json")
    };
    called(&path, &["checkout", "--quiet", "-b", "change"]);
    let named = |name: &str| (name == NAMED).then(|| "main".to_owned());
    for to in ["kept", "../other", "own/link"] {
        let own = path.join("own");
        let _ = std::fs::create_dir(&own);
        if !own.join("link").is_symlink() {
            std::os::unix::fs::symlink("../../other", own.join("link")).expect("linked");
        }
        let abi = linked(to);
        committed(&path, to);
        assert!(is_tracked(&abi).is_err(), "{to}");
        for found in [reviewed(&abi), Reviewed::with(&named, &abi)] {
            is_not(&found, "a link leads");
        }
        assert!(OnDefault::with(&named, &abi).is_err(), "{to}");
    }
}
