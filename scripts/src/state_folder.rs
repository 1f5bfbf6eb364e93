//! The user's folder for what commands remember beside the manifest: it is the same from every folder.

use std::ffi::OsString;
use std::path::PathBuf;

/// The variable that names another one.
pub const VARIABLE: &str = "STYLUS_UPGRADES_STATE";

/// The folder: what the variable names, else `stylus-upgrades` in `XDG_STATE_HOME` or in
/// `~/.local/state`. Nothing where the user has no home.
pub fn state_folder() -> Option<PathBuf> {
    let given = |name: &str| std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
    if let Some(named) = given(VARIABLE) {
        return Some(named.into());
    }
    let base = match given("XDG_STATE_HOME").map(PathBuf::from) {
        Some(base) if base.is_absolute() => base,
        _ => std::env::home_dir()?.join(".local").join("state"),
    };
    Some(base.join("stylus-upgrades"))
}
