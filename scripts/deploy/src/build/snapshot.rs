//! The place where others find the sources that code was built from, published with its layout.

use super::code::Artifact;
use super::error::BuildError;

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
    use stylus_layout::BuildMetadata;

    #[test]
    fn others_are_sent_to_the_commit_that_was_built_and_to_no_other() {
        let id = "ab".repeat(20);
        let uri = format!("git+https://example.org/note#{id}");
        let text = r#"(module (memory (export "memory") 1 1)
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
