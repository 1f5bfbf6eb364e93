//! How the tests of this workspace run. An argument and an environment variable say it, and they are read here only:
//!
//! - `--include-ignored`, as cargo passes it on: the long run. Ignored tests run too, and the others with its counts (all
//!   guards, a hundred thousand modules, a million items). `--ignored` alone keeps the counts of an ordinary run;
//! - `STYLUS_UPGRADES_UPDATE=1`: what tests compare with is written, not compared:
//!   tests/snapshots, and the pages and sources that are generated.
//!
//! Another variable, `RPC_URL`, names the endpoint that tests use instead of a chain that they start. It is
//! part of the harness, whose users have it too, and is read by its `Chain::given` only.
#![forbid(unsafe_code)]

mod every_command;
mod files;
pub mod http;
pub mod page;
mod sentences;
mod words;

pub use every_command::require_every_command;
pub use files::{files_below, sources_below, tests_of};
pub use sentences::{masked, notes, refusal};
pub use words::Words;

use serde_json::{Value, json};
use std::ffi::OsString;
use std::path::PathBuf;

/// The argument of the long run.
const LONG: &str = "--include-ignored";
/// Writes snapshots and generated files.
pub const UPDATE: &str = "STYLUS_UPGRADES_UPDATE";

/// The variables with which a program that runs with another `HOME` finds cargo's and rustup's folders.
/// Without them rustup downloads a toolchain into that home.
///
/// # Panics
/// If this process has no home.
pub fn compilers() -> [(&'static str, PathBuf); 2] {
    [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")].map(|(name, folder)| {
        let default = || std::env::home_dir().expect("a home").join(folder);
        (
            name,
            std::env::var_os(name).map_or_else(default, PathBuf::from),
        )
    })
}

/// Variables of this process that programs under test must not see: somebody's keys and endpoints, and what the
/// runner of a workflow says of itself. In a workflow a manifest counts as that of a pull request.
pub fn outer_variables() -> impl Iterator<Item = OsString> {
    let names = std::env::vars_os().map(|(name, _)| name);
    names.filter(|name| {
        let name = name.to_string_lossy();
        let mut starts = ["ETH_", "CI_", "GITHUB_"].into_iter();
        name == "CI" || name.ends_with("PRIVATE_KEY") || starts.any(|start| name.starts_with(start))
    })
}

/// Whether this is the long run.
pub fn long() -> bool {
    std::env::args_os().any(|argument| argument == LONG)
}

/// Whether snapshots and generated files are written.
///
/// # Panics
/// For a value other than `1`, `0` and nothing.
pub fn update() -> bool {
    let value = std::env::var_os(UPDATE);
    switch(UPDATE, value).unwrap_or_else(|error| panic!("{error}"))
}

/// Whether a variable with this value is on.
///
/// # Errors
/// For a value other than `1` and `0`: what was meant to be written must not be compared.
fn switch(name: &str, value: Option<OsString>) -> Result<bool, String> {
    match value.as_ref().map(|value| value.to_str()) {
        None | Some(Some("" | "0")) => Ok(false),
        Some(Some("1")) => Ok(true),
        Some(_) => Err(format!(
            "{name}: expected 1, or 0 or nothing; found {:?}; next: set {name}=1 or unset it",
            value.unwrap_or_default()
        )),
    }
}

/// A frame of a tree of calls as the tracer `callTracer` gives it: account 1 calls account `to`, which uses `gas` with
/// its own calls.
pub fn call_frame(to: u8, gas: u64, calls: &[Value]) -> Value {
    let account = |number: u8| format!("0x{number:040x}");
    json!({"type": "CALL", "from": account(1), "to": account(to), "value": "0x0",
        "gas": "0xffff", "gasUsed": format!("{gas:#x}"), "input": "0x", "calls": calls})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_switches_on_and_anything_unknown_is_refused() {
        let parse = |value: &str| switch(UPDATE, Some(value.into()));
        assert_eq!(parse("1"), Ok(true));
        assert_eq!(parse("0"), Ok(false));
        assert_eq!(parse(""), Ok(false));
        assert_eq!(switch(UPDATE, None), Ok(false));
        for unknown in ["true", "update", "2", " 1"] {
            let refused = parse(unknown).expect_err(unknown);
            assert!(
                refused.contains(UPDATE) && refused.contains(unknown),
                "{refused}"
            );
        }
    }
}
