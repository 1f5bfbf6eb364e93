//! A crate as it was at a revision of git, `git:REVISION` or `git:REVISION:PATH`. Its files are
//! written into the folder of the outputs. Working tree, index and references of the user's
//! repository stay as they are; no hook, filter or transport that it configures runs.

use super::error::BuildError;
use super::package::canonical;
use super::tree::normal;
use crate::children::Started;
use crate::error::Refusal;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder to which the files of a commit were written, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checkout {
    /// The folder.
    pub(super) folder: PathBuf,
    /// The working tree of the repository that has the commit.
    pub(super) repository: PathBuf,
    /// The commit.
    pub(super) id: String,
}

/// The prefix of such a source.
pub const REVISION: &str = "git:";
/// Below the folder of the outputs.
const CHECKOUTS: &str = "revisions";
/// Variables that say where git's files are; hooks of git set them.
const FOREIGN: [&str; 4] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"];

/// Attributes with which git converts nothing that it writes.
const AS_IT_IS: &str = "* -text -ident -filter -eol -working-tree-encoding\n";

/// Variables that keep git from fetching objects, and from taking others in the place of those that are named.
const ALONE: [(&str, &str); 5] = [
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_TERMINAL_PROMPT", "0"),
];

/// A crate at a revision.
pub(super) struct Revision {
    /// The text as it was given.
    text: String,
    /// The root of the repository's working tree, canonical.
    pub(super) top: PathBuf,
    /// The commit.
    pub(super) id: String,
    /// The crate's folder below the root.
    inside: PathBuf,
}

impl Revision {
    /// Reads what `text` names, seen from the current folder; `None` if it does not begin with `git:`.
    ///
    /// A path is one from the repository's root. Without one it is the current folder.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, BuildError> {
        let Some(rest) = text.strip_prefix(REVISION) else {
            return Ok(None);
        };
        let refused = |reason: String| refused(text, reason);
        let (name, path) = match rest.split_once(':') {
            Some((name, path)) => (name, Some(path)),
            None => (rest, None),
        };
        if name.is_empty() || name.starts_with('-') {
            return Err(refused(format!("{name:?} is no revision")));
        }
        let here = canonical(Path::new("."))?;
        let top = top_of(&here)
            .map_err(|error| refused(format!("{} is in no repository: {error}", here.display())))?;
        let top = canonical(&top)?;
        let inside = match path {
            None => here,
            // Git counts such a path from the current folder: another crate could be there.
            Some(path)
                if path
                    .split('/')
                    .next()
                    .is_some_and(|first| [".", ".."].contains(&first)) =>
            {
                return Err(refused(format!(
                    "{path:?} is no path from the repository's root"
                )));
            }
            Some(path) => normal(&top.join(path)),
        };
        let inside = inside.strip_prefix(&top).map_err(|_| {
            refused(format!(
                "{} lies outside the repository in {}",
                inside.display(),
                top.display()
            ))
        })?;
        let commit = format!("{name}^{{commit}}");
        let ask = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &commit,
        ];
        let id = git(&top, &ask)
            .map_err(|_| refused(format!("the repository has no commit {name:?}")))?;
        Ok(Some(Self {
            text: text.into(),
            inside: inside.to_owned(),
            top,
            id,
        }))
    }

    /// Returns true if the working tree is of that commit.
    pub(super) fn is_checked_out(&self) -> bool {
        let head = git(&self.top, &["rev-parse", "--verify", "--quiet", "HEAD"]);
        head.is_ok_and(|head| head == self.id)
    }

    /// Writes the commit's files below `target` again, where nobody else builds; the folder of the repository and the
    /// crate's.
    pub(super) fn check_out(&self, target: &Path) -> Result<(PathBuf, PathBuf), BuildError> {
        let holds = target.join(CHECKOUTS).join(&self.id);
        let folder = holds.join(self.top.file_name().unwrap_or_default());
        let own = holds.with_extension("git");
        for old in [&holds, &own].into_iter().filter(|old| old.exists()) {
            std::fs::remove_dir_all(old).map_err(BuildError::file("remove", old))?;
        }
        for new in [&folder, &own.join("info")] {
            std::fs::create_dir_all(new).map_err(BuildError::file("create", new))?;
        }
        let attributes = own.join("info/attributes");
        std::fs::write(&attributes, AS_IT_IS).map_err(BuildError::file("write", attributes))?;
        self.write(&folder, &own)
            .map_err(|reason| refused(&self.text, reason))?;
        self.link_neighbors(&holds)?;
        let found = folder.join(&self.inside);
        if !found.join("Cargo.toml").is_file() {
            let reason = format!("there is no Cargo.toml in {:?} at {}", self.inside, self.id);
            return Err(refused(&self.text, reason));
        }
        Ok((folder, found))
    }
}

