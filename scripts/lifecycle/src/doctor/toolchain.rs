//! The compiler that contracts need. Whoever only keeps contracts alive needs none.

use crate::build::look_at_toolchain;
use serde::Serialize;
use std::path::Path;

/// Something that was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it is.
    pub what: &'static str,
    /// Whether it is there.
    pub ok: bool,
    /// What was found.
    pub found: String,
    /// What to do where it is missing.
    pub next: Option<String>,
}

impl Check {
    /// A line for people.
    pub fn line(&self) -> String {
        let mark = if self.ok { "✓" } else { "✗" };
        match &self.next {
            Some(next) => format!("  {mark} {:<12} {}; {next}", self.what, self.found),
            None => format!("  {mark} {:<12} {}", self.what, self.found),
        }
    }
}

/// Looks for the compiler that is chosen in `folder`, and for its WASM target.
pub fn toolchain(folder: &Path) -> Vec<Check> {
    let found = match look_at_toolchain(folder) {
        Ok(found) => found,
        Err(error) => {
            return vec![Check {
                what: "rustc",
                ok: false,
                found: error.to_string(),
                next: Some("install Rust with rustup, https://rustup.rs".into()),
            }];
        }
    };
    let target = match found.has_target {
        true => found.target.to_string(),
        false => format!("{} is not installed", found.target),
    };
    vec![
        Check {
            what: "rustc",
            ok: true,
            found: found.rustc,
            next: None,
        },
        Check {
            what: "rustup",
            ok: found.rustup.is_some(),
            next: found.rustup.is_none().then(|| {
                "it adds targets and toolchains; without it they must be there already".into()
            }),
            found: found.rustup.unwrap_or_else(|| "not found".into()),
        },
        Check {
            what: "wasm target",
            ok: found.has_target,
            found: target,
            next: (!found.has_target).then(|| format!("rustup target add {}", found.target)),
        },
    ]
}
