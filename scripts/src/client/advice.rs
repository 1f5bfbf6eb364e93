//! For every refusal that people meet: what was expected, what was found, what to do next.

use super::revert::Revert;
use crate::text::shell_word;
use stylus_upgrades_interface::limits::LAYOUT_MAX;
use stylus_upgrades_interface::reasons::{
    instance_state, invalid_policy, invalid_step, label, not_runnable,
};

/// What a refusal means for the one who meets it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advice {
    /// What was expected.
    pub expected: Option<String>,
    /// What was found.
    pub found: Option<String>,
    /// What to do next.
    pub next: Option<String>,
}

impl Advice {
    /// The advice on a refusal.
    pub(super) fn on(revert: &Revert) -> Self {
        let text = |index| revert.text(index);
        let word = |index| shell_word(&revert.text(index));
        match revert.name.as_str() {
            "Revert" => Self::full(
                "a contract that says why",
                "no data",
                "call it by eth_call with more gas, or trace it",
            ),
            "Unknown" => Self::full(
                "an error of the framework",
                format!("the selector {}", selector(revert)),
                "look the selector up in the contract's own interface",
            ),
            "Error" | "Panic" => Self::full(
                "what the contract demands",
                text(0),
                "look into the contract's sources",
            ),
            "NotAProxy" => Self::full("a proxy", "a direct call", "call it through a proxy"),
            "UpgradeInProgress" => Self::full(
                "an instance that is live",
                "a paused contract, or an upgrade of it that is running",
                "wait, then try again; stylus-upgrades status tells what it is in",
            ),
            "VersionNotFound" => Self::full(
                format!("a registered version of {}", text(0)),
                text(1),
                format!(
                    "stylus-upgrades register {} {} <crate|wasm|address>",
                    word(0),
                    word(1)
                ),
            ),
            "UpgradeNotAuthorized" => Self::full(
                "the registry, or a caller who alone satisfies the role `migrate`",
                text(0),
                "let the approvers run `stylus-upgrades migrate`, then `rollout`",
            ),
            "AlreadyAtVersion" => Self::full("another version", text(0), "nothing: it is done"),
            "NoPath" => Self::full(
                format!("a chain of steps from {} to {}", text(1), text(2)),
                "none within the limits",
                format!(
                    "stylus-upgrades register {} with --from {}",
                    word(0),
                    word(1)
                ),
            ),
            "ImplementationNotRunnable" => Self::full(
                "code that can run: activated, current, unexpired",
                format!("{}: {}", text(0), not_runnable_reason(revert.number(1))),
                "stylus-upgrades deploy it (which activates it), then try again",
            ),
            "MigrationNotApplied" if text(0).is_empty() => Self::full(
                format!("an initializer of {} that marks itself", text(1)),
                "no mark",
                "give the calldata of the version's own initializer, or put #[initializer] on it",
            ),
            "MigrationNotApplied" => Self::full(
                format!("a migration {} → {} that marks itself", text(0), text(1)),
                "no mark",
                "give its calldata, or put #[migration] on it",
            ),
            "UpgradeSlotsTouched" => Self::full(
                "a step that leaves the framework's slots alone",
                format!("a write to {}", text(0)),
                "correct the migration",
            ),
            "ValueNotAccepted" => Self::full("no value", text(0), "send it without value"),
            "DefinitionExists" => Self::full(
                "a new name",
                text(0),
                "choose another name, or go on with this definition",
            ),
            "DefinitionNotFound" => Self::full(
                "a definition of this registry",
                text(0),
                format!("stylus-upgrades define {}", word(0)),
            ),
            "DefinitionPaused" => Self::full(
                "a definition that is live",
                format!("{} is paused", text(0)),
                "resume the definition first",
            ),
            "VersionExists" => Self::full(
                "a new label",
                text(1),
                "a version never changes: choose another label",
            ),
            "InvalidLabel" => Self::full(
                "1 to 64 bytes of printable ASCII without spaces",
                format!("{:?}: {}", text(0), label_reason(revert.number(1))),
                "choose another label",
            ),
            "InvalidStep" => Self::full(
                "a step that can be taken",
                step_reason(revert.number(2)),
                "correct it",
            ),
            "InvalidPolicy" => Self::full(
                "a policy such as 0xaddr, AND(p,…), OR(p,…), OutOf(n,p,…)",
                format!(
                    "at byte {}: {}",
                    revert.number(1),
                    policy_reason(revert.number(2))
                ),
                "correct the expression",
            ),
            "UnknownRole" => Self::full("a role that is set", text(0), "check its name"),
            "NotAnApprover" => Self::full(
                "an address that the policy names",
                text(0),
                "use the key of an approver; only who proposed an action cancels it, while he is needed, or who alone satisfies its role",
            ),
            "AlreadyApproved" => Self::full(
                "the approval of somebody else",
                text(0),
                "wait for the other approvers",
            ),
            "ActionNotFound" => Self::full(
                "an open action",
                text(0),
                "stylus-upgrades pending lists what is open: it may be executed, cancelled, or ended by a policy change",
            ),
            "ActionExpired" => Self::full(
                "an action that is still open",
                text(0),
                "type the command again: that proposes it anew",
            ),
            "TooManyActions" => Self::full(
                "at most 16 open actions of one proposer",
                text(1),
                "cancel what is not needed any more (stylus-upgrades pending, cancel)",
            ),
            "Reentered" => Self::full(
                "one call at a time",
                "a call within another one",
                "call it from outside of the registry's own calls",
            ),
            "NotApproved" => Self::full(
                "an approval of one's own",
                format!("none by {}", text(0)),
                "nothing: there is no approval to withdraw",
            ),
            "CodeChanged" => Self::full(text(1), text(2), "stop and find out who changed it"),
            "NotAnInstance" => Self::full("a proxy of this registry", text(0), "check the address"),
            "NotMigrating" => Self::full(
                "an instance in a complex step",
                format!("{} is {}", text(0), instance_state_name(revert.number(1))),
                "stylus-upgrades status tells what it is in",
            ),
            "InsufficientGas" => Self::full(text(0), text(1), "send it with more gas"),
            "ProxyExists" => Self::full("a new salt", text(0), "choose another --salt"),
            "InvalidSignature" => Self::full(
                format!("a signature of {}", text(1)),
                format!("another one, at position {}", text(0)),
                "have it signed again",
            ),
            "NotSupported" => Self::full("something that is built", text(0), "do without it"),
            "InvalidLayout" => Self::full(
                format!("a layout document of 1 to {LAYOUT_MAX} bytes"),
                format!("{} bytes", text(0)),
                "make the layout smaller: fewer or shorter names of fields and types",
            ),
            "ProgramNotWasm" => Self::full(
                "a Stylus program",
                "other code",
                "give the address of a program",
            ),
            "ProgramNotActivated" => Self::full(
                "an activated program",
                "one that is not",
                "stylus-upgrades deploy activates it",
            ),
            "ProgramNeedsUpgrade" => Self::full(text(1), text(0), "activate it again"),
            "ProgramExpired" => Self::full(
                "an activation of the last 365 days",
                format!("one that is {} s old", text(0)),
                "activate it again",
            ),
            "ProgramUpToDate" => Self::full(
                "a program that is not active",
                "one that is",
                "nothing: it is done",
            ),
            "ProgramKeepaliveTooSoon" => Self::full(
                "an older activation",
                format!("one that is {} s old", text(0)),
                "wait",
            ),
            "ProgramInsufficientValue" => {
                Self::full(text(1), text(0), "raise --data-fee-bump-percent")
            }
            "AlreadyInitialized" => Self::full(
                "a fresh instance",
                format!("one that was initialised at {}", text(0)),
                "nothing: it has been done",
            ),
            "AlreadyMigrated" => Self::full(
                format!("an instance without {}", text(1)),
                format!("one that went {} → {}", text(0), text(1)),
                "nothing: it has been done",
            ),
            "NotInUpgrade" => Self::full(
                "a call inside create-proxy or upgrade",
                "a call from outside",
                "initializers and migrations run only inside create-proxy and upgrade",
            ),
            "ContractPaused" => Self::full(
                "an instance that is live",
                format!("one that is on its way {} → {}", text(0), text(1)),
                "stylus-upgrades run-migration goes on with it, status tells how far it is",
            ),
            "NotHandler" => Self::full(
                text(1),
                text(0),
                "use the handler's key, or have it replaced: stylus-upgrades set-handler",
            ),
            "BatchOutOfOrder" => Self::full(
                format!("a batch from {}", text(1)),
                format!("one from {}", text(0)),
                "begin where stylus-upgrades status says that it is",
            ),
            "MigrationIncomplete" => Self::full(
                format!("{} items", text(1)),
                format!("{} items", text(0)),
                "stylus-upgrades run-migration goes on with it",
            ),
            "NotReversible" => Self::full(
                "a program that can turn back",
                "one that declares no reverse",
                "end the migration, then go back by a version of its own",
            ),
            "BudgetTooSmall" => Self::full(
                format!("{} gas", text(0)),
                format!("{} gas", text(1)),
                "give more --gas",
            ),
            "NothingLeft" => Self::full(
                "items that are left",
                format!("{} of {}", text(0), text(1)),
                "nothing: stylus-upgrades run-migration ends it",
            ),
            "AlreadyIncluded" => Self::full(
                "a token that is not listed yet",
                text(0),
                "leave it out of the list",
            ),
            "OwnerMismatch" => Self::full(
                format!("token {} with its owner {}", text(0), text(2)),
                format!("the owner {}", text(1)),
                "ask the contract for the owner: a list, and events, can be wrong",
            ),
            "TokensUnordered" => Self::full(
                format!("an id above {}", text(0)),
                text(1),
                "sort the list by id, each once",
            ),
            "MalformedItems" => Self::full(
                "items as the program reads them",
                "something else",
                "look into the program's sources for the words of an item",
            ),
            "UnknownMap" => Self::full("a lazy map of the contract", text(0), "check its name"),
            "PostConditionFailed" => Self::full(
                format!("{} behind the step", text(0)),
                "it does not hold there",
                "nothing has changed: correct the step or its calldata, and try it with plan",
            ),
            "PredecessorMissing" => Self::full(text(0), "not reached yet", "go there first"),
            _ => Self::default(),
        }
    }

