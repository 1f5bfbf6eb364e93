//! What somebody declared or allowed for a pair of layouts, one line of JSON each: the upgrade
//! that comes after the registration need not be said again, and everybody can read who relied on
//! what.

use super::check::is_about_layouts;
use super::error::LayoutError;
use super::store::Store;
use crate::ids::{CodeHash, LayoutHash};
use crate::own_file;
use alloy::primitives::Address;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::PathBuf;

/// The file's name in the store's folder.
pub(super) const FILE: &str = "allowed.jsonl";

/// The registry on its chain, and the codes, about which something is said. One folder may serve
/// several registries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Where {
    /// The chain's id.
    pub chain: u64,
    /// The registry.
    pub registry: Address,
    /// The hashes of the code before and of the new one: without layouts, nothing else says what is
    /// meant. Zero in lines of earlier versions of this program.
    #[serde(default)]
    pub codes: (CodeHash, CodeHash),
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// The definition.
    pub definition: String,
    /// The version before.
    pub from: String,
    /// The new version.
    pub to: String,
    /// The hash of the layout before.
    pub old: LayoutHash,
    /// The hash of the new layout.
    pub new: LayoutHash,
    /// `old=new`.
    pub renames: Vec<String>,
    /// Fields of the new version.
    pub retypes: Vec<String>,
    /// Findings by their names.
    pub allowed: Vec<String>,
    /// Where: what is not about the layouts alone holds for that registry and those codes only.
    #[serde(default)]
    pub at: Where,
}

/// The file.
#[derive(Debug, Clone)]
pub struct AllowedLog {
    path: PathBuf,
}

impl AllowedLog {
    /// The file in a store.
    pub fn of(store: &Store) -> Self {
        Self {
            path: store.folder().join(FILE),
        }
    }

    /// What was said before of that step (the definition, the version before, the new one) with
    /// these very layouts. What was said of another contract, or of the instances of another
    /// registry, holds for nobody else, and a file that others may have written says nothing.
    pub fn of_step(
        &self,
        step: (&str, &str, &str),
        (old, new): (LayoutHash, LayoutHash),
        at: Where,
    ) -> Vec<Allowed> {
        let text = own_file::read(&self.path).ok().flatten();
        let text = text.unwrap_or_default();
        let lines = text.lines();
        lines
            .filter_map(|line| serde_json::from_str::<Allowed>(line).ok())
            .filter(|line| (line.old, line.new) == (old, new))
            .filter(|line| (&*line.definition, &*line.from, &*line.to) == step)
            .map(|mut line| {
                let is_here = line.at == at;
                line.allowed.retain(|id| is_here || is_about_layouts(id));
                line
            })
            .collect()
    }

    /// Adds a line, unless it is there.
    ///
    /// # Errors
    /// [`LayoutError::File`].
    pub fn add(&self, line: &Allowed) -> Result<(), LayoutError> {
        let step = (&*line.definition, &*line.from, &*line.to);
        if self
            .of_step(step, (line.old, line.new), line.at)
            .contains(line)
        {
            return Ok(());
        }
        let refused = |error: std::io::Error| LayoutError::file("write", &self.path, error);
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).map_err(refused)?;
        }
        let mut file = own_file::append(&self.path).map_err(|error| refused(error.into()))?;
        let text = serde_json::to_string(line).unwrap_or_default();
        file.write_all(format!("{text}\n").as_bytes())
            .and_then(|()| file.sync_data())
            .map_err(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::NOT_COMPARED;
    use super::*;
    use alloy::primitives::B256;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn line() -> Allowed {
        Allowed {
            definition: "A".into(),
            from: "1.0".into(),
            to: "2.0".into(),
            old: LayoutHash(B256::repeat_byte(1)),
            new: LayoutHash(B256::repeat_byte(2)),
            renames: Vec::new(),
            retypes: Vec::new(),
            allowed: vec!["reorder:owner".into(), "dirty:count".into()],
            at: Where {
                chain: 421_614,
                registry: Address::repeat_byte(3),
                codes: (
                    CodeHash(B256::repeat_byte(4)),
                    CodeHash(B256::repeat_byte(5)),
                ),
            },
        }
    }

    fn found(log: &AllowedLog) -> usize {
        let line = line();
        log.of_step(("A", "1.0", "2.0"), (line.old, line.new), line.at)
            .len()
    }

    #[test]
    fn an_allowance_that_others_may_have_written_allows_nothing() {
        let place = tempfile::tempdir().expect("a folder");
        let log = AllowedLog::of(&Store::beside(place.path()));
        log.add(&line()).expect("added");
        log.add(&line()).expect("there already");
        assert_eq!(found(&log), 1);
        let mode = |mode| {
            let mode = PermissionsExt::from_mode(mode);
            std::fs::set_permissions(&log.path, mode).expect("set");
        };
        mode(0o666);
        assert_eq!(found(&log), 0);
        assert!(log.add(&line()).is_err());
        mode(0o644);
        let elsewhere = place.path().join("elsewhere");
        std::fs::rename(&log.path, &elsewhere).expect("moved");
        symlink(&elsewhere, &log.path).expect("a link");
        assert_eq!(found(&log), 0);
        assert!(log.add(&line()).is_err());
    }

    #[test]
    fn what_was_allowed_of_one_registrys_instances_is_not_allowed_of_anothers() {
        let place = tempfile::tempdir().expect("a folder");
        let log = AllowedLog::of(&Store::beside(place.path()));
        let line = line();
        log.add(&line).expect("added");
        let allowed = |at| {
            let mut found = log.of_step(("A", "1.0", "2.0"), (line.old, line.new), at);
            found.pop().expect("one line").allowed
        };
        assert_eq!(allowed(line.at), line.allowed);
        // Two layouts are the same two everywhere; what lies in an instance is not.
        let chain = 42_161;
        assert_eq!(allowed(Where { chain, ..line.at }), ["reorder:owner"]);
        let registry = Address::repeat_byte(4);
        assert_eq!(
            allowed(Where {
                registry,
                ..line.at
            }),
            ["reorder:owner"]
        );
    }

    #[test]
    fn what_was_allowed_of_code_without_a_layout_is_not_allowed_of_other_code_under_its_label() {
        let place = tempfile::tempdir().expect("a folder");
        let log = AllowedLog::of(&Store::beside(place.path()));
        let line = Allowed {
            old: LayoutHash::ZERO,
            new: LayoutHash::ZERO,
            allowed: vec![NOT_COMPARED.into()],
            ..line()
        };
        log.add(&line).expect("added");
        let allowed = |codes| {
            let at = Where { codes, ..line.at };
            let mut found = log.of_step(
                ("A", "1.0", "2.0"),
                (LayoutHash::ZERO, LayoutHash::ZERO),
                at,
            );
            found.pop().expect("one line").allowed
        };
        let (old, new) = line.at.codes;
        assert_eq!(allowed((old, new)), [NOT_COMPARED]);
        assert!(allowed((old, CodeHash(B256::repeat_byte(6)))).is_empty());
        assert!(allowed((CodeHash(B256::repeat_byte(6)), new)).is_empty());
    }

    #[test]
    fn a_line_of_an_earlier_version_does_not_allow_what_it_does_not_name_the_code_of() {
        let mut text = serde_json::to_value(line()).expect("JSON");
        let at = text["at"].as_object_mut().expect("an object");
        at.remove("codes").expect("the codes");
        let read: Allowed = serde_json::from_value(text).expect("a line");
        assert_ne!(read.at, line().at);
    }
}
