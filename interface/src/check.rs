//! The check of a step. A step whose kind runs no script may name a contract in `script`, with its code hash in
//! `scriptCodehash`. The registry asks it by STATICCALL before and after it upgrades an instance along that step.
//! What it reverts with stops the upgrade of that instance, which stays as it was.
//!
//! A path can have several steps with checks. All of them are asked before the instance moves, in the order of
//! the path, and all of them after it has arrived. A check cannot be asked in the middle of a path.

use alloy_sol_types::sol;

sol! {
    /// Calls that a check answers. `from` and `to` are the versions that its step connects.
    #[derive(Debug, PartialEq, Eq)]
    interface IUpgradeCheck {
        /// Asked before the instance moves. `observed` is passed on to `afterUpgrade`.
        function beforeUpgrade(address proxy, string calldata from, string calldata to) external view returns (bytes memory observed);
        /// Asked after the instance has arrived. Reverts where the outcome is not the expected one.
        function afterUpgrade(address proxy, string calldata from, string calldata to, bytes calldata observed) external view;
    }
}
