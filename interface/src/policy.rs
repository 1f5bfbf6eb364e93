//! The lambda contract of a policy.

use alloy_sol_types::sol;

sol! {
    /// A contract named by `CALL(0x…)` in a policy, in WASM or in EVM code.
    #[derive(Debug, PartialEq, Eq)]
    interface IPolicy {
        /// Returns true if `approvers` satisfy it for `action`. Called statically, with
        /// [`crate::limits::LAMBDA_GAS`]; a revert or an odd answer counts as `false`.
        function isSatisfied(bytes32 action, address caller, address[] calldata approvers) external view returns (bool);
    }
}
