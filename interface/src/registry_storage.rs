//! The registry's storage. It loads and saves by this; `docs/internals/storage.md` shows it, and a test compares it.
//!
//! A record's first word lies at `keccak256(root ++ table ++ first key ++ second key)`, where `root`
//! is [`REGISTRY`](crate::slots::REGISTRY), the table is one byte and each key a word. Its
//! other words follow. Offsets are counted in bytes from a word's most significant one.
//!
//! No operation touches more records because there are more instances, versions, approvals or actions.

mod declare;
mod keys;
mod word;

pub use declare::{At, Entry, FieldInfo, Find, KeyInfo, KeyWord, Location, Record, number};
pub use keys::{PendingKey, StepKey};
pub use word::{Bits, Bytes, Field, Offset, Type, Uint256, Whole, Word};

use alloy_primitives::{Address, B256};
use declare::records;

use crate::{
    ids::{ActionId, Authority, CodeHash, DefinitionId, InstanceState, StepKind, VersionIndex},
    limits::{
        LABEL_MAX, OPEN_ACTIONS_MAX, POLICY_LAMBDAS_MAX, POLICY_LEAVES_MAX, POLICY_TEXT_MAX,
        STEP_DATA_MAX,
    },
    parts, slots,
};

/// The `n`th word of the registry's root, which ends in a zero byte as the root of every ERC-7201
/// namespace does.
pub const fn root(n: u8) -> B256 {
    let mut slot = slots::REGISTRY;
    slot.0[31] = n;
    slot
}

/// Positions that a number of four bytes counts.
const POSITIONS: u64 = 1 << 32;

