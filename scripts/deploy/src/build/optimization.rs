//! The optimization that a crate declares, in `[wasm-opt]` of `Stylus.toml` as cargo-stylus 0.10.9 and later read it: a
//! version of Binaryen and flags. It runs on the module that the compiler wrote. The table of the crate turns it on;
//! that of its workspace has what the crate's leaves out.

use super::error::BuildError;
use super::package::Package;
use super::procedure::STYLUS;
use crate::project_file;
use serde::Deserialize;
use std::fmt;
use std::path::Path;

/// The program, and the folder that it runs in, below that of the outputs.
pub(super) const PROGRAM: &str = "wasm-opt";

/// An optimization: the same version with the same flags makes the same module of the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Optimization {
    /// The version of Binaryen, a number.
    pub(super) version: String,
    /// The flags, in order.
    pub(super) flags: Vec<String>,
}

/// `[wasm-opt]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    version: Option<String>,
    flags: Option<Vec<String>>,
}

/// `Stylus.toml`, of which the rest is read elsewhere.
#[derive(Debug, Default, Deserialize)]
struct StylusFile {
    #[serde(rename = "wasm-opt")]
    declared: Option<Declared>,
}

impl Optimization {
    /// The one that a package declares.
    ///
    /// # Errors
    /// `SourceFile` for a table that names no version, or that cargo-stylus would not read; `Kind` for a link.
    pub(super) fn of(package: &Package) -> Result<Option<Self>, BuildError> {
        let Some(own) = declared(&package.folder)? else {
            return Ok(None);
        };
        let shared = declared(&package.root)?.unwrap_or_default();
        let in_file = |reason: &str| BuildError::in_file(package.folder.join(STYLUS), reason);
        let version = own.version.or(shared.version);
        let version =
            version.ok_or_else(|| in_file("[wasm-opt] names no version: version = \"131\""))?;
        let is_number = version.bytes().all(|digit| digit.is_ascii_digit());
        if !is_number || version.is_empty() || (version.len() > 1 && version.starts_with('0')) {
            return Err(in_file(
                "the version of [wasm-opt] is no number of a release, such as \"131\"",
            ));
        }
        let flags = own.flags.or(shared.flags).unwrap_or_default();
        Ok(Some(Self { version, flags }))
    }

    /// Returns it as a part of the sources: other flags are another text.
    pub(super) fn to_json(&self) -> String {
        serde_json::json!([self.version, self.flags]).to_string()
    }
}

/// The command line, as a shell would run it.
impl fmt::Display for Optimization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PROGRAM} {}", self.version)?;
        self.flags.iter().try_for_each(|flag| write!(f, " {flag}"))
    }
}

/// The table in a folder.
fn declared(folder: &Path) -> Result<Option<Declared>, BuildError> {
    let path = folder.join(STYLUS);
    let Some(text) = project_file::read(&path)? else {
        return Ok(None);
    };
    let file: Result<StylusFile, _> = toml::from_str(&text);
    let file = file.map_err(|error| BuildError::not_toml(&path, &text, &error))?;
    Ok(file.declared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::source::tests::Project;
    use crate::error::Explain;

    #[test]
    fn the_table_of_a_crate_turns_it_on_and_that_of_its_workspace_fills_it() {
        let of = |text: &str| {
            let project = Project::new();
            project.write("work/contract/Stylus.toml", text);
            project.write(
                "work/Stylus.toml",
                "[wasm-opt]\nversion = \"119\"\nflags = [\"-O2\"]\n",
            );
            let package = Package::open(&project.path("work/contract")).expect("it");
            Optimization::of(&package)
                .map(|found| found.map(|one| one.to_string()).unwrap_or_default())
                .map_err(|error| error.name())
        };
        let refused = || Err("SourceFile".to_owned());
        for (text, expected) in [
            ("[contract]\n", Ok(String::new())),
            ("[wasm-opt]\n", Ok("wasm-opt 119 -O2".to_owned())),
            (
                "[wasm-opt]\nversion = \"131\"\n",
                Ok("wasm-opt 131 -O2".to_owned()),
            ),
            (
                "[wasm-opt]\nflags = [\"-Oz\", \"--x\", \"200\"]\n",
                Ok("wasm-opt 119 -Oz --x 200".to_owned()),
            ),
            ("[wasm-opt]\nflag = [\"-Oz\"]\n", refused()),
            ("[wasm-opt]\nversion = \"version_131\"\n", refused()),
            ("[wasm-opt]\nversion = \"0131\"\n", refused()),
            ("[wasm-opt]\nversion = \"\"\n", refused()),
            ("[wasm-opt\n", refused()),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }
}