    fn full(
        expected: impl Into<String>,
        found: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self {
            expected: Some(expected.into()),
            found: Some(found.into()),
            next: Some(next.into()),
        }
    }
}

/// The first four bytes of what came back.
fn selector(revert: &Revert) -> String {
    format!(
        "0x{}",
        hex::encode(revert.data.get(..4).unwrap_or_default())
    )
}

fn instance_state_name(state: u64) -> &'static str {
    match u8::try_from(state).unwrap_or(u8::MAX) {
        instance_state::LIVE => "live",
        instance_state::MIGRATING => "migrating",
        instance_state::TURNING_BACK => "turning back",
        instance_state::PAUSED => "paused",
        _ => "in an unknown state",
    }
}

/// Why an implementation cannot run, in words.
pub fn not_runnable_reason(reason: u64) -> &'static str {
    match u8::try_from(reason).unwrap_or_default() {
        not_runnable::NO_CODE => "the account has no code",
        not_runnable::NOT_ACTIVATED => "the program is not activated",
        not_runnable::OUTDATED => "the program is activated for another Stylus version",
        not_runnable::EXPIRED => "the program's activation has expired",
        not_runnable::DESIGNATOR => "an EIP-7702 designator, which its owner can re-point",
        not_runnable::PRECOMPILE => "a precompile",
        not_runnable::PROXY => "a proxy",
        not_runnable::FRAGMENT => "a fragment of a larger program",
        _ => "an unknown reason",
    }
}

