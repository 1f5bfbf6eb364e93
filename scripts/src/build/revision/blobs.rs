//! The files of a commit, written byte by byte as the commit has them. `checkout-index` and
//! `git archive` run what the repository's configuration names as filters; this runs none, and
//! fetches nothing.

use super::command;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;

/// Bytes of one file, at most.
const LENGTH_MAX: u64 = 256 << 20;

/// An entry of a commit's tree.
struct Blob {
    mode: Mode,
    object: String,
    path: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    File,
    Program,
    Link,
    /// Another repository, whose files are not here.
    Module,
}

/// Writes the files of `commit` of the repository in `top` into `folder`, which is empty.
pub(super) fn write(top: &Path, commit: &str, folder: &Path) -> Result<(), String> {
    let blobs = list(top, commit)?;
    let names: String = blobs
        .iter()
        .filter(|blob| blob.mode != Mode::Module)
        .map(|blob| format!("{}\n", blob.object))
        .collect();
    let io = |error: std::io::Error| format!("git's objects cannot be read: {error}");
    let list = folder.with_extension("objects");
    std::fs::write(&list, names).map_err(io)?;
    let objects = File::open(&list).map_err(io)?;
    std::fs::remove_file(&list).map_err(io)?;
    let mut git = command(top, &["cat-file", "--batch"])
        .stdin(objects)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("git cannot be run: {error}"))?;
    let written = match git.stdout.take() {
        Some(said) => write_all(&blobs, &mut BufReader::new(said), folder),
        None => Err("git says nothing".into()),
    };
    if written.is_err() {
        let _ = git.kill();
    }
    let status = git.wait().map_err(io)?;
    written?;
    match status.success() {
        true => Ok(()),
        false => Err("git cannot read the commit's objects".into()),
    }
}

fn list(top: &Path, commit: &str) -> Result<Vec<Blob>, String> {
    let output = command(top, &["ls-tree", "-r", "-z", "--full-tree", commit])
        .output()
        .map_err(|error| format!("git cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let lines = output.stdout.split(|byte| *byte == 0);
    lines
        .filter(|line| !line.is_empty())
        .map(|line| blob(line).ok_or_else(|| refused(&String::from_utf8_lossy(line))))
        .collect()
}

/// `MODE TYPE OBJECT<tab>PATH`; nothing where a checkout would refuse the path.
fn blob(line: &[u8]) -> Option<Blob> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let (head, path) = line.split_at(tab);
    let path = path.get(1..)?;
    let mut words = std::str::from_utf8(head).ok()?.split(' ');
    let mode = match words.next()? {
        "100644" | "100664" => Mode::File,
        "100755" => Mode::Program,
        "120000" => Mode::Link,
        "160000" => Mode::Module,
        _ => return None,
    };
    let object = words.nth(1)?.to_owned();
    let is_plain = |part: &[u8]| {
        !part.is_empty() && part != b"." && part != b".." && !part.eq_ignore_ascii_case(b".git")
    };
    let path_parts = path.split(|byte| *byte == b'/');
    let path = Path::new(std::ffi::OsStr::from_bytes(path));
    let mut components = path.components();
    let is_inside = components.all(|one| matches!(one, Component::Normal(_)));
    (is_inside && path_parts.into_iter().all(is_plain)).then(|| Blob {
        mode,
        object,
        path: path.to_owned(),
    })
}

fn refused(what: &str) -> String {
    format!("the commit has an entry that is not written: {what:?}")
}

/// Writes what git says of the objects, one behind the other. Links come last, so that nothing is
/// written through one.
fn write_all(blobs: &[Blob], said: &mut impl BufRead, folder: &Path) -> Result<(), String> {
    let mut links = Vec::new();
    for blob in blobs {
        let path = folder.join(&blob.path);
        let io = |error: std::io::Error| format!("{} cannot be written: {error}", path.display());
        if blob.mode == Mode::Module {
            std::fs::create_dir_all(&path).map_err(io)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(io)?;
        }
        let length = length(&blob.object, said)?;
        let mut content = said.by_ref().take(length);
        if blob.mode == Mode::Link {
            let mut target = Vec::new();
            content.read_to_end(&mut target).map_err(io)?;
            links.push((path, PathBuf::from(std::ffi::OsStr::from_bytes(&target))));
        } else {
            let mode = if blob.mode == Mode::Program {
                0o755
            } else {
                0o644
            };
            let mut options = OpenOptions::new();
            let options = options.write(true).create_new(true).mode(mode);
            let mut file: File = options.open(&path).map_err(io)?;
            let copied = std::io::copy(&mut content, &mut file).map_err(io)?;
            if copied != length {
                return Err(format!("git ended within {}", blob.object));
            }
        }
        let mut end = [0];
        said.read_exact(&mut end)
            .map_err(|error| format!("git ended behind {}: {error}", blob.object))?;
    }
    for (path, target) in links {
        std::os::unix::fs::symlink(&target, &path)
            .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    }
    Ok(())
}

/// The length of the next object, which has to be `object`: `OBJECT blob LENGTH`.
fn length(object: &str, said: &mut impl BufRead) -> Result<u64, String> {
    let mut line = String::new();
    said.read_line(&mut line)
        .map_err(|error| format!("git's answer cannot be read: {error}"))?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let length = match words[..] {
        [found, "blob", length] if found == object => length.parse::<u64>().ok(),
        _ => None,
    };
    length
        .filter(|length| *length <= LENGTH_MAX)
        .ok_or_else(|| format!("the repository does not have the object {object}: fetch it first"))
}
