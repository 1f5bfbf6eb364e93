//! Names for every reason number that an error or a view carries.

/// Reasons why an implementation cannot run (`ImplementationNotRunnable`).
pub mod not_runnable {
    /// The account has no code.
    pub const NO_CODE: u8 = 1;
    /// A Stylus program that nobody activated.
    pub const NOT_ACTIVATED: u8 = 2;
    /// A Stylus program activated for another Stylus version.
    pub const OUTDATED: u8 = 3;
    /// A Stylus program whose activation is older than the chain's expiry (365 days).
    pub const EXPIRED: u8 = 4;
    /// An EIP-7702 delegation designator: its owner can re-point it.
    pub const DESIGNATOR: u8 = 5;
    /// A precompile.
    pub const PRECOMPILE: u8 = 6;
    /// A proxy: it would forward to itself or to unregistered code.
    pub const PROXY: u8 = 7;
    /// A fragment of a larger program.
    pub const FRAGMENT: u8 = 8;
}

/// Kinds of steps (`Step.kind`).
pub mod step {
    /// Nothing to run: the data stays as it is.
    pub const NONE: u8 = 0;
    /// A call on the new implementation, which has our mixin and marks itself.
    pub const CALL: u8 = 1;
    /// A migration script, delegatecalled once.
    pub const SCRIPT: u8 = 2;
    /// A complex migration: many transactions, the contract is paused meanwhile.
    pub const COMPLEX: u8 = 3;
    /// A call on the new implementation, which lacks our mixin.
    pub const FOREIGN_CALL: u8 = 4;
}

/// Orders of a registry to an instance (`beginUpgrade().order`).
pub mod order {
    /// To take the steps of a path.
    pub const UPGRADE: u8 = 0;
    /// To run the pause stub.
    pub const PAUSE: u8 = 1;
    /// To run the code of its version again.
    pub const RESUME: u8 = 2;
    /// To obey another registry from now on.
    pub const TRANSFER: u8 = 3;
}

/// Kinds of tokens that permit an initializer or a migration to run
/// (first word of the preimage in [`crate::slots::TOKEN`]).
pub mod token {
    /// An initializer, `from` is empty.
    pub const INITIALIZER: u8 = 0;
    /// A migration.
    pub const MIGRATION: u8 = 1;
    /// The start of a complex migration.
    pub const COMPLEX: u8 = 3;
}

/// Kinds of proxies.
pub mod proxy_kind {
    /// Our WASM proxy, the default.
    pub const WASM: u8 = 0;
    /// Our minimal EVM proxy.
    pub const EVM: u8 = 1;
    // 2 was a beacon proxy: dropped, and not used again.
    /// Adopted: OpenZeppelin transparent proxy 4.x.
    pub const TRANSPARENT_4: u8 = 3;
    /// Adopted: OpenZeppelin transparent proxy 5.x.
    pub const TRANSPARENT_5: u8 = 4;
    /// Adopted: OpenZeppelin UUPS proxy.
    pub const UUPS: u8 = 5;
}

/// States of a definition (`definition().state`).
pub mod definition_state {
    /// Versions may be added, instances created and upgraded.
    pub const LIVE: u8 = 0;
    /// Paused: instances answer `UpgradeInProgress`.
    pub const PAUSED: u8 = 1;
    /// The policy of role `migrate` is `NONE`: never changes again.
    pub const FROZEN: u8 = 2;
}

/// States of an instance (`instanceOf().state`).
pub mod instance_state {
    /// Runs its version's code.
    pub const LIVE: u8 = 0;
    /// In a complex migration.
    pub const MIGRATING: u8 = 1;
    /// In a complex migration that goes back.
    pub const TURNING_BACK: u8 = 2;
    /// Runs the pause stub.
    pub const PAUSED: u8 = 3;
}

/// Reasons why a label, name or role was refused (`InvalidLabel`).
pub mod label {
    /// No byte at all.
    pub const EMPTY: u8 = 1;
    /// Longer than [`crate::limits::LABEL_MAX`] bytes.
    pub const TOO_LONG: u8 = 2;
    /// A byte that is not printable ASCII, or a space.
    pub const BAD_CHARACTER: u8 = 3;
}

