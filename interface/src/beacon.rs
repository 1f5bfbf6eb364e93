//! What the beacon of a definition answers, and what beacon proxies emit.

use alloy_sol_types::sol;

sol! {
    /// A beacon as ERC-1967 describes it. To its registry it answers nothing: that sets it by one
    /// word of calldata without a selector.
    #[derive(Debug, PartialEq, Eq)]
    interface IBeacon {
        /// The code that every beacon proxy of the definition runs now.
        function implementation() external view returns (address);

        /// ERC-1967, by the beacon: what it answers from now on.
        event Upgraded(address indexed implementation);
        /// ERC-1967, by the proxy: which beacon it asks.
        event BeaconUpgraded(address indexed beacon);
    }
}
