//! Crates whose names the output of macros uses.

/// The compiler's own.
pub(super) const OF_COMPILER: [&str; 3] = ["alloc", "core", "std"];
/// The crates of the SDK, of what it is made with, and of the framework.
const OTHERS: [&str; 9] = [
    "alloy_primitives",
    "alloy_sol_types",
    "stylus_core",
    "stylus_proc",
    "stylus_sdk",
    "stylus_upgradeable",
    "stylus_upgrades_host",
    "stylus_upgrades_interface",
    "stylus_upgrades_macros",
];
/// Returns true if the output of macros uses a crate of that name.
pub(crate) fn is_named_by_macros(name: &str) -> bool {
    let name = name.trim_start_matches("r#").replace('-', "_");
    let mut all = OF_COMPILER.iter().chain(&OTHERS);
    all.any(|one| *one == name)
}
