//! Whether a file is as the default branch has it: what a pull request brings along says nothing of
//! what is live.

use super::package::canonical;
use super::revision::git;
use std::path::{Path, PathBuf};

/// Where GitLab's runner names the default branch, and where GitHub's names the file that does. Neither is
/// the branch that a pull request goes to: its author may have pushed that one.
const NAMED: &str = "CI_DEFAULT_BRANCH";
const EVENT: &str = "GITHUB_EVENT_PATH";
/// What the default branch is called in a repository without remotes. In a clone a branch of one's own says
/// nothing, a pull request may have been merged into it; nor does a remote's branch of such a name, which
/// whoever may push can have made.
const OF_NONE: [&str; 2] = ["refs/heads/main", "refs/heads/master"];
/// The remote that a clone has unless it is named otherwise.
const ORIGIN: &str = "origin";

/// Whether a file is as it was reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reviewed {
    /// It is the one that the default branch had where this one left it.
    Yes,
    /// It is not, or nobody can tell. Why.
    No(String),
    /// The folder is in no repository.
    NoRepository,
}

impl Reviewed {
    /// Of a file in the working tree.
    pub fn of(file: &Path) -> Self {
        let Ok(file) = canonical(file) else {
            return Self::No(format!("{} cannot be found", file.display()));
        };
        let Some(top) = repository_of(&file) else {
            return Self::NoRepository;
        };
        match compare(top, &file) {
            Ok(()) => Self::Yes,
            Err(why) => Self::No(why),
        }
    }
}

/// Whether others can have written a file: it is in the index of git, or git cannot say. `false` of a file
/// that is not there, or is in no repository.
pub fn is_tracked(file: &Path) -> bool {
    let Ok(file) = canonical(file) else {
        return false;
    };
    let Some(top) = repository_of(&file) else {
        return false;
    };
    let path = file.display().to_string();
    let ask = ["--literal-pathspecs", "ls-files", "--", &path];
    let listed = require_top(top).and_then(|()| git(top, &ask));
    !listed.is_ok_and(|listed| listed.is_empty())
}

/// The working tree that a file lies in: the next folder above with a `.git`. A folder that looks like a
/// repository without one can come with a pull request, and is none.
fn repository_of(file: &Path) -> Option<&Path> {
    let mut above = file.ancestors().skip(1);
    above.find(|folder| folder.join(".git").exists())
}

/// Refuses a folder of which git thinks otherwise.
fn require_top(top: &Path) -> Result<(), String> {
    let found = PathBuf::from(git(top, &["rev-parse", "--show-toplevel"])?);
    match canonical(&found).is_ok_and(|found| found == top) {
        true => Ok(()),
        false => Err(format!(
            "git takes {} for the repository of {}",
            found.display(),
            top.display()
        )),
    }
}

fn compare(top: &Path, file: &Path) -> Result<(), String> {
    require_top(top)?;
    let above = git(top, &["rev-parse", "--show-superproject-working-tree"])?;
    if !above.is_empty() {
        return Err(format!(
            "{} is a submodule of another repository",
            top.display()
        ));
    }
    let inside = file.strip_prefix(top).map_err(|error| error.to_string())?;
    let inside = inside
        .to_str()
        .ok_or_else(|| format!("{} is no text", inside.display()))?;
    let commit = base(top, inside)?;
    let short = commit.get(..12).unwrap_or(&commit);
    let object = format!("{commit}:{inside}");
    let then = git(
        top,
        &[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &object,
        ],
    )
    .map_err(|_| format!("{inside} is not in the commit {short}, which this is compared with"))?;
    let path = file.display().to_string();
    let now = git(top, &["hash-object", "--no-filters", "--", &path])?;
    match now == then {
        true => Ok(()),
        false => Err(format!(
            "{inside} differs from the commit {short}, which this is compared with"
        )),
    }
}

/// The commit to compare with: where the working tree left the default branch; in a repository that was
/// cloned from nowhere and has no such branch, the one that added the file.
fn base(top: &Path, inside: &str) -> Result<String, String> {
    let commit = |name: &str| {
        let name = format!("{name}^{{commit}}");
        let ask = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &name,
        ];
        git(top, &ask).ok()
    };
    let named = named_default(|name| std::env::var(name).ok())?;
    let remotes = git(top, &["remote"])?;
    let remotes: Vec<&str> = remotes.lines().collect();
    let remote = match &remotes[..] {
        [one] => Some(*one),
        several => several.iter().copied().find(|one| *one == ORIGIN),
    };
    let branch = match (named, remote) {
        (Some(name), Some(remote)) => {
            let found = commit(&format!("refs/remotes/{remote}/{name}"));
            Some(found.ok_or_else(|| {
                format!("the branch {remote}/{name} is not here (fetch-depth: 0 fetches it)")
            })?)
        }
        (None, Some(remote)) => {
            let head = format!("refs/remotes/{remote}/HEAD");
            let named = git(top, &["symbolic-ref", "--quiet", &head]).ok();
            let found = named.and_then(|name| commit(&name));
            Some(found.ok_or_else(|| {
                format!(
                    "the default branch is not known here (git remote set-head {remote} --auto)"
                )
            })?)
        }
        (_, None) if remotes.is_empty() => OF_NONE.iter().find_map(|name| commit(name)),
        (_, None) => None,
    };
    if let Some(branch) = branch {
        let left = git(top, &["merge-base", "HEAD", &branch])
            .map_err(|_| "the history does not reach the default branch".to_owned())?;
        return require_was_tip(top, &left, &branch);
    }
    let whole = git(top, &["rev-parse", "--is-shallow-repository"])? == "false";
    if !whole || !remotes.is_empty() || git(top, &["symbolic-ref", "--quiet", "HEAD"]).is_err() {
        return Err("the default branch is not known here".into());
    }
    let ask = [
        "--literal-pathspecs",
        "rev-list",
        "--full-history",
        "--reverse",
        "HEAD",
        "--",
    ];
    let touched = git(top, &[&ask[..], &[inside]].concat())?;
    let first = touched.lines().next();
    first
        .map(str::to_owned)
        .ok_or_else(|| format!("{inside} is not committed"))
}

/// Refuses a commit that the default branch never stood at: one of a branch that was merged into it, whose
/// later commits may have undone what it did.
fn require_was_tip(top: &Path, commit: &str, branch: &str) -> Result<String, String> {
    let tips = git(top, &["rev-list", "--first-parent", branch, "--"])?;
    match tips.lines().any(|tip| tip == commit) {
        true => Ok(commit.into()),
        false => Err(format!(
            "the default branch never stood at the commit {}, where this branch left it",
            commit.get(..12).unwrap_or(commit)
        )),
    }
}

/// What the runner of a workflow calls the default branch, where one does.
fn named_default(variable: impl Fn(&str) -> Option<String>) -> Result<Option<String>, String> {
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    if let Some(name) = given(NAMED) {
        return Ok(Some(name));
    }
    let Some(path) = given(EVENT) else {
        return Ok(None);
    };
    let unreadable = |error: &dyn std::fmt::Display| {
        format!("the event of the workflow cannot be read ({EVENT}): {error}")
    };
    let text = std::fs::read(path).map_err(|error| unreadable(&error))?;
    let event: serde_json::Value =
        serde_json::from_slice(&text).map_err(|error| unreadable(&error))?;
    let name = event["repository"]["default_branch"].as_str();
    Ok(name.map(str::to_owned))
}

#[cfg(test)]
mod tests;
