//! For every refusal that people meet: what was expected, what was found, what to do next.

use super::reasons::{ACTIVATE, not_runnable_cure, number, reason};
use super::value_words::{plain, quoted};
use crate::text::shell_word;
use alloy::dyn_abi::DynSolValue;
use stylus_upgrades_common::manifest::POLICY_FORMS;
use stylus_upgrades_interface::reasons::invalid_step;

/// What a refusal means for the one who meets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// What to do next.
    pub next: String,
}

impl Advice {
    pub(super) fn new(
        expected: impl Into<String>,
        found: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self {
            expected: expected.into(),
            found: found.into(),
            next: next.into(),
        }
    }

    /// That of an error of the framework, the chain or the language.
    pub(super) fn of(name: &str, arguments: &[DynSolValue]) -> Option<Self> {
        let (expected, found, next) = words(name, arguments)?;
        let reason = reason(name, arguments).unwrap_or_default();
        // The words of the contract itself are quoted: they are none of this program's.
        let written = match name {
            "Error" => quoted,
            _ => plain,
        };
        Some(Self {
            expected: filled(expected, arguments, plain),
            found: filled(found, arguments, written) + reason,
            next: filled(next, arguments, |one| shell_word(&plain(one))),
        })
    }
}

/// A text with `{0}`, `{1}` and so on in it replaced by the arguments.
fn filled(text: &str, all: &[DynSolValue], written: impl Fn(&DynSolValue) -> String) -> String {
    let mut pieces = text.split('{');
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (number, rest) = piece.split_once('}').unwrap_or_default();
        let argument = number.parse().ok().and_then(|at: usize| all.get(at));
        filled += &argument.map(&written).unwrap_or_default();
        filled += rest;
    }
    filled
}

