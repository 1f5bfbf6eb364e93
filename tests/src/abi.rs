//! Interfaces of contracts that only tests call, as each contract's feature `export-abi` prints them.
//! Those of the demo's contracts are in `stylus_upgrades::demo::abi`.

/// The register of points, version 2.
pub mod points_v2 {
    alloy::sol!("abi/points-v2.sol");
}

/// The contract of the random graphs, whose versions are all the same code.
pub mod trace {
    alloy::sol!("abi/trace.sol");
}