/// Reasons why a step was refused (`InvalidStep`).
pub mod invalid_step {
    /// `from` is no version of the definition.
    pub const UNKNOWN_FROM: u8 = 1;
    /// `from` is not older than the version it leads to.
    pub const NOT_OLDER: u8 = 2;
    /// No such kind.
    pub const UNKNOWN_KIND: u8 = 3;
    /// No script where the kind needs one, or a code hash without a script.
    pub const SCRIPT_MISMATCH: u8 = 4;
    /// The first version, or a step without `from`, that nevertheless carries a migration.
    pub const INITIAL_WITH_MIGRATION: u8 = 5;
    /// The version has [`crate::limits::INCOMING_STEPS_MAX`] incoming steps already, or one from that version.
    pub const TOO_MANY_INCOMING_STEPS: u8 = 6;
    /// `data` for `upgradeToAndCall` on a path with a complex step.
    pub const DATA_WITH_COMPLEX: u8 = 7;
    /// `migrate` whose step does not start at the current version.
    pub const NOT_FROM_CURRENT: u8 = 8;
    /// Kind 2, 3 or 4 without calldata, or kind 0 with some.
    pub const DATA_MISMATCH: u8 = 9;
    /// The calldata of the step is longer than [`crate::limits::STEP_DATA_MAX`] bytes.
    pub const DATA_TOO_LONG: u8 = 10;
    // 11 was about beacon proxies: dropped, and not used again.
    /// A caller who alone satisfies `migrate` upgrades a proxy directly along a step with a check, which
    /// only the registry can ask: use `upgradeInstance`.
    pub const DIRECT_WITH_CHECK: u8 = 12;
    /// A path with a complex step and a step with a check: the check cannot be asked in between.
    pub const COMPLEX_WITH_CHECK: u8 = 13;
    /// An upgrade would begin a complex step in a definition whose policy of `migrate` is `NONE`: nobody could abort it.
    pub const COMPLEX_WHEN_FROZEN: u8 = 14;
}

/// Reasons why a policy was refused (`InvalidPolicy`), with the byte offset where it went wrong.
pub mod invalid_policy {
    /// No expression at all.
    pub const EMPTY: u8 = 1;
    /// Something else was expected here.
    pub const SYNTAX: u8 = 2;
    /// Not 40 hexadecimal digits after `0x`.
    pub const BAD_ADDRESS: u8 = 3;
    /// Nested deeper than [`crate::limits::POLICY_DEPTH_MAX`].
    pub const TOO_DEEP: u8 = 4;
    /// More than [`crate::limits::POLICY_LEAVES_MAX`] leaves.
    pub const TOO_MANY_LEAVES: u8 = 5;
    /// An address or lambda stands twice below one `AND` or `OutOf`, nested operators included.
    pub const DUPLICATE: u8 = 6;
    /// `n` of `OutOf` is 0 or more than its arguments.
    pub const BAD_COUNT: u8 = 7;
    /// A leaf is zero, the registry, one of its parts or proxies, or a precompile.
    pub const FORBIDDEN_ADDRESS: u8 = 8;
    /// Nobody could ever satisfy it.
    pub const UNSATISFIABLE: u8 = 9;
    /// `AFTER` outside an `AND` that also has an address or `OutOf`, or out of its bounds.
    pub const BAD_DELAY: u8 = 10;
    /// `NONE` inside another expression.
    pub const NONE_NESTED: u8 = 11;
    /// More than [`crate::limits::POLICY_LAMBDAS_MAX`] lambdas, or one without code.
    pub const BAD_LAMBDA: u8 = 12;
    /// There is text after the end.
    pub const TRAILING: u8 = 13;
    /// Longer than [`crate::limits::POLICY_TEXT_MAX`] bytes.
    pub const TOO_LONG: u8 = 14;
    /// The role's policy is `NONE`: it never changes again.
    pub const FINAL: u8 = 15;
    /// `NONE` for role `migrate` while an instance is paused or in a complex step: nobody could bring it back then.
    pub const STOPPED: u8 = 16;
}

/// Reasons why an action cannot be executed (`readiness().blockedBy`).
pub mod blocked_by {
    /// Nothing.
    pub const NOTHING: u8 = 0;
    /// Approvals are missing.
    pub const APPROVALS: u8 = 1;
    /// A delay has not passed.
    pub const DELAY: u8 = 2;
    /// A lambda returns `false`.
    pub const LAMBDA: u8 = 3;
    /// It has expired.
    pub const EXPIRED: u8 = 4;
}
