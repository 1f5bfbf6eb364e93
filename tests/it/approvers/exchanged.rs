//! The contracts of `Exchanged.sol`, as their compiler gives them.

use crate::prelude::*;
use alloy::hex;

use crate::layouts::build_infos::build_info;
use stylus_upgrades_harness::{copy_program, home};

/// Their build-info, compiled in that folder.
pub(super) fn compiled(folder: &Path, outputs: &[&str]) -> Value {
    build_info(folder, "solidity/Exchanged.sol", outputs).expect("compiled")
}

/// A folder for `PATH` with the compiler, next to the packages in the given folder.
pub(super) fn compiler(folder: &Path) -> PathBuf {
    let bin = folder.join("bin");
    std::fs::create_dir(&bin).expect("a folder");
    let script = home().join("tests/clients/forge/solc.js");
    copy_program(&script, &bin.join("solc")).expect("copied");
    bin
}

/// The code that creates one of them.
pub(super) fn code(info: &Value, name: &str) -> Bytes {
    let contract = &info["output"]["contracts"]["Exchanged.sol"][name];
    let code = text(&contract["evm"]["bytecode"], "object");
    hex::decode(code).expect("code").into()
}
