//! The variables by which the program knows the contracts of this clone by their names, and deploys
//! the framework of its sources.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, LazyLock};

use stylus_upgrades::build::Builder;
use stylus_upgrades::progress::Silent;

/// The root of the clone.
const HOME: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What tests meet is none of the user's business.
const STATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/state");

/// Whether the sources are those that the pinned programs were built from.
static IS_PINNED: LazyLock<bool> = LazyLock::new(|| {
    let home = Path::new(HOME);
    let builder = Builder::at(home, Arc::new(Silent)).expect("the clone");
    let builder = builder.framework_as_in(home).expect("its sources");
    builder.framework().expect("it builds").is_pinned()
});

/// The variables; without the last one the program deploys what is pinned, which takes less time.
pub(crate) fn variables() -> Vec<(&'static str, &'static str)> {
    let mut variables = vec![
        ("STYLUS_UPGRADES_HOME", HOME),
        ("STYLUS_UPGRADES_STATE", STATE),
    ];
    if !*IS_PINNED {
        variables.push(("STYLUS_UPGRADES_FRAMEWORK_FROM", HOME));
    }
    variables
}

/// A command of the program in a folder, without the environment's keys and endpoints.
pub(crate) fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stylus-upgrades"));
    for name in stylus_upgrades_test_support::outer_variables() {
        command.env_remove(name);
    }
    command.args(words).current_dir(folder).envs(variables());
    command
}
