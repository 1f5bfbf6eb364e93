//! The user's folder for what commands remember beside the manifest: it is the same from every folder.

use crate::own_file::{self, FileError};
use serde::{Serialize, de::DeserializeOwned};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The variable that names another one.
pub const VARIABLE: &str = "STYLUS_UPGRADES_STATE";

/// The folder: what the variable names, else `stylus-upgrades` in `XDG_STATE_HOME` or in
/// `~/.local/state`. Nothing where the user has no home.
pub fn state_folder() -> Option<PathBuf> {
    let given = |name: &str| std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
    chosen(
        given(VARIABLE),
        given("XDG_STATE_HOME"),
        std::env::home_dir(),
    )
}

/// Reads what a file of a folder of it holds; nothing where it cannot be read. It may be anything.
pub fn recall<T: DeserializeOwned>(file: &Path) -> Option<T> {
    let text = own_file::read(file).ok()??;
    serde_json::from_str(&text).ok()
}

/// Writes such a file. Where nothing can be written, nothing is remembered.
pub fn remember(file: &Path, value: &impl Serialize) {
    let (Some(folder), Ok(mut text)) = (file.parent(), serde_json::to_string_pretty(value)) else {
        return;
    };
    text.push('\n');
    if make(folder).is_ok() {
        let _ = own_file::write(file, text.as_bytes());
    }
}

/// Makes a folder of the state folder, and the state folder itself, for this user alone.
///
/// # Errors
/// [`FileError`] where one cannot be made, or is not the user's alone.
pub fn make(folder: &Path) -> Result<(), FileError> {
    let own: Vec<&Path> = folder.parent().into_iter().chain([folder]).collect();
    if let Some(outer) = folder.parent().and_then(Path::parent) {
        // What is missing then is said by the folder below.
        let _ = std::fs::create_dir_all(outer);
    }
    own.into_iter().try_for_each(own_file::folder)
}

fn chosen(own: Option<OsString>, xdg: Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    if let Some(own) = own {
        return Some(own.into());
    }
    // XDG: what is relative is ignored.
    let base = match xdg.map(PathBuf::from) {
        Some(base) if base.is_absolute() => base,
        _ => home?.join(".local").join("state"),
    };
    Some(base.join("stylus-upgrades"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_the_one_that_was_named_else_that_of_the_user() {
        let found = |own: &str, xdg: &str, home: &str| {
            let value = |text: &str| Some(OsString::from(text)).filter(|text| !text.is_empty());
            let home = value(home).map(PathBuf::from);
            let folder = chosen(value(own), value(xdg), home);
            folder.map(|folder| folder.display().to_string())
        };
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(found("/own", "/xdg", "/home"), is("/own"));
        assert_eq!(found("", "/xdg", "/home"), is("/xdg/stylus-upgrades"));
        let home = is("/home/.local/state/stylus-upgrades");
        assert_eq!(found("", "relative", "/home"), home);
        assert_eq!(found("", "", "/home"), home);
        assert_eq!(found("", "", ""), None);
    }
}
