//! Compares a file with the default branch's, and reads what that has: what a pull request brings along
//! says nothing of what is live. Where the runner of a workflow names a repository, it is that one's
//! default branch, and a clone of another one proves nothing.

use super::package::canonical;
use super::revision::{git, top_of};
use super::tree::{join, normal};
use crate::output::shortened;
use std::path::{Path, PathBuf};

/// The variable in which GitLab's runner names the default branch, and the one in which GitHub's names the file that
/// does. Neither is the branch that a pull request goes to: its author may have pushed that one.
const NAMED: &str = "CI_DEFAULT_BRANCH";
const EVENT: &str = "GITHUB_EVENT_PATH";
/// The variables in which GitLab's runner names the repository: the one that a merge request goes to, else its own.
const REPOSITORY: [&str; 2] = ["CI_MERGE_REQUEST_PROJECT_URL", "CI_PROJECT_URL"];
/// The names of the default branch in a repository without remotes. In a clone the user's own branch says
/// nothing, a pull request may have been merged into it; nor does a remote's branch of such a name, which
/// anybody who may push can have made.
const OF_NONE: [&str; 2] = ["refs/heads/main", "refs/heads/master"];
/// The most letters of an author's name that are shown.
const AUTHOR_MAX: usize = 64;
/// The remote that a clone has unless it is named otherwise.
const ORIGIN: &str = "origin";

/// Answers what a variable of the environment holds.
type Variables<'v> = dyn Fn(&str) -> Option<String> + 'v;

/// The state of a file's review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reviewed {
    /// It is the one that the default branch has.
    Yes,
    /// It is not, or nobody can tell. Why.
    No(String),
    /// The folder is in no repository.
    NoRepository,
}

impl Reviewed {
    /// Of a file in the working tree.
    pub fn of(file: &Path) -> Self {
        Self::with(&|name| std::env::var(name).ok(), file)
    }

    fn with(variable: &Variables<'_>, file: &Path) -> Self {
        let compared = match located(file) {
            Ok((_, None)) => return Self::NoRepository,
            Ok((file, Some(top))) => compare(variable, &top, &file),
            Err(why) => Err(why),
        };
        compared.map_or_else(Self::No, |()| Self::Yes)
    }
}

/// The version of a file on the default branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnDefault {
    /// No runner names a repository, or the file is in none: it is the user's own.
    NotNamed,
    /// It has no such file.
    Absent,
    /// This text.
    Text(String),
}

impl OnDefault {
    /// Of a file in the working tree, by what the runner of a workflow names.
    ///
    /// # Errors
    /// Why nobody can tell.
    pub fn of(file: &Path) -> Result<Self, String> {
        Self::with(&|name| std::env::var(name).ok(), file)
    }

    fn with(variable: &Variables<'_>, file: &Path) -> Result<Self, String> {
        if Runner::of(variable)?.branch.is_none() {
            return Ok(Self::NotNamed);
        }
        let (file, Some(top)) = located(file)? else {
            return Ok(Self::NotNamed);
        };
        require_own(&top)?;
        let object = format!("{}:{}", base(variable, &top)?, inside(&top, &file)?);
        match verified(&top, &object) {
            Some(object) => git(&top, &["cat-file", "blob", &object]).map(Self::Text),
            None => Ok(Self::Absent),
        }
    }
}

/// Returns true if nobody but the author has the repository of a file: there is none or it has no remote, and no runner
/// of a workflow says that it runs this.
pub fn is_of_author(file: &Path) -> bool {
    let is_run = std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false");
    let is_alone = |top: &Path| git(top, &["remote"]).is_ok_and(|names| names.trim().is_empty());
    !is_run && located(file).is_ok_and(|(_, top)| top.is_none_or(|top| is_alone(&top)))
}

