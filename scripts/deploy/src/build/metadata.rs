//! The recipe by which others build a verifiable implementation again, under the names of NEP-330: published with the
//! layout. All of it follows from the sources, so every approver who builds them says the same; where
//! the sources are found is added where somebody names it.

use super::revision::top_of;
use super::source::Source;
use stylus_layout::{BuildInfo, BuildMetadata};

/// Returns what is published of a build as `tool` makes it.
pub(super) fn metadata(source: &Source, rustc: Option<&str>, tool: &str) -> BuildMetadata {
    let package = &source.package;
    // Outside of any repository the path is that in the workspace.
    let of_git = || top_of(&package.folder).ok();
    let checkout = source.checkout.as_ref();
    let folder = checkout
        .map(|one| one.folder.clone())
        .or_else(of_git)
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
