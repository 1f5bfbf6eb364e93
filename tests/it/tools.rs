//! Programs of others that a test installs.

use crate::authors::home;
use crate::prelude::*;

/// The folder of the programs of a package of crates.io, installed on first use: that takes minutes.
pub(crate) fn installed(package: &str, version: &str, program: &str) -> PathBuf {
    let root = home().join("target").join(package);
    let folder = root.join("bin");
    if !folder.join(program).is_file() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["install", package, "--version", version, "--locked"]);
        cargo.args(["--debug", "--root"]).arg(&root);
        let output = cargo.output().expect("cargo");
        assert!(output.status.success(), "{output:?}");
    }
    folder
}