/// A file that may be gone, and the working tree that it lies in, canonical. No link may lead there from within the
/// working tree, or into it: a change can have brought it.
fn located(file: &Path) -> Result<(PathBuf, Option<PathBuf>), String> {
    let unknown = || format!("{} cannot be found", file.display());
    let named = std::path::absolute(file).map_err(|_| unknown())?;
    let path = normal(&named);
    let mut above = path.ancestors();
    let found =
        above.find_map(|above| Some((canonical(above).ok()?, path.strip_prefix(above).ok()?)));
    let (there, gone) = found.ok_or_else(unknown)?;
    let real = join(&there, gone);
    let inside = repository_of(&path)
        .and_then(|top| Some(join(&canonical(top).ok()?, path.strip_prefix(top).ok()?)));
    let top = repository_of(&real).map(Path::to_owned);
    let expected = top.is_some().then_some(&real);
    // After a link `..` leads elsewhere than the words say.
    let is_it = canonical(&named).ok().is_none_or(|there| there == real);
    if is_it && inside.as_ref() == expected {
        Ok((real, top))
    } else {
        Err(format!(
            "a link leads to {}, so a change can point it anywhere (put the file or folder itself there)",
            file.display()
        ))
    }
}

/// Returns true if a file is in the index of git, so that others can have written it. One that is in no repository is
/// not.
///
/// # Errors
/// Why git cannot say.
pub fn is_tracked(file: &Path) -> Result<bool, String> {
    let (file, Some(top)) = located(file)? else {
        return Ok(false);
    };
    require_top(&top)?;
    let ask = [
        "--literal-pathspecs",
        "ls-files",
        "--",
        inside(&top, &file)?,
    ];
    Ok(!git(&top, &ask)?.is_empty())
}

/// The author and the commit that added the line with a text to a file, in words, as git has them.
pub fn added_by(file: &Path, text: &str) -> String {
    let found = find_author(file, text);
    found.unwrap_or_else(|why| format!("and git does not know who added it ({why})"))
}

fn find_author(file: &Path, text: &str) -> Result<String, String> {
    let (file, Some(top)) = located(file)? else {
        return Err("it is in no repository".into());
    };
    require_top(&top)?;
    let content = std::fs::read_to_string(&file).map_err(|error| error.to_string())?;
    let text = text.to_lowercase();
    let mut lines = content.lines();
    let at = lines.position(|line| line.to_lowercase().contains(&text));
    let at = at.ok_or("no line has it")?.saturating_add(1);
    let range = format!("{at},{at}");
    let blame = ["blame", "--porcelain", "--no-textconv", "-L", &range, "--"];
    let said = git(&top, &[&blame[..], &[inside(&top, &file)?]].concat())?;
    let commit = said.split_whitespace().next().unwrap_or_default();
    if commit.bytes().all(|digit| digit == b'0') {
        return Ok("which nobody has committed yet".into());
    }
    // The name from the log: a file of the repository (.mailmap) can change the name that `blame` shows.
    let log = ["log", "-1", "--no-show-signature", "--format=%an", commit];
    let author = git(&top, &log)?;
    let author = shortened(&author, AUTHOR_MAX);
    let commit = commit.get(..12).unwrap_or(commit);
    Ok(format!("added by {author:?} in commit {commit}"))
}

/// The path of a file below the root of its repository.
fn inside<'f>(top: &Path, file: &'f Path) -> Result<&'f str, String> {
    let inside = file.strip_prefix(top).map_err(|error| error.to_string())?;
    let text = inside.to_str();
    text.ok_or_else(|| format!("{} is no text", inside.display()))
}

/// The working tree that a file lies in: the next folder above with a `.git`. A folder that looks like a
/// repository without one can come with a pull request, and is none.
fn repository_of(file: &Path) -> Option<&Path> {
    let mut above = file.ancestors().skip(1);
    above.find(|folder| folder.join(".git").exists())
}

/// Refuses a folder of which git thinks otherwise.
fn require_top(folder: &Path) -> Result<(), String> {
    let found = top_of(folder)?;
    if canonical(&found).is_ok_and(|found| found == folder) {
        Ok(())
    } else {
        Err(format!(
            "git takes {} for the repository of {}",
            found.display(),
            folder.display()
        ))
    }
}

/// Refuses a folder of which git thinks otherwise, and a submodule.
fn require_own(top: &Path) -> Result<(), String> {
    require_top(top)?;
    let above = git(top, &["rev-parse", "--show-superproject-working-tree"])?;
    if !above.is_empty() {
        return Err(format!(
            "{} is a submodule of another repository",
            top.display()
        ));
    }
    Ok(())
}

