//! The answer of a compiler to who it is, kept as long as no file has changed that the answer follows from: asking
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
    /// `cargo -V`, of the one that belongs to it.
    pub(super) cargo: String,
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
    /// `None` where no file says what `asked` starts.
    fn new(channel: &str, asked: &Path, answer: Answer) -> Option<Self> {
        let bin = answer.sysroot.join("bin");
        let [rustc, cargo] = ["rustc", "cargo"].map(|name| bin.join(name));
        if !cargo.is_file() || !(is_same(asked, &rustc) || is_rustup(asked)) {
            return None;
        }
        let rustup = home_of("RUSTUP_HOME", ".rustup");
        let files = [
            asked.into(),
            rustup.join("settings.toml"),
            rustup.join("toolchains"),
            rustc,
            cargo,
        ];
        Some(Self {
            channel: channel.into(),
            answer,
            files: files.map(|file| (file.clone(), state(&file))).into(),
        })
    }
}

/// The compiler that is asked: the first of that name in the PATH.
pub(super) fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut programs = std::env::split_paths(&path).map(|folder| folder.join("rustc"));
    let program = programs.find(|program| program.is_file());
    program.unwrap_or_default()
}

/// Returns true if a program is that of rustup. A shim of another tool starts what files say that only that tool knows.
fn is_rustup(program: &Path) -> bool {
    let rustup = std::fs::canonicalize(program.with_file_name("rustup"));
    rustup.is_ok_and(|file| file.ends_with("rustup") && is_same(program, &file))
}

fn is_same(file: &Path, other: &Path) -> bool {
    let node = |file: &Path| {
        let told = std::fs::metadata(file).ok()?;
        Some((told.dev(), told.ino()))
    };
    node(file).is_some_and(|found| node(other) == Some(found))
}

fn state(file: &Path) -> State {
    let told = std::fs::metadata(file).ok()?;
    Some((told.size(), told.ctime(), told.ctime_nsec()))
}

fn file(folder: &Path, channel: &str) -> PathBuf {
    folder.join(format!("rustc-{channel}.json"))
}

/// The answer of the compiler of that channel that is kept in `folder`, if it would be the same now.
pub(super) fn kept(folder: &Path, channel: &str, asked: &Path) -> Option<Answer> {
    let bytes = own_file::read_bytes(&file(folder, channel)).ok()??;
    let kept: Kept = serde_json::from_slice(&bytes).ok()?;
    let now = Kept::new(channel, asked, kept.answer.clone())?;
    (kept == now).then_some(kept.answer)
}

/// Keeps an answer. Where that fails, the compiler is asked again.
pub(super) fn keep(folder: &Path, channel: &str, asked: &Path, answer: &Answer) {
    let Some(kept) = Kept::new(channel, asked, answer.clone()) else {
        return;
    };
    let text = serde_json::to_vec(&kept).unwrap_or_default();
    let _ = own_file::write(&file(folder, channel), &text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_until_the_compiler_is_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let bin = folder.path().join("bin");
        std::fs::create_dir(&bin).expect("a folder");
        let (compiler, shim) = (bin.join("rustc"), folder.path().join("rustc"));
        std::fs::write(&compiler, "one").expect("a compiler");
        std::fs::write(bin.join("cargo"), "one").expect("a compiler");
        std::fs::write(&shim, "starts it").expect("a shim");
        let answer = Answer {
            version: "rustc 1.0.0".into(),
            cargo: "cargo 1.0.0".into(),
            sysroot: folder.path().into(),
        };
        let found = |channel: &str, asked: &Path| kept(folder.path(), channel, asked);
        keep(folder.path(), "1.0.0", &shim, &answer);
        assert_eq!(found("1.0.0", &shim), None, "it may start another one");
        keep(folder.path(), "1.0.0", &compiler, &answer);
        assert_eq!(found("1.0.0", &compiler), Some(answer));
        assert_eq!(found("1.0.0", &shim), None);
        assert_eq!(found("stable", &compiler), None, "of another channel");
        std::fs::write(&compiler, "another").expect("a compiler");
        assert_eq!(found("1.0.0", &compiler), None, "of another compiler");
    }

    #[test]
    fn a_shim_is_rustups_or_that_of_a_tool_that_nobody_knows() {
        let folder = tempfile::tempdir().expect("a folder");
        for (program, expected) in [("rustup", true), ("tool", false)] {
            let bin = folder.path().join(program).join("bin");
            std::fs::create_dir_all(&bin).expect("a folder");
            let target = folder.path().join(program).join(program);
            std::fs::write(&target, "").expect("a program");
            for name in ["rustc", "rustup"] {
                std::os::unix::fs::symlink(&target, bin.join(name)).expect("a link");
            }
            assert_eq!(is_rustup(&bin.join("rustc")), expected, "{program}");
        }
    }
}
