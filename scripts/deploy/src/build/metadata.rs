//! How others build a verifiable implementation again, under the names of NEP-330: published with the
//! layout. All of it follows from the sources, so every approver who builds them says the same; where
//! the sources are found is added where somebody names it.

use super::BuildError;
use super::code::Artifact;
use super::info::Commit;
use super::package::Package;
use super::revision::git;
use std::path::PathBuf;
use stylus_layout::{BuildInfo, BuildMetadata};

/// What is published of a build by cargo-stylus.
pub(super) fn metadata(
    package: &Package,
    artifact: &Artifact,
    tool: &str,
    snapshot: Option<&str>,
) -> BuildMetadata {
    let top = git(&package.folder, &["rev-parse", "--show-toplevel"]).map(PathBuf::from);
    let folder = top
        .iter()
        .chain([&package.root])
        .find_map(|top| package.folder.strip_prefix(top).ok());
    let rustc = artifact.info.rustc.as_deref().unwrap_or("rustc");
    let command = ["cargo", "stylus", "get-initcode", "--contract"];
    let mut command: Vec<String> = command.map(str::to_owned).to_vec();
    command.push(package.name.clone());
    BuildMetadata {
        link: package.told.repository.clone(),
        info: BuildInfo {
            build_environment: format!("{rustc}, {tool}"),
            build_command: command,
            contract_path: folder
                .map(|path| path.display().to_string())
                .unwrap_or_default(),
            source_code_snapshot: snapshot.map(str::to_owned),
        },
    }
}

/// Where others are sent are the sources that were built: `git+URL#COMMIT`, and nothing beside it.
pub(super) fn require_snapshot(
    name: &str,
    uri: &str,
    built: Option<&Commit>,
) -> Result<(), BuildError> {
    let commit = uri.rsplit_once('#').map_or("", |(_, commit)| commit);
    let found = match built {
        Some(built) if built.id == commit && !built.dirty => return Ok(()),
        Some(built) => format!("are of {built}"),
        None => "are of no commit".to_owned(),
    };
    let reason = format!("{uri} is to be published, and the sources that were built {found}");
    Err(BuildError::not_verifiable(name, reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Explain;

    #[test]
    fn others_are_sent_to_the_commit_that_was_built_and_to_no_other() {
        let id = "ab".repeat(20);
        let commit = |dirty| Commit {
            id: id.clone(),
            dirty,
        };
        let uri = format!("git+https://example.org/note#{id}");
        assert!(require_snapshot("note", &uri, Some(&commit(false))).is_ok());
        let other = uri.replace("ab", "cd");
        for (uri, built) in [
            (&uri, Some(commit(true))),
            (&uri, None),
            (&other, Some(commit(false))),
        ] {
            let error = require_snapshot("note", uri, built.as_ref()).expect_err("another");
            assert_eq!(error.name(), "NotVerifiable", "{error}");
        }
    }
}
