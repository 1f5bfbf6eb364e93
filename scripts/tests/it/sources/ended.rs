//! A command that is ended while a contract is compiled: what it has started ends with it, or keeps others from the
//! folder as long as it runs.

use crate::clone;
use crate::prelude::*;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{File, TryLockError};
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::process::{Child, Stdio};
use std::time::Instant;

use super::project::Project;

/// A build script that holds a lock as long as it runs, and ends once it is told to: by files in the folder of its
/// outputs, where alone it may write.
const SCRIPT: &str = r#"fn main() {
    let folder = std::path::PathBuf::from(std::env::var("OUT_DIR").expect("a folder"));
    let held = std::fs::File::create(folder.join("held")).expect("a file");
    held.lock().expect("a lock");
    std::fs::write(folder.join("started"), "").expect("a file");
    for _ in 0..6000 {
        if folder.join("go").exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    println!("cargo:rustc-env=FILES=files: 1");
}
"#;
/// Held while somebody builds in the project's folder.
const LOCK: &str = "work/target/contracts/artifacts/.lock";

/// A build that waits.
struct Begun {
    project: Project,
    child: Child,
    /// The folder of the build script's outputs.
    outputs: PathBuf,
    _unread: PipeReader,
}

/// The folder below that one in which a build script has said that it runs.
fn started(folder: &Path) -> Option<PathBuf> {
    if folder.join("started").exists() {
        return Some(folder.to_owned());
    }
    let entries = std::fs::read_dir(folder).ok()?;
    let folders = entries.filter_map(|entry| Some(entry.ok()?.path()));
    folders
        .filter(|path| path.is_dir() && !path.is_symlink())
        .find_map(|path| started(&path))
}

/// A command that builds a project, while its build script runs. Nobody reads what it writes to stderr.
fn begun() -> Begun {
    let project = Project::new();
    project.write("work/contract/build.rs", SCRIPT);
    let contract = project.contract().display().to_string();
    let mut command = clone::command(&project.path(""), &["layout", "show", &contract, "--json"]);
    command.env("STYLUS_UPGRADES_HOME", project.path("work"));
    let (unread, mut stderr) = std::io::pipe().expect("a pipe");
    command.stdout(Stdio::piped());
    command.stderr(stderr.try_clone().expect("a pipe"));
    let child = command.spawn().expect("it starts");
    let mut outputs = None;
    until("the build script runs", || {
        outputs = started(&project.path("work/target"));
        outputs.is_some()
    });
    fill(&mut stderr);
    Begun {
        outputs: outputs.expect("its folder"),
        project,
        child,
        _unread: unread,
    }
}

/// Writes until the next byte has to wait for a reader.
fn fill(pipe: &mut PipeWriter) {
    let flags = fcntl_getfl(&*pipe).expect("flags");
    fcntl_setfl(&*pipe, flags | OFlags::NONBLOCK).expect("set");
    while pipe.write(b"x").is_ok() {}
    fcntl_setfl(&*pipe, flags).expect("set");
}

#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < TIMEOUT, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether nobody holds the lock of that file.
fn is_free(path: &Path) -> bool {
    let file = File::options().append(true).open(path);
    !matches!(
        file.expect("a file").try_lock(),
        Err(TryLockError::WouldBlock)
    )
}

/// Ends it: what it says on stdout.
fn end(mut child: Child, signal: Signal) -> String {
    kill_process(Pid::from_child(&child), signal).expect("it runs");
    until("it ends", || child.try_wait().expect("its state").is_some());
    let mut said = String::new();
    let stdout = child.stdout.as_mut().expect("a pipe");
    stdout.read_to_string(&mut said).expect("text");
    said
}

#[test]
fn a_signal_ends_the_compiler_and_what_that_has_started_although_nobody_reads() {
    for signal in [Signal::TERM, Signal::INT] {
        let begun = begun();
        let said = end(begun.child, signal);
        let said: Value = serde_json::from_str(&said).expect("one document");
        let error = &said["error"];
        error.has(json!({"name": "Interrupted", "message": "nothing was sent"}));
        error.has(json!({"next": "run the same command again"}));
        until("cargo ends", || is_free(&begun.project.path(LOCK)));
        until("the build script ends", || {
            is_free(&begun.outputs.join("held"))
        });
    }
}

#[test]
fn a_signal_ends_a_command_that_cannot_say_why_it_failed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_unread, mut stderr) = std::io::pipe().expect("a pipe");
    fill(&mut stderr);
    let mut command = clone::command(folder.path(), &["layout", "show", "nothing", "--json"]);
    let mut child = (command.stdout(Stdio::piped()).stderr(stderr).spawn()).expect("it starts");
    let mut document = [0];
    let stdout = child.stdout.as_mut().expect("a pipe");
    stdout.read_exact(&mut document).expect("its document");
    end(child, Signal::TERM);
}

#[test]
fn what_outlives_a_killed_command_keeps_others_from_the_folder() {
    let begun = begun();
    let lock = begun.project.path(LOCK);
    end(begun.child, Signal::KILL);
    assert!(!is_free(&lock), "others may build where cargo is");
    std::fs::write(begun.outputs.join("go"), "").expect("written");
    until("cargo ends", || is_free(&lock));
}