records! {
    RECORDS:

    /// The registry's parts. The front writes them once, when it is constructed. While the first
    /// word is empty, every part refuses to run.
    registry_parts = root () () {
        /// Addresses of the parts, in the order of docs/internals/design.md.
        0 ADDRESSES: Address[parts::COUNT];
        /// What the registry counts.
        4 COUNTS: Counts {
            /// How many definitions `createDefinition` created. Who reads their events sees whether one is missing.
            0 definitions: u32,
        };
    }

    /// A named contract. The one with the empty name is the registry itself.
    definition = table 1 (
        /// keccak256 of its name
        id: DefinitionId
    ) {
        /// Its numbers.
        0 HEAD: Head {
            /// Rises with every version added and every policy changed.
            0 sequence: u64,
            /// How many versions there are, and the index of the youngest.
            8 versions: u32,
            /// How many instances there are, and the index of the youngest.
            12 instances: u32,
            /// Index of the current version, 0 before the first.
            16 current: VersionIndex,
            /// Length of the name and 1 more; 0 where there is no such definition.
            20 name_end: u8,
            /// Whether the policy of role `migrate` is `NONE`.
            21 frozen: bool,
            /// 0 where it is not paused, 1 where it is, 2 where `migrate` was executed since.
            22 paused: u8,
            /// Whether one of its steps has a check.
            23 has_checks: bool,
            /// How often a version was made current, the same one again included.
            24 activations: u32,
            /// How many instances are paused or in a complex step.
            28 stopped: u32,
        };
        /// The name.
        1 NAME: Bytes[LABEL_MAX / 32];
    }

    /// The version of a label.
    label = table 2 (
        /// keccak256 of the definition's name
        definition: DefinitionId,
        /// keccak256 of the label
        hash: B256
    ) {
        /// The version.
        0 VERSION: Version {
            /// Index of the version, from 1 on.
            0 index: VersionIndex,
        };
    }

    /// A label and the code that it was given once.
    version = table 3 (
        /// keccak256 of the definition's name
        definition: DefinitionId,
        /// index of the version, from 1 on
        index: VersionIndex
    ) {
        /// Its numbers.
        0 HEAD: Head {
            /// The account that holds the code.
            0 implementation: Address,
            /// Sequence that adding it led to.
            20 sequence: u64,
            /// Length of the label.
            28 label_length: u8,
            /// How many steps lead to it from older versions.
            29 incoming: u8,
            /// Whether it was added without such a step.
            30 initial: bool,
        };
        /// keccak256 of the account's code.
        1 CODEHASH: CodeHash;
        /// Hash of its layout document, or zero.
        2 LAYOUT_HASH: B256;
        /// Hash of its source, or zero.
        3 SOURCE_HASH: B256;
        /// Indices of the versions that its incoming steps leave, in order of registration; zero after
        /// the last.
        4 INCOMING: [VersionIndex; 8];
        /// The label.
        5 LABEL: Bytes[LABEL_MAX / 32];
    }

    /// A step into a version.
    step = table 4 (
        /// keccak256 of the definition's name
        definition: DefinitionId,
        /// index of the version that it reaches, shifted left by 8 bits, and the step's position among
        /// the steps into it, from 0 on
        step: StepKey
    ) {
        /// Its kind, and what it runs.
        0 HEAD: Head {
            /// The script of kind 2, the program of kind 3, the check of other kinds, else zero.
            0 script: Address,
            /// Its kind.
            20 kind: StepKind,
            /// Length of its calldata.
            21 data_length: u32,
            /// The first four bytes of its calldata, the selector; zeros where it is shorter.
            25 selector: u32,
        };
        /// keccak256 of the script's code, else zero.
        1 SCRIPT_CODEHASH: CodeHash;
        /// The calldata after the first four bytes.
        2 DATA: Bytes[STEP_DATA_MAX / 32];
    }

    /// The policy of a role.
    policy = table 5 (
        /// keccak256 of the definition's name
        definition: DefinitionId,
        /// keccak256 of the role
        role: B256
    ) {
        /// Its numbers.
        0 HEAD: Head {
            /// Always set.
            0 is_set: bool,
            /// How many lambdas it has.
            1 lambdas: u8,
            /// Length of the text.
            2 text_length: u16,
            /// The sequence that setting it for the first time led to, and how often it was changed since.
            4 changes: u64,
        };
        /// Code hashes of the lambdas when the policy was set, in their order in the text. Entries
        /// after the last are left from an earlier policy.
        1 LAMBDAS: CodeHash[POLICY_LAMBDAS_MAX];
        /// The expression. Words after its last one are left from an earlier one.
        5 TEXT: Bytes[POLICY_TEXT_MAX / 32];
    }

    /// A proxy that was created for a definition.
    instance = table 6 (
        /// its account
        proxy: Address
    ) {
        /// Its numbers.
        0 HEAD: Head {
            /// Order of creation within the definition, from 1 on.
            0 index: u32,
            /// Kind of the proxy.
            4 kind: u8,
            /// State of the instance.
            5 state: InstanceState,
            /// Index of its version, 0 until it is initialized.
            6 version: VersionIndex,
            /// Index of the version that its complex step reaches, 0 outside of one.
            10 reaches: VersionIndex,
            /// How often what it runs, or who may change that, has changed: approvals about it name that. It
            /// stays when the proxy is no instance any more.
            14 nonce: u32,
            /// The definition's `activations` when its complex step was rolled back: `rollout` leaves it alone
            /// while they are the same. 0 where that did not happen.
            18 held: u32,
            /// The definition's `activations` when it was paused: where they are the same, it runs its version
            /// again when it is resumed, else it is upgraded. 0 where it has to be upgraded, as where `migrate` was
            /// executed between the definition's pause and its own.
            22 paused: u32,
            /// Whether this registry created it. It stays when the proxy is no instance any more.
            26 created: bool,
            /// Whether it was adopted, or came from another registry.
            27 arrived: bool,
        };
        /// keccak256 of the definition's name.
        1 DEFINITION: DefinitionId;
    }

    /// The instances of a definition, in no particular order.
    member = table 7 (
        /// keccak256 of the definition's name
        definition: DefinitionId,
        /// index of the instance, from 1 on
        index: u32
    ) {
        /// Its account.
        0 PROXY: Address;
    }

    /// A governed call that gathers approvals. It is all zero again when it is executed or cancelled.
    action = table 8 (
        /// keccak256(abi.encode(chain id, registry, call data, epoch, round))
        id: ActionId
    ) {
        /// Who proposed it, and where it is listed.
        0 PROPOSAL: Proposal {
            /// Who sent it first.
            0 proposer: Address,
            /// Who decides: role 0 define, 1 migrate, 2 policy, 3 create, 4 pause; 5 any one address of `migrate`, 6
            /// `migrate` or `pause` without delays.
            20 authority: Authority,
            /// Which of its proposer's slots it takes.
            21 proposer_slot: u8,
            /// Position in the list of pending actions.
            22 position: u32,
            /// Of `createProxy`, the index of the version, else 0.
            26 creates_at: VersionIndex,
        };
        /// keccak256 of the definition's name.
        1 DEFINITION: DefinitionId;
        /// keccak256 of the call data.
        2 CONTENT: B256;
        /// Its approvals and its time.
        3 APPROVALS: Approvals {
            /// One bit per approver, by the order of first appearance in the policy, from the least
            /// significant one on.
            0 approvals: u64,
            /// Seconds at which it was proposed.
            8 opened: u64,
            /// Seconds up to which it can be approved and executed.
            16 expires: u64,
            /// Block of the chain, not of its parent, in which it was proposed.
            24 block: u64,
        };
        /// What tells it from other actions of the same call.
        4 ROUND: Round {
            /// What the approvals are bound to: where `migrate` decides, the definition's sequence, else the
            /// number of changes of the role's policy.
            0 epoch: u64,
            /// How often the same call was executed or cancelled, or has expired, before.
            8 round: u32,
            /// How many delays the policy has.
            12 timelocks: u8,
        };
        /// The delays of the policy, in their order.
        5 TIMELOCKS: Timelock[POLICY_LEAVES_MAX] {
            /// Seconds at which it began, 0 where it did not.
            0 began: u64,
        };
    }

    /// How often a call was executed or cancelled, or has expired.
    round = table 9 (
        /// keccak256 of the call data
        content: B256
    ) {
        /// The number.
        0 COUNT: Count {
            /// How often.
            0 round: u32,
        };
    }

    /// The open actions that somebody decides about in one epoch, in no particular order.
    pending = table 10 (
        /// keccak256 of the definition's name
        definition: DefinitionId,
        /// number of who decides in the first byte, epoch in the last eight
        list: PendingKey
    ) {
        /// The length.
        0 LENGTH: Length {
            /// How many there are.
            0 count: u32,
        };
        /// The actions.
        1 ACTIONS: ActionId[POSITIONS];
    }

    /// The open actions of a proposer.
    proposer = table 11 (
        /// the proposer
        account: Address
    ) {
        /// An action in each slot that is taken. One that has expired, or that a change of the policy
        /// has ended, stays until the slot is needed.
        0 ACTIONS: ActionId[OPEN_ACTIONS_MAX];
    }

    /// Whether an account has revoked an action: what it signed for that does not count.
    revocation = table 12 (
        /// keccak256(abi.encode(chain id, registry, call data, epoch, round))
        action: ActionId,
        /// who revoked it
        account: Address
    ) {
        /// 1.
        0 SET: Uint256;
    }

    /// A proxy that a definition expects from another registry.
    acceptance = table 13 (
        /// keccak256 of the definition's name
        definition: DefinitionId,
        /// the proxy's account
        proxy: Address
    ) {
        /// All of it.
        0 EXPECTED: Expected {
            /// The registry that transfers it.
            0 registry: Address,
            /// Index of the version that it is at then.
            20 version: VersionIndex,
            /// `changes` of the policy of role `migrate` and the definition's `activations` when it was accepted,
            /// added. Both only rise: under another policy, or once `migrate` was executed, it is not expected any
            /// more.
            24 epoch: u32,
            /// Its nonce at that registry.
            28 nonce: u32,
        };
    }

    /// The registry's lock.
    lock = transient "ERC-7201 `stylus-upgrades.transient.lock`" () {
        /// All of it.
        0 LOCK: Lock {
            /// 0 free, 1 in a call that changes the registry, 2 waiting for `instance` to ask what the
            /// registry called it for, 3 in the upgrade of `instance`.
            0 phase: u8,
            /// Index of the version that the upgrade leads to.
            1 version: VersionIndex,
            /// What the registry called `instance` for.
            5 order: u8,
            /// The instance that the registry upgrades.
            12 instance: Address,
        };
    }

    /// The upgrade that an instance is in.
    upgrade = transient "the instance's address with 1 in the word's first byte" () {
        /// All of it.
        0 UPGRADE: Upgrade {
            /// Whether the instance began it by itself.
            0 alone: bool,
            /// Index of the version that such an upgrade leads to.
            1 version: VersionIndex,
            /// Index of the version that the next complex step of its path leaves, 0 where there is
            /// none.
            5 stop_from: VersionIndex,
            /// Index of the version that this step reaches.
            9 stop_to: VersionIndex,
        };
    }

    /// A transfer that the registry orders.
    transfer = transient "the instance's address with 2 in the word's first byte" () {
        /// The next registry.
        0 REGISTRY: Address;
    }

    /// An instance whose complex step began in this transaction, which does not end in the same one.
    suspended = transient "the instance's address" () {
        /// 1.
        0 SET: Uint256;
    }
}

#[cfg(test)]
mod tests;
