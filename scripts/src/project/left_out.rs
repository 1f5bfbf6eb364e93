//! What a workspace that takes every folder for a crate has to leave out: cargo refuses one without a Cargo.toml.

use crate::file_names::{JOURNALS, LAYOUTS, VERSIONS};
use std::path::Path;
use toml_edit::{DocumentMut, Item};

/// The line that the workspace around the manifest in `folder` needs before commands write there; nothing where it
/// needs none.
pub fn to_exclude(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let (root, workspace) = folder.ancestors().find_map(|above| {
        let text = std::fs::read_to_string(above.join("Cargo.toml")).ok()?;
        let document: DocumentMut = text.parse().ok()?;
        Some((above, document.get("workspace")?.clone()))
    })?;
    let listed = |name: &str| -> Vec<String> {
        let all = workspace
            .get(name)
            .and_then(Item::as_array)
            .into_iter()
            .flatten();
        all.filter_map(|one| Some(one.as_str()?.to_owned()))
            .collect()
    };
    let (members, excluded) = (listed("members"), listed("exclude"));
    let below = folder.strip_prefix(root).ok()?;
    let own = [JOURNALS, LAYOUTS, VERSIONS].map(|name| below.join(name).display().to_string());
    let is_left = |one: &&String| {
        members.iter().any(|pattern| takes(pattern, one)) && !excluded.contains(one)
    };
    let missing: Vec<String> = own
        .iter()
        .filter(is_left)
        .map(|one| format!("{one:?}"))
        .collect();
    let all: Vec<String> = excluded
        .iter()
        .map(|one| format!("{one:?}"))
        .chain(missing.clone())
        .collect();
    (!missing.is_empty()).then(|| {
        format!(
            "the workspace in {} takes every folder for a crate, and cargo refuses those that are kept beside the \
             manifest; write below [workspace]: exclude = [{}]",
            root.join("Cargo.toml").display(),
            all.join(", ")
        )
    })
}

/// Whether a pattern of members has stars and takes a path, part by part.
fn takes(pattern: &str, path: &str) -> bool {
    let (pattern, path) = (pattern.trim_start_matches("./").trim_end_matches('/'), path);
    let parts = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
    let (pattern, path) = (parts(pattern), parts(path));
    let is_of = |(star, name): (&String, &String)| match star.split_once('*') {
        Some((first, last)) => {
            name.len() >= first.len() + last.len()
                && name.starts_with(first)
                && name.ends_with(last)
        }
        None => star == name,
    };
    pattern.len() == path.len() && pattern.iter().zip(&path).all(is_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_that_takes_every_folder_is_told_what_to_exclude() {
        let folder = tempfile::tempdir().expect("a folder");
        let inside = folder.path().join("contracts");
        std::fs::create_dir(&inside).expect("made");
        let told = |members: &str, beside: &Path| {
            let text = format!("[workspace]\n{members}\n");
            std::fs::write(folder.path().join("Cargo.toml"), text).expect("written");
            to_exclude(beside)
        };
        let line =
            told("members = [\"contracts/*\"]\nexclude = [\"old\"]", &inside).expect("a line");
        let exclude = "exclude = [\"old\", \"contracts/.stylus-upgrades\", \"contracts/stylus-upgrades-layouts\", \
                       \"contracts/stylus-upgrades-versions\"]";
        assert!(line.ends_with(exclude), "{line}");
        let given = format!("members = [\"contracts/*\"]\n{exclude}");
        assert_eq!(told(&given, &inside), None);
        assert_eq!(told("members = [\"contracts/a\"]", &inside), None);
        assert_eq!(told("members = [\"contracts/*\"]", folder.path()), None);
        assert!(told("members = [\"*\"]", folder.path()).is_some());
    }
}