impl Revision {
    /// Links the folders beside the repository into `holds`, where its checkout is: a manifest leads to them by
    /// `../`. Those with a dot hold settings, not crates.
    fn link_neighbors(&self, holds: &Path) -> Result<(), BuildError> {
        let beside = self.top.parent().unwrap_or(&self.top);
        let entries = std::fs::read_dir(beside).map_err(BuildError::file("read", beside))?;
        let is_crate = |one: &Path| {
            let name = one.file_name().unwrap_or_default().to_string_lossy();
            one.is_dir() && one != self.top && !name.starts_with('.')
        };
        let folders = entries.flatten().map(|entry| entry.path());
        for one in folders.filter(|folder| is_crate(folder)) {
            let link = holds.join(one.file_name().unwrap_or_default());
            symlink(&one, &link).map_err(BuildError::file("link", link))?;
        }
        Ok(())
    }

    /// Writes the commit's files into `folder`, byte by byte as the commit has them. A checkout runs what the
    /// repository configures as filters: this one is of the repository in `own`, which has the objects of the
    /// user's, and neither its configuration nor the user's.
    fn write(&self, folder: &Path, own: &Path) -> Result<(), String> {
        let ask = [
            "rev-parse",
            "--path-format=absolute",
            "--git-path",
            "objects",
        ];
        let objects = git(&self.top, &ask)?;
        let format = if self.id.len() == 40 {
            "sha1"
        } else {
            "sha256"
        };
        let format = format!("--object-format={format}");
        let (git_dir, work_tree) = (own.display().to_string(), folder.display().to_string());
        let there = ["--git-dir", &git_dir, "--work-tree", &work_tree];
        let init = ["init", "--quiet", "--template=", &format];
        for words in [
            &init[..],
            &["read-tree", &self.id],
            &["checkout-index", "--all"],
        ] {
            let mut git = command(folder, &[&there[..], words].concat());
            git.env("GIT_OBJECT_DIRECTORY", &objects);
            git.env("GIT_CONFIG_GLOBAL", "/dev/null");
            git.env("GIT_CONFIG_NOSYSTEM", "1");
            git.env_remove("GIT_CONFIG_COUNT")
                .env_remove("GIT_CONFIG_PARAMETERS");
            run(git)?;
        }
        Ok(())
    }
}

/// A revision that cannot be checked out.
fn refused(text: &str, reason: String) -> BuildError {
    let message = format!("{text} cannot be built: {reason}");
    let refusal = Refusal::new("Revision", message).with(
        "git:REVISION or git:REVISION:PATH in a repository of git, such as git:v1.0",
        reason,
        "`git rev-parse REVISION^{commit}` says what git knows; a clone without tags or history needs `git fetch \
         --unshallow --tags`",
    );
    refusal.usage().into()
}

/// The root of the repository that the current folder lies in.
pub fn repository() -> Option<PathBuf> {
    canonical(&top_of(Path::new(".")).ok()?).ok()
}

/// The root of the repository that a folder lies in, as git names it; an error says why git knows none.
pub(super) fn top_of(folder: &Path) -> Result<PathBuf, String> {
    git(folder, &["rev-parse", "--show-toplevel"]).map(PathBuf::from)
}

pub(super) fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    run(command(folder, arguments))
}

/// git in `folder`, with nothing that the repository's configuration has it run or fetch.
pub(super) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    // No hook, no daemon and no transport of the repository's owner, and no other object in the
    // place of one that is named.
    command.args([
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "core.fsmonitor=false",
        // A folder of the work tree that looks like a repository is none.
        "-c",
        "safe.bareRepository=explicit",
    ]);
    for (name, value) in ALONE {
        command.env(name, value);
    }
    command.arg("-C").arg(folder).args(arguments);
    for name in FOREIGN {
        command.env_remove(name);
    }
    command
}

fn run(mut command: Command) -> Result<String, String> {
    let output = Started::output(command.stdin(Stdio::null()))
        .map_err(|error| format!("git cannot be run: {error}"))?;
    if output.status.success() {
        let said = String::from_utf8(output.stdout).map_err(|error| error.to_string())?;
        return Ok(said.trim_end().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.trim().to_owned())
}

#[cfg(test)]
mod tests;
