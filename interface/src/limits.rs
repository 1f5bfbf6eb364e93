//! Every bound, with its unit.

/// Bytes of a name, label or role.
pub const LABEL_MAX: usize = 64;
/// Ways into one version.
pub const INCOMING_STEPS_MAX: usize = 8;
/// Steps on one path.
pub const PATH_MAX: usize = 32;
/// Versions that the search for a path visits.
pub const PATH_VISITS_MAX: usize = 256;
/// Bytes of a step's calldata.
pub const STEP_DATA_MAX: usize = 8_192;
/// Bytes of a layout document.
pub const LAYOUT_MAX: usize = 32_768;
/// Gas that an instance gets to be paused or resumed.
pub const PAUSE_GAS: u64 = 2_000_000;
/// Gas that an instance's upgrade must have been given before its failure counts in `rollout`.
pub const ROLLOUT_GAS: u64 = 24_000_000;
/// Gas with which a page of instances asks each proxy for its implementation.
pub const INSTANCE_VIEW_GAS: u64 = 100_000;
/// Pages of Stylus memory that a pause takes before it orders the first instance, so that none that it names lacks them:
/// what the frames of a proxy, UpgradeabilityStorage, the registry and its part have together at most.
pub const PAUSE_PAGES: usize = 8;
/// Gas of one call to a lambda.
pub const LAMBDA_GAS: u64 = 500_000;
/// Nesting of a policy.
pub const POLICY_DEPTH_MAX: usize = 8;
/// Leaves of a policy.
pub const POLICY_LEAVES_MAX: usize = 64;
/// Lambdas in a policy.
pub const POLICY_LAMBDAS_MAX: usize = 4;
/// Bytes of a policy's text.
pub const POLICY_TEXT_MAX: usize = 4_096;
/// Seconds that `AFTER` may ask for, at least.
pub const DELAY_MIN: u64 = 1;
/// Seconds that `AFTER` may ask for, at most: 90 days.
pub const DELAY_MAX: u64 = 90 * 86_400;
/// Seconds after which an open action expires: 30 days.
pub const ACTION_LIFETIME: u64 = 30 * 86_400;
/// Open actions that one approver may have.
pub const OPEN_ACTIONS_MAX: u32 = 16;
/// Bytes of a program on chain, prefix included (EIP-170; Nitro's `MaxCodeSize`).
pub const CODE_SIZE_MAX: usize = 24_576;
/// Fragments of one program, each of at most [`CODE_SIZE_MAX`] bytes (ArbOS 60; the chain's owner may change it).
pub const FRAGMENTS_MAX: usize = 4;
/// Bytes of the WASM proxy on chain.
pub const PROXY_CODE_MAX: usize = 1_024;
