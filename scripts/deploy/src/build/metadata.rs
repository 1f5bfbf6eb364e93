//! How others build a verifiable implementation again, under the names of NEP-330: published with the
//! layout. All of it follows from the sources, so every approver who builds them says the same; where
//! the sources are found is added where somebody names it.

use super::BuildError;
use super::code::Artifact;
use super::revision::git;
use super::source::Source;
use std::path::PathBuf;
use stylus_layout::{BuildInfo, BuildMetadata};

/// What is published of a build as `tool` makes it.
pub(super) fn metadata(source: &Source, rustc: Option<&str>, tool: &str) -> BuildMetadata {
    let package = &source.package;
    let of_git = || git(&package.folder, &["rev-parse", "--show-toplevel"]).ok();
    let top = source
        .checkout
        .clone()
        .or_else(|| of_git().map(PathBuf::from));
    let folder = top
        .iter()
        .chain([&package.root])
        .find_map(|top| package.folder.strip_prefix(top).ok());
    let rustc = rustc.unwrap_or("rustc");
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
            source_code_snapshot: None,
        },
    }
}

impl Artifact {
    /// The same, published with where others find its sources, as NEP-330 writes it: `git+URL#COMMIT`.
    ///
    /// # Errors
    /// `NotVerifiable` where others cannot make the same code, or those are other sources.
    pub fn with_snapshot(mut self, uri: &str) -> Result<Self, BuildError> {
        let commit = uri.rsplit_once('#').map_or("", |(_, commit)| commit);
        let info = &mut self.info;
        let built = info
            .commit
            .as_ref()
            .map_or("no commit".to_owned(), |one| one.id.clone());
        let is_it = built == commit;
        match (&mut info.recipe, &info.unverifiable) {
            (Some(recipe), _) if is_it => {
                recipe.metadata.info.source_code_snapshot = Some(uri.to_owned());
                Ok(self)
            }
            (None, Some(reason)) => Err(BuildError::not_verifiable(&self.name, reason)),
            _ => {
                let reason = format!(
                    "{uri} is to be published, and the sources that were built are of {built}"
                );
                Err(BuildError::not_verifiable(&self.name, reason))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::info::Commit;
    use crate::build::{BuildInfo, Recipe};
    use crate::error::Explain;
    use alloy::primitives::B256;

    #[test]
    fn others_are_sent_to_the_commit_that_was_built_and_to_no_other() {
        let id = "ab".repeat(20);
        let uri = format!("git+https://example.org/note#{id}");
        let text = r#"(module (memory (export "memory") 1)
            (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#;
        let module = wat::parse_str(text).expect("a module");
        let plain = Artifact::from_wasm("note", &module).expect("a program");
        let of = |recipe: Option<Recipe>, id: &str| Artifact {
            info: BuildInfo {
                commit: Some(Commit {
                    id: id.to_owned(),
                    dirty: recipe.is_none(),
                }),
                unverifiable: recipe.is_none().then(|| "its sources differ".to_owned()),
                recipe,
                ..BuildInfo::default()
            },
            ..plain.clone()
        };
        let recipe = Recipe {
            tool: "tool".into(),
            project_hash: B256::ZERO,
            metadata: BuildMetadata {
                link: None,
                info: stylus_layout::BuildInfo {
                    build_environment: String::new(),
                    build_command: Vec::new(),
                    contract_path: String::new(),
                    source_code_snapshot: None,
                },
            },
        };
        let built = of(Some(recipe.clone()), &id)
            .with_snapshot(&uri)
            .expect("it");
        let published = built.info.recipe.expect("as before").metadata.info;
        assert_eq!(published.source_code_snapshot, Some(uri.clone()));
        for (artifact, reason) in [
            (of(None, &id), "its sources differ"),
            (of(Some(recipe), &"cd".repeat(20)), "are of cdcd"),
        ] {
            let error = artifact.with_snapshot(&uri).expect_err("another");
            assert_eq!(error.name(), "NotVerifiable", "{error}");
            assert!(error.to_string().contains(reason), "{error}");
        }
    }
}