fn label_reason(reason: u64) -> &'static str {
    match u8::try_from(reason).unwrap_or_default() {
        label::EMPTY => "it is empty",
        label::TOO_LONG => "it is too long",
        label::BAD_CHARACTER => "it has a byte that is not printable ASCII, or a space",
        _ => "an unknown reason",
    }
}

fn step_reason(reason: u64) -> &'static str {
    match u8::try_from(reason).unwrap_or_default() {
        invalid_step::UNKNOWN_FROM => "it leaves a version that the definition does not have",
        invalid_step::NOT_OLDER => "it leaves a version that is not older",
        invalid_step::UNKNOWN_KIND => "no such kind of step",
        invalid_step::SCRIPT_MISMATCH => "a script where none belongs, or none where one does",
        invalid_step::BORN_WITH_MIGRATION => {
            "a version that instances are only created at, with a migration"
        }
        invalid_step::TOO_MANY_WAYS => "too many ways in, or one from there already",
        invalid_step::DATA_WITH_COMPLEX => "calldata on a path with a complex step",
        invalid_step::NOT_FROM_CURRENT => "it does not leave the current version",
        invalid_step::DATA_MISMATCH => "calldata where none belongs, or none where some does",
        invalid_step::DATA_TOO_LONG => "too much calldata",
        _ => "an unknown reason",
    }
}

fn policy_reason(reason: u64) -> &'static str {
    match u8::try_from(reason).unwrap_or_default() {
        invalid_policy::EMPTY => "nothing",
        invalid_policy::SYNTAX => "something else was expected here",
        invalid_policy::BAD_ADDRESS => "not 40 hexadecimal digits behind 0x",
        invalid_policy::TOO_DEEP => "nested too deep",
        invalid_policy::TOO_MANY_LEAVES => "too many leaves",
        invalid_policy::DUPLICATE => "an address or lambda twice below one AND or OutOf",
        invalid_policy::BAD_COUNT => "a count that is 0 or more than the arguments",
        invalid_policy::FORBIDDEN_ADDRESS => "an address that cannot approve",
        invalid_policy::UNSATISFIABLE => "nobody could satisfy it",
        invalid_policy::BAD_DELAY => "AFTER where it does not belong, or out of bounds",
        invalid_policy::NONE_NESTED => "NONE inside another expression",
        invalid_policy::BAD_LAMBDA => "too many lambdas, or one without code",
        invalid_policy::TRAILING => "something behind the end",
        invalid_policy::TOO_LONG => "too long",
        _ => "an unknown reason",
    }
}
