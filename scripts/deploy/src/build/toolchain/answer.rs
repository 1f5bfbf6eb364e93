//! What a compiler answered to who it is, kept as long as no file has changed that the answer follows from: asking
//! takes as long as many a command.

use super::home_of;
use crate::own_file;
use serde::{Deserialize, Serialize};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The answer of a compiler.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answer {
    /// `rustc -vV`.
    pub(super) version: String,
    /// `rustc --print sysroot`.
    pub(super) sysroot: PathBuf,
}

/// An answer as it is kept.
#[derive(PartialEq, Serialize, Deserialize)]
struct Kept {
    channel: String,
    answer: Answer,
    /// The files that it follows from.
    files: Vec<(PathBuf, State)>,
}

/// The size of a file, and the seconds and nanoseconds of its last change; `None` where there is none.
type State = Option<(u64, i64, i64)>;

impl Kept {
    fn new(channel: &str, answer: Answer) -> Self {
        let rustup = home_of("RUSTUP_HOME", ".rustup");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut programs = std::env::split_paths(&path).map(|folder| folder.join("rustc"));
        let program = programs.find(|program| program.is_file());
        let files = [
            program.unwrap_or_default(),
            rustup.join("settings.toml"),
            rustup.join("toolchains"),
            answer.sysroot.join("bin/rustc"),
        ];
        Self {
            channel: channel.into(),
            answer,
            files: files.map(|file| (file.clone(), state(&file))).into(),
        }
    }
}

fn state(file: &Path) -> State {
    let told = std::fs::metadata(file).ok()?;
    Some((told.size(), told.ctime(), told.ctime_nsec()))
}

fn file(folder: &Path, channel: &str) -> PathBuf {
    folder.join(format!("rustc-{channel}.json"))
}

/// The answer of the compiler of that channel that is kept in `folder`, if it would be the same now.
pub(super) fn kept(folder: &Path, channel: &str) -> Option<Answer> {
    let bytes = own_file::read_bytes(&file(folder, channel)).ok()??;
    let kept: Kept = serde_json::from_slice(&bytes).ok()?;
    let now = Kept::new(channel, kept.answer.clone());
    (kept == now).then_some(kept.answer)
}

/// Keeps an answer. Where that fails, the compiler is asked again.
pub(super) fn keep(folder: &Path, channel: &str, answer: &Answer) {
    let kept = Kept::new(channel, answer.clone());
    let text = serde_json::to_vec(&kept).unwrap_or_default();
    let _ = own_file::write(&file(folder, channel), &text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_until_the_compiler_is_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let compiler = folder.path().join("bin/rustc");
        std::fs::create_dir(folder.path().join("bin")).expect("a folder");
        std::fs::write(&compiler, "one").expect("a compiler");
        let answer = Answer {
            version: "rustc 1.0.0".into(),
            sysroot: folder.path().into(),
        };
        assert_eq!(kept(folder.path(), "1.0.0"), None);
        keep(folder.path(), "1.0.0", &answer);
        assert_eq!(kept(folder.path(), "1.0.0"), Some(answer));
        assert_eq!(kept(folder.path(), "stable"), None, "of another channel");
        std::fs::write(&compiler, "another").expect("a compiler");
        assert_eq!(kept(folder.path(), "1.0.0"), None, "of another compiler");
    }
}
