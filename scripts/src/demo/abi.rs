//! The interfaces of the scenario's contracts, as each contract's feature `export-abi` prints them. The
//! test `abis` of `tests/it` compares the files with the contracts and writes them.

/// The counter, version 1.
pub mod counter_v1 {
    alloy::sol!("src/demo/abi/counter-v1.sol");
}

/// The counter, version 2.
pub mod counter_v2 {
    alloy::sol!("src/demo/abi/counter-v2.sol");
}

/// The script of the counter's way back. It answers a selector without an interface of its own, so
/// `export-abi` prints none.
pub mod counter_back {
    alloy::sol! {
        function back() external;
    }
}

/// The register of points, version 1.
pub mod points_v1 {
    alloy::sol!("src/demo/abi/points-v1.sol");
}

/// The ledger, version 1.
pub mod ledger_v1 {
    alloy::sol!("src/demo/abi/ledger-v1.sol");
}

/// The ledger, version 2, with entries that are migrated lazily.
pub mod ledger_v2 {
    alloy::sol!("src/demo/abi/ledger-v2.sol");
}

/// The collection, version 1.
pub mod erc721_basic {
    alloy::sol!("src/demo/abi/erc721-basic.sol");
    alloy::sol! {
        /// Events are no part of what `export-abi` prints.
        event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);
    }
}

/// The collection, version 2, which is enumerable.
pub mod erc721_full {
    alloy::sol!(
        #![sol(all_derives)]
        "src/demo/abi/erc721-full.sol"
    );
}
