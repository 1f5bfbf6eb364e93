//! The contracts of `Exchanged.sol`, as their compiler gives them.

use crate::prelude::*;
use alloy::hex;

use crate::layouts::by_hand::build_info;

/// Their build-info, compiled in that folder.
pub(super) fn compiled(folder: &Path, outputs: &[&str]) -> Value {
    build_info(folder, "solidity/Exchanged.sol", outputs).expect("compiled")
}

/// The code that creates one of them.
pub(super) fn code(info: &Value, name: &str) -> Bytes {
    let contract = &info["output"]["contracts"]["Exchanged.sol"][name];
    let code = text(&contract["evm"]["bytecode"], "object");
    hex::decode(code).expect("code").into()
}