/// Expected, found and next for a revert with this error. `{0}` is its first argument. If an argument is a reason
/// code, its text is appended to what was found.
fn words(
    name: &str,
    arguments: &[DynSolValue],
) -> Option<(&'static str, &'static str, &'static str)> {
    let number = |at: usize| arguments.get(at).and_then(number);
    let is_empty = |at: usize| arguments.get(at).is_some_and(|one| plain(one).is_empty());
    Some(match name {
        // the language
        "Error" | "Panic" => (
            "what the contract demands",
            "{0}",
            "look into the contract's sources",
        ),
        // proxies
        "NotAProxy" => ("a proxy", "a direct call", "call it through a proxy"),
        "UpgradeInProgress" => (
            "an instance that is live",
            "a paused contract, or an upgrade of it that is running",
            "stylus-upgrades status shows which: stylus-upgrades run-migration PROXY continues a migration, \
             stylus-upgrades resume NAME ends a pause, stylus-upgrades upgrade NAME follows where one has ended",
        ),
        "VersionNotFound" => (
            "a registered version of {0}",
            "{1}",
            "stylus-upgrades register {0} {1} SOURCE",
        ),
        "UpgradeNotAuthorized" => (
            "the registry, or a caller who alone satisfies the role `migrate`",
            "{0}",
            "let the approvers run stylus-upgrades migrate NAME {2} SOURCE, which upgrades the instances",
        ),
        "AlreadyAtVersion" => (
            "another version",
            "{0}",
            "nothing: the instance is at this version already",
        ),
        "NoPath" => (
            "a chain of steps from {1} to {2}",
            "none within the limits",
            "first answer which migrations the data of {1} must run to become those of {2}; with these (--call, --script or \
             --complex) stylus-upgrades register {0} {2} --from {1} adds a step; a way of more than 32 steps takes several \
             upgrades: stylus-upgrades upgrade {0}; where {1} is newer than the current version, stylus-upgrades migrate \
             {0} {1} SOURCE makes it current first; to return to earlier code: stylus-upgrades rollback {0} --to {2} \
             --label VERSION",
        ),
        "ImplementationNotRunnable" => (
            "code that can run: activated, current, unexpired",
            "{0}: ",
            not_runnable_cure(number(1)?),
        ),
        "MigrationNotApplied" if is_empty(0) => (
            "an initializer of {1} that marks itself",
            "no mark: it reverted without data, as a panic does, ran out of gas, or is not an initializer of this \
             version",
            "stylus-upgrades create-proxy tries it first and says which; stylus-upgrades trace shows its calls",
        ),
        "MigrationNotApplied" => (
            "a migration {0} → {1} that marks itself",
            "no mark: it reverted without data, as a panic does, ran out of gas, or is not a migration between \
             these versions",
            "stylus-upgrades plan simulates it and shows which of these it is",
        ),
        "UpgradeSlotsTouched" => (
            "a step that leaves the framework's slots alone",
            "a write to {0}",
            "correct the migration",
        ),
        "ValueNotAccepted" => ("no value", "{0}", "send it without value"),
        // initializers and migrations
        "NotInUpgrade" => (
            "a call by create-proxy or upgrade, from and to the versions that the function declares",
            "a call from outside, or a step between other labels",
            "nobody calls initializers and migrations by hand; where an upgrade was refused, compare \
             #[migration(from, to)] with the version that the instance is at (stylus-upgrades status) and with the \
             label of the new one",
        ),
        "AlreadyInitialized" => (
            "a fresh instance",
            "one that was initialized at {0}",
            "nothing: it has been done",
        ),
        "AlreadyMigrated" => (
            "an instance without {1}",
            "one that went {0} → {1}",
            "nothing: it has been done",
        ),
        "PredecessorMissing" => (
            "an instance at version {0}",
            "one that has not reached it",
            "upgrade the instance to {0} first",
        ),
        "PostConditionFailed" => (
            "{0} after the step",
            "it does not hold",
            "nothing has changed: correct the calldata, or the code that the condition belongs to",
        ),
        // migrations in many transactions
        "ContractPaused" => (
            "an instance that is live",
            "one that is migrating {0} → {1}",
            "stylus-upgrades run-migration continues it, status tells how far it is",
        ),
        "NotHandler" => (
            "{1}",
            "{0}",
            "use the handler's key, or have it replaced: stylus-upgrades run-migration PROXY --handler ADDRESS",
        ),
        "BatchOutOfOrder" => (
            "a batch from {1}",
            "one from {0}",
            "begin the batch at the position that stylus-upgrades status shows",
        ),
        "MigrationIncomplete" => (
            "{1} items",
            "{0} items",
            "stylus-upgrades run-migration continues it",
        ),
        "NotReversible" => (
            "a program that declares a reverse",
            "one that declares no reverse",
            "end the migration, then register a version that reverses it",
        ),
        "BudgetTooSmall" => ("{0} gas", "{1} gas", "give more --gas"),
        "NothingLeft" => (
            "items that are left",
            "{0} of {1}",
            "all items are migrated: stylus-upgrades run-migration ends it",
        ),
        "UnknownMap" => ("a lazy map of the contract", "{0}", "check its name"),
        "AlreadyIncluded" => (
            "a token that is not listed yet",
            "{0}",
            "leave it out of the list",
        ),
        "OwnerMismatch" => (
            "token {0} with its owner {2}",
            "the owner {1}",
            "read the owner from the contract: the list or the events may be wrong",
        ),
        "TokensUnordered" => ("an id above {0}", "{1}", "sort the list by id, each once"),
        "MalformedItems" => (
            "items as the program reads them",
            "something else",
            "check the program's sources for the ABI words of an item",
        ),
        // definitions and versions
        "DefinitionExists" => (
            "a new name",
            "{0}",
            "choose another name, or continue with this definition",
        ),
        "DefinitionNotFound" => (
            "a definition of this registry",
            "{0}",
            "stylus-upgrades status lists the definitions; a new one: stylus-upgrades define {0} --migrate POLICY",
        ),
        "DefinitionPaused" => (
            "a definition that is live",
            "{0} is paused",
            "stylus-upgrades resume {0}, then the same command; only register works during a pause",
        ),
        "DefinitionNotPaused" => (
            "a definition that is paused",
            "{0} is live",
            "nothing: it is live already",
        ),
        "VersionExists" => (
            "a new label, or the very code, layout, sources and step that are registered",
            "{1} with other code, layout or sources, or another step",
            "a version never changes: undo the change, choose another label, or add a step: stylus-upgrades register \
             {0} {1} --from VERSION",
        ),
        "VersionNotCurrent" => (
            "the version that is current: {1}",
            "{0}",
            "name {1}: what was approved for {0} does not count any more; a creation at a version with other code than \
             {1} takes an approver of role migrate",
        ),
        "InvalidLabel" => (
            "1 to 64 bytes of printable ASCII without spaces",
            "{0}: ",
            "choose another label",
        ),
        "InvalidStep" if number(2) == Some(invalid_step::INITIAL_WITH_MIGRATION) => (
            "a step that can be taken",
            "",
            "leave --call, --script and --complex out: set the initial values with create-proxy --init",
        ),
        "InvalidStep" => ("a step that can be taken", "", "correct it"),
        "InvalidLayout" => (
            "a layout document that the layouts contract takes",
            "{0} bytes",
            "make the layout smaller: fewer or shorter names of fields and types",
        ),
        "StaleInstance" => (
            "the instance as it was when that was approved, its nonce {0}",
            "its nonce {1}: it changed since",
            "look at what it runs now (stylus-upgrades status PROXY), then propose it again",
        ),
        // who decides
        "UnknownRole" => (
            "a role that is set",
            "{0}",
            "stylus-upgrades policy explain lists the roles",
        ),
        "InvalidPolicy" => (POLICY_FORMS, "at byte {1}: ", "correct the expression"),
        "NotAnApprover" => (
            "an address that the policy names",
            "{0}",
            "use the key of an approver; only the proposer can cancel, while the policy needs them, or an address \
             that satisfies the role alone",
        ),
        "AlreadyApproved" => (
            "the approval of somebody else",
            "{0}",
            "wait for the other approvers",
        ),
        "NotApproved" => (
            "an approval by this key, or an action that it has not refused yet",
            "none by {0}",
            "nothing: signatures of this account no longer count, or it is not an approver",
        ),
        "TooManyActions" => (
            "at most 16 open actions of one proposer",
            "{1}",
            "cancel what is not needed any more (stylus-upgrades pending, cancel)",
        ),
        "ActionNotFound" => (
            "an open action",
            "{0}",
            "stylus-upgrades pending lists what is open: it may be executed, cancelled, or ended by a policy change",
        ),
        "ActionExpired" => (
            "an action that is still open",
            "{0}",
            "run the command again to propose it again; collect offline signatures again, with a later --deadline",
        ),
        "InvalidSignature" => (
            "a signature of this action by {1}, once, and not withdrawn",
            "the signature at position {0} is of another action, or was withdrawn",
            "after a withdrawal the signer can approve only with stylus-upgrades approve; otherwise have it signed \
             again",
        ),
        "CodeChanged" => ("{1}", "{2}", "stop and find out who changed it"),
        // instances
        "NotAnInstance" => (
            "a proxy of this registry",
            "{0}",
            "check the address; stylus-upgrades history NAME shows where an instance was transferred",
        ),
        "NotMigrating" => (
            "an instance in a complex step",
            "{0} is ",
            "stylus-upgrades status shows its state",
        ),
        "DirectCallRequired" => (
            "an account without code that sends the call directly",
            "a call of {0}",
            "send the same call from an account without code: stylus-upgrades approve; for instances that wait, \
             stylus-upgrades upgrade NAME, with any key",
        ),
        "InstanceNotObeying" => (
            "a proxy that does what this registry orders",
            "{0}",
            "find out who else decides about it; stylus-upgrades transfer {0} --remove drops it",
        ),
        "TransferNotAccepted" => (
            "a definition that has accepted this proxy from this registry",
            "{1} from {2}",
            "first there: stylus-upgrades adopt NAME {1} VERSION --from {2} --registry RECEIVER",
        ),
        "ProxyExists" => ("a new salt", "{0}", "choose another --salt"),
        // calls
        "Reentered" => (
            "one call at a time",
            "a call within another one",
            "do not call the registry during one of its own calls",
        ),
        "InsufficientGas" => ("{0}", "{1}", "send it with more gas"),
        "NotSupported" => ("a supported feature", "{0}", "do not use it"),
        // programs
        "ProgramNotWasm" => (
            "a Stylus program",
            "other code",
            "give the address of a program",
        ),
        "ProgramNotActivated" => ("an activated program", "one that is not", ACTIVATE),
        "ProgramNeedsUpgrade" => ("{1}", "{0}", ACTIVATE),
        "ProgramExpired" => (
            "an activation that has not expired",
            "one that is {0} s old",
            ACTIVATE,
        ),
        "ProgramUpToDate" => (
            "a program that is not active",
            "one that is",
            "nothing: it is done",
        ),
        "ContractInitializationError" => (
            "a constructor that succeeds",
            "the constructor of {0} reverted with {1}",
            "correct its arguments or its value",
        ),
        "ProgramKeepaliveTooSoon" => ("an older activation", "one that is {0} s old", "wait"),
        "ProgramInsufficientValue" => ("{1}", "{0}", "raise --data-fee-bump-percent"),
        _ => return None,
    })
}
