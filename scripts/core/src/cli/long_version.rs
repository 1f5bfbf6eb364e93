//! The text that `--version` prints.

use std::sync::LazyLock;
use stylus_upgrades_framework as pinned;

/// This program's, and the code hash and the address of each program that it deploys.
static LONG_VERSION: LazyLock<String> = LazyLock::new(|| {
    let version = env!("CARGO_PKG_VERSION");
    match pinned::programs() {
        Ok(programs) => format!("{version}\n\nframework:\n{}", lines(programs).join("\n")),
        Err(error) => format!("{version}\n\nframework: {error}"),
    }
});

/// The text of `--version`.
pub(super) fn long_version() -> &'static str {
    &LONG_VERSION
}

/// Nothing is decompressed: every command has this text.
fn lines(programs: &[pinned::Program]) -> Vec<String> {
    // Nobody deploys the bare proxy on its own.
    let deployed = programs
        .iter()
        .filter(|program| program.name != pinned::PROXY);
    let line = |one: &pinned::Program| {
        let address = one.address.map(|address| address.to_string());
        let address = address.unwrap_or_else(|| "one for each team".into());
        format!("  {:<22} {}  {address}", one.name, one.codehash)
    };
    deployed.map(line).collect()
}