/// Requires a file to be what the default branch has. One that is not there was reviewed as little as one that
/// differs, if the default branch has it.
fn compare(variable: &Variables<'_>, top: &Path, file: &Path) -> Result<(), String> {
    require_own(top)?;
    let inside = inside(top, file)?;
    let now = match file.exists() {
        true => Some(git(top, &["hash-object", "--no-filters", "--", inside])?),
        false if was_never(top, inside) => return Ok(()),
        false => None,
    };
    let commit = base(variable, top)?;
    let short = commit.get(..12).unwrap_or(&commit);
    let then = verified(top, &format!("{commit}:{inside}"));
    match (&now, &then) {
        _ if now == then => Ok(()),
        (_, None) => Err(format!(
            "{inside} is not in the commit {short}, which this is compared with"
        )),
        (None, _) => Err(format!(
            "{inside} was deleted; the commit {short}, which this is compared with, has it"
        )),
        _ => Err(format!(
            "{inside} differs from the commit {short}, which this is compared with (if the default branch \
             has moved, merge it or rebase onto it)"
        )),
    }
}

/// Returns true if no commit that is here has such a file.
fn was_never(top: &Path, inside: &str) -> bool {
    let ask = [
        "--literal-pathspecs",
        "rev-list",
        "--all",
        "HEAD",
        "--max-count=1",
        "--",
        inside,
    ];
    git(top, &ask).is_ok_and(|ever| ever.is_empty())
}

/// The object that a name stands for.
fn verified(top: &Path, name: &str) -> Option<String> {
    let ask = ["rev-parse", "--verify", "--quiet", "--end-of-options", name];
    git(top, &ask).ok()
}

/// The commit to compare with: the default branch as it is known here.
fn base(variable: &Variables<'_>, top: &Path) -> Result<String, String> {
    let commit = |name: &str| verified(top, &format!("{name}^{{commit}}"));
    let remotes = git(top, &["remote"])?;
    let remotes: Vec<&str> = remotes.lines().collect();
    let remote = match &remotes[..] {
        [] => {
            let found = OF_NONE.iter().find_map(|name| commit(name));
            return found.ok_or_else(|| "the default branch is not known here".into());
        }
        [one] => one,
        several => several
            .iter()
            .find(|one| **one == ORIGIN)
            .ok_or("which of its remotes has the default branch is not known")?,
    };
    let runner = Runner::of(variable)?;
    if let Some(meant) = runner.repository {
        let url = git(top, &["remote", "get-url", remote])?;
        if address_of(&url) != address_of(&meant) {
            return Err(format!(
                "{remote} is a clone of another repository than {meant}, which the workflow is about"
            ));
        }
    }
    match runner.branch {
        Some(name) => commit(&format!("refs/remotes/{remote}/{name}")).ok_or_else(|| {
            format!(
                "the branch {remote}/{name} is not here (fetch-depth: 0 or GIT_DEPTH: 0 fetches it)"
            )
        }),
        None => commit(&format!("refs/remotes/{remote}/HEAD")).ok_or_else(|| {
            format!("the default branch is not known here (git remote set-head {remote} --auto)")
        }),
    }
}

/// The names that the runner of a workflow gives, where one runs.
struct Runner {
    /// The default branch.
    branch: Option<String>,
    /// The URL of the repository that it is about.
    repository: Option<String>,
}

impl Runner {
    fn of(variable: &Variables<'_>) -> Result<Self, String> {
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        let event = match given(EVENT) {
            Some(path) => read_event(&path).map_err(|error| {
                format!("the event of the workflow cannot be read ({EVENT}): {error}")
            })?,
            None => serde_json::Value::Null,
        };
        let told = |name: &str| event["repository"][name].as_str().map(str::to_owned);
        let repository = REPOSITORY.iter().find_map(|name| given(name));
        Ok(Self {
            branch: given(NAMED).or_else(|| told("default_branch")),
            repository: repository.or_else(|| told("clone_url")),
        })
    }
}

fn read_event(path: &str) -> std::io::Result<serde_json::Value> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

/// A repository's URL without what may differ in URLs of one repository.
fn address_of(url: &str) -> String {
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, path) = url.split_once('/').unwrap_or((url, ""));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let path = format!("{}/{path}", host.replacen(':', "/", 1));
    let path = path.trim_end_matches('/');
    path.strip_suffix(".git").unwrap_or(path).to_lowercase()
}

#[cfg(test)]
mod tests;
