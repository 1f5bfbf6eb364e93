//! Exports of an instrumented module.

/// Export that runs the program.
pub(crate) const ENTRYPOINT: &str = "user_entrypoint";

/// Names of the injected globals, in index order.
pub(crate) const INJECTED_NAMES: [&str; 4] = [
    "stylus_ink_left",
    "stylus_ink_status",
    "stylus_scratch_global",
    "stylus_stack_left",
];

/// Name of the memory that has an i64 for each basic block: how often it ran, where that is counted.
pub(crate) const COUNTERS: &str = "stylus_block_runs";
