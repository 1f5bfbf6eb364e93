//! The kinds of findings: one table with the name, the promise and the acceptance of each.

use super::origin::Part;
use super::promise::ReviewPromise;

/// The kind of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingKind {
    /// A field of the old layout is gone.
    Delete,
    /// A new field begins with a value that an older version left.
    Dirty,
    /// A new field takes bytes of a gap.
    GapUse,
    /// A new field lies on bytes of old ones.
    Insert,
    /// The new version reads other values in words that nothing wrote.
    Misread,
    /// A namespace is gone, or has another name.
    NamespaceChange,
    /// A layout does not list the namespaces of its contract.
    NamespacesNotListed,
    /// Two layouts differ and cannot be compared.
    NotCompared,
    /// An older SDK counts a struct shorter than the layout.
    OlderSdk,
    /// A field has another name at the same place.
    Rename,
    /// A field changed places with another one.
    Reorder,
    /// A field has another type at the same place.
    Retype,
    /// A new field lies on bytes that nothing used.
    SafeAppend,
    /// A field moved because of a change before it.
    Shift,
    /// A place in the sources may forge the layout.
    SlotsByHand,
    /// A field has a value that its type does not allow.
    Undecodable,
    /// Too little is known of a type to compare it.
    Unknown,
    /// The words that the trial writes.
    StorageChanges,
    /// The trial writes a word that no layout declares.
    UnexplainedWrite,
    /// A view function answers otherwise after the upgrade.
    AnswerChanged,
    /// Past calls fail with the new version.
    ReplayFails,
    /// Past calls could not be repeated.
    ReplayNotDone,
    /// The check of the step calls a function that is gone.
    ExpectationLost,
    /// There was no past transaction to repeat.
    ReplayEmpty,
    /// The call has other effects with another gas limit.
    DependsOnGas,
    /// An instance is older than the current version.
    InstanceWaits,
    /// The old program cannot be activated again.
    NoWayBack,
    /// The contract that ends a complex migration is missing.
    ProgramCannotEnd,
    /// The program of a complex migration is of another framework.
    ProgramOfOtherFramework,
    /// The code is close to the limit of the chain, or above it.
    CodeSize,
    /// The action ends other open actions.
    EndsOthers,
    /// An open action of others changes the same.
    OtherAction,
    /// The code reads how much gas is left.
    ReadsGas,
    /// The result of the trial on a copy of the chain.
    Trial,
    /// The new code calls other accounts during the upgrade.
    UpgradeCalls,
    /// The call fails on a copy of the chain, with all approvals.
    WouldFail,
    /// An account has other code than was recorded.
    CodeChanged,
    /// The upgrade delegates to code that its owner can replace.
    CodeMayChange,
    /// An account can replace the code of an instance without the registry.
    CodeReplaceable,
    /// A constructor of the SDK never ran, and anybody can run it.
    ConstructorOpen,
    /// The account of an approver runs the code of another account.
    DelegatedApprover,
    /// A proxy stands where plain code should.
    HiddenProxy,
    /// Anybody can initialize or upgrade the implementation itself.
    OpenImplementation,
    /// An instance has another owner after the upgrade.
    OwnerChanged,
    /// An instance came from elsewhere.
    Arrival,
    /// Fewer accounts can replace the code after the action.
    ControlWeaker,
    /// The sender has no part in the policy that it sets.
    ExcludedSender,
    /// Users have less time or fewer means to leave after the action.
    ExitWindow,
    /// An initializer can still be called after the upgrade.
    InitializerOpen,
    /// The definition does not have this role yet.
    NewRole,
    /// OpenZeppelin's validator found an unsafe operation.
    Oz,
    /// A tag of the author allows an unsafe operation.
    OzAllowed,
    /// The action changes a policy.
    PolicyChange,
    /// Nobody can ever satisfy or change the policy.
    PolicyNone,
    /// The code of a proxy could not be compared.
    ProxyCode,
    /// The code has functions that replace the code of its proxy.
    ReplacingFunctions,
    /// One key can replace the code at once after the action.
    SingleKey,
    /// An account without rights gains something.
    Stranger,
    /// The code of an adopted proxy does more than a known proxy.
    UnknownProxyCode,
    /// The code has a constructor of the SDK, which nothing runs.
    Constructor,
    /// The new version lacks an initializer of the old one.
    InitializerLost,
    /// Every initializer of the code is for another version.
    InitializerOfOther,
    /// The command runs no initializer.
    InitializerOmitted,
    /// An initializer can never run because a later one runs first.
    InitializerSkipped,
    /// A new initializer has a number that instances have used.
    InitializerSpent,
    /// Another path leaves out a migration.
    MigrationBypassed,
    /// The command does not run a migration that the code declares.
    MigrationOmitted,
    /// An instance is transferred to a version with other code.
    OtherCode,
    /// Instances have no path from their version any more.
    PathLost,
    /// The code has immutables or linked libraries.
    FilledIn,
    /// The sources do not give the code of the action.
    BuildDiffers,
    /// An immutable has another value.
    ImmutableChanged,
    /// A linked library has other code.
    LibraryChanged,
    /// The module of the new version cannot be parsed.
    ModuleUnread,
    /// A function has a selector that the proxy answers itself.
    SelectorClash,
    /// A function is another one for callers.
    FunctionChanged,
    /// An event is another one for callers.
    EventChanged,
    /// An error is another one for callers.
    ErrorChanged,
    /// Calls without calldata are answered otherwise.
    ReceiveChanged,
    /// Calls of unknown functions are answered otherwise.
    FallbackChanged,
    /// Errors that only libraries named are gone.
    LibraryErrors,
    /// A function takes no ether any more, or writes now.
    MutabilityChanged,
    /// A function is gone.
    FunctionRemoved,
    /// An event is gone.
    EventRemoved,
    /// An error is gone.
    ErrorRemoved,
    /// Calls without calldata are not answered any more.
    ReceiveRemoved,
    /// Calls of unknown functions are not answered any more.
    FallbackRemoved,
    /// A function returns other types.
    ReturnsChanged,
    /// An open action ends soon.
    ActionExpires,
    /// A complex migration has paused an instance for days.
    MigrationUnderWay,
    /// A registry or a proxy is of another framework.
    UnknownFramework,
    /// Nobody looked at a part.
    Absent,
    /// A function is new.
    FunctionAdded,
    /// An event is new.
    EventAdded,
    /// An error is new.
    ErrorAdded,
    /// Calls without calldata are answered now.
    ReceiveAdded,
    /// Calls of unknown functions are answered now.
    FallbackAdded,
    /// A part was checked as a whole.
    Complete,
    /// The result of the fuzzer.
    Fuzzed,
    /// Instances were looked at in part only.
    Instances,
    /// The manifest differs from the committed one.
    ManifestChanged,
    /// Nobody reviewed the file that names the registry.
    ManifestUnreviewed,
    /// Nobody has proposed an action with this id.
    NotProposed,
    /// An earlier refusal made a check pointless.
    NotReached,
    /// An earlier finding made a part pointless.
    NotSeen,
    /// A part was checked, but not as a whole.
    Partial,
    /// An approver refused the action.
    Refused,
    /// The code can read the block or the sender.
    BlockAndSender,
    /// The code calls other accounts.
    CallsOfOthers,
    /// A version has the code of an earlier one.
    CodeUsedBefore,
    /// Nobody can execute the action before a time.
    Delay,
    /// An instance has another balance after the trial.
    EtherOfInstances,
    /// No version had this code before.
    FirstUse,
    /// The state of the code of a version.
    Implementation,
    /// An account looks like a known one and is another.
    LookAlike,
    /// The state of the code of a migration script.
    MigrationScript,
    /// The trial changes other accounts.
    OtherAccounts,
    /// The policy that a role gets.
    Policy,
    /// The state of the code of a check.
    StepCheck,
    /// Anybody may execute the action now.
    Ripe,
}

/// A row of the table of kinds.
#[derive(Debug, Clone, Copy)]
struct KindRow {
    /// The name, as the id of a finding and `explain` have it.
    name: &'static str,
    /// The promise of a review that the kind serves. A kind without a promise is a courtesy, or serves another table of
    /// `docs/internals/security.md`.
    promise: Option<ReviewPromise>,
    /// The subject that an id of this kind needs to be accepted; none if the kind cannot be accepted.
    accepted_by: Option<SubjectForm>,
    /// The part, if the finding is the same for the same code in every block.
    part_of_code: Option<Part>,
}

/// The form of a subject in an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SubjectForm {
    /// No subject: the kind is the whole id.
    Nothing,
    /// A field, a function, a version or a place in the sources.
    Text,
    /// An account.
    Account,
    /// A part of a review.
    Part,
    /// The first digits of an action.
    Action,
    /// An instance and an account that can replace its code.
    CodeReplacer,
}

impl KindRow {
    /// A kind that can be accepted with such a subject.
    const fn accepted(name: &'static str, promise: ReviewPromise, form: SubjectForm) -> Self {
        Self {
            name,
            promise: Some(promise),
            accepted_by: Some(form),
            part_of_code: None,
        }
    }

    /// A kind that nobody can accept.
    const fn fixed(name: &'static str, promise: ReviewPromise) -> Self {
        Self {
            name,
            promise: Some(promise),
            accepted_by: None,
            part_of_code: None,
        }
    }

    /// A kind without a promise.
    const fn courtesy(name: &'static str, accepted_by: Option<SubjectForm>) -> Self {
        Self {
            name,
            promise: None,
            accepted_by,
            part_of_code: None,
        }
    }

    /// The same kind, about a part of the code.
    const fn of(self, part: Part) -> Self {
        Self {
            part_of_code: Some(part),
            ..self
        }
    }
}

impl FindingKind {
    /// Every kind, in the order of the enum.
    pub const ALL: [Self; 120] = [
        Self::Delete,
        Self::Dirty,
        Self::GapUse,
        Self::Insert,
        Self::Misread,
        Self::NamespaceChange,
        Self::NamespacesNotListed,
        Self::NotCompared,
        Self::OlderSdk,
        Self::Rename,
        Self::Reorder,
        Self::Retype,
        Self::SafeAppend,
        Self::Shift,
        Self::SlotsByHand,
        Self::Undecodable,
        Self::Unknown,
        Self::StorageChanges,
        Self::UnexplainedWrite,
        Self::AnswerChanged,
        Self::ReplayFails,
        Self::ReplayNotDone,
        Self::ExpectationLost,
        Self::ReplayEmpty,
        Self::DependsOnGas,
        Self::InstanceWaits,
        Self::NoWayBack,
        Self::ProgramCannotEnd,
        Self::ProgramOfOtherFramework,
        Self::CodeSize,
        Self::EndsOthers,
        Self::OtherAction,
        Self::ReadsGas,
        Self::Trial,
        Self::UpgradeCalls,
        Self::WouldFail,
        Self::CodeChanged,
        Self::CodeMayChange,
        Self::CodeReplaceable,
        Self::ConstructorOpen,
        Self::DelegatedApprover,
        Self::HiddenProxy,
        Self::OpenImplementation,
        Self::OwnerChanged,
        Self::Arrival,
        Self::ControlWeaker,
        Self::ExcludedSender,
        Self::ExitWindow,
        Self::InitializerOpen,
        Self::NewRole,
        Self::Oz,
        Self::OzAllowed,
        Self::PolicyChange,
        Self::PolicyNone,
        Self::ProxyCode,
        Self::ReplacingFunctions,
        Self::SingleKey,
        Self::Stranger,
        Self::UnknownProxyCode,
        Self::Constructor,
        Self::InitializerLost,
        Self::InitializerOfOther,
        Self::InitializerOmitted,
        Self::InitializerSkipped,
        Self::InitializerSpent,
        Self::MigrationBypassed,
        Self::MigrationOmitted,
        Self::OtherCode,
        Self::PathLost,
        Self::FilledIn,
        Self::BuildDiffers,
        Self::ImmutableChanged,
        Self::LibraryChanged,
        Self::ModuleUnread,
        Self::SelectorClash,
        Self::FunctionChanged,
        Self::EventChanged,
        Self::ErrorChanged,
        Self::ReceiveChanged,
        Self::FallbackChanged,
        Self::LibraryErrors,
        Self::MutabilityChanged,
        Self::FunctionRemoved,
        Self::EventRemoved,
        Self::ErrorRemoved,
        Self::ReceiveRemoved,
        Self::FallbackRemoved,
        Self::ReturnsChanged,
        Self::ActionExpires,
        Self::MigrationUnderWay,
        Self::UnknownFramework,
        Self::Absent,
        Self::FunctionAdded,
        Self::EventAdded,
        Self::ErrorAdded,
        Self::ReceiveAdded,
        Self::FallbackAdded,
        Self::Complete,
        Self::Fuzzed,
        Self::Instances,
        Self::ManifestChanged,
        Self::ManifestUnreviewed,
        Self::NotProposed,
        Self::NotReached,
        Self::NotSeen,
        Self::Partial,
        Self::Refused,
        Self::BlockAndSender,
        Self::CallsOfOthers,
        Self::CodeUsedBefore,
        Self::Delay,
        Self::EtherOfInstances,
        Self::FirstUse,
        Self::Implementation,
        Self::LookAlike,
        Self::MigrationScript,
        Self::OtherAccounts,
        Self::Policy,
        Self::StepCheck,
        Self::Ripe,
    ];

    /// The row of the kind: the one place with its properties.
    const fn row(self) -> KindRow {
        use ReviewPromise::{
            Answers, Callers, Control, Execution, Migrations, Sources, Storage, Writes,
        };
        use SubjectForm::{Account, Action, CodeReplacer, Nothing, Part as Whole, Text};
        match self {
            Self::Delete => KindRow::accepted("delete", Storage, Text).of(Part::Layout),
            Self::Dirty => KindRow::accepted("dirty", Storage, Text),
            Self::GapUse => KindRow::accepted("gap-use", Storage, Text).of(Part::Layout),
            Self::Insert => KindRow::accepted("insert", Storage, Text).of(Part::Layout),
            Self::Misread => KindRow::fixed("misread", Storage),
            Self::NamespaceChange => {
                KindRow::accepted("namespace-change", Storage, Text).of(Part::Layout)
            }
            Self::NamespacesNotListed => {
                KindRow::accepted("namespaces-not-listed", Storage, Nothing).of(Part::Layout)
            }
            Self::NotCompared => {
                KindRow::accepted("not-compared", Storage, Nothing).of(Part::Layout)
            }
            Self::OlderSdk => KindRow::accepted("older-sdk", Storage, Text).of(Part::Layout),
            Self::Rename => KindRow::accepted("rename", Storage, Text).of(Part::Layout),
            Self::Reorder => KindRow::accepted("reorder", Storage, Text).of(Part::Layout),
            Self::Retype => KindRow::accepted("retype", Storage, Text).of(Part::Layout),
            Self::SafeAppend => KindRow::fixed("safe-append", Storage),
            Self::Shift => KindRow::accepted("shift", Storage, Text).of(Part::Layout),
            Self::SlotsByHand => KindRow::accepted("slots-by-hand", Storage, Text).of(Part::Layout),
            Self::Undecodable => KindRow::accepted("undecodable", Storage, Text),
            Self::Unknown => KindRow::accepted("unknown", Storage, Text).of(Part::Layout),
            Self::StorageChanges => KindRow::fixed("storage-changes", Writes),
            Self::UnexplainedWrite => KindRow::accepted("unexplained-write", Writes, Text),
            Self::AnswerChanged => KindRow::accepted("answer-changed", Answers, Text),
            Self::ReplayFails => KindRow::fixed("ReplayFails", Answers),
            Self::ReplayNotDone => KindRow::fixed("ReplayNotDone", Answers),
            Self::ExpectationLost => {
                KindRow::accepted("expectation-lost", Answers, Text).of(Part::Interface)
            }
            Self::ReplayEmpty => KindRow::accepted("replay-empty", Answers, Nothing),
            Self::DependsOnGas => KindRow::accepted("DependsOnGas", Execution, Nothing),
            Self::InstanceWaits => KindRow::accepted("InstanceWaits", Execution, Account),
            Self::NoWayBack => KindRow::accepted("NoWayBack", Execution, Account),
            Self::ProgramCannotEnd => KindRow::fixed("ProgramCannotEnd", Execution),
            Self::ProgramOfOtherFramework => KindRow::fixed("ProgramOfOtherFramework", Execution),
            Self::CodeSize => KindRow::fixed("code-size", Execution),
            Self::EndsOthers => KindRow::fixed("ends-others", Execution),
            Self::OtherAction => KindRow::accepted("other-action", Execution, Action),
            Self::ReadsGas => KindRow::accepted("reads-gas", Execution, Nothing),
            Self::Trial => KindRow::fixed("trial", Execution),
            Self::UpgradeCalls => KindRow::fixed("upgrade-calls", Execution),
            Self::WouldFail => KindRow::accepted("would-fail", Execution, Nothing),
            Self::CodeChanged => KindRow::accepted("CodeChanged", Control, Account),
            Self::CodeMayChange => KindRow::accepted("CodeMayChange", Control, Account),
            Self::CodeReplaceable => KindRow::accepted("CodeReplaceable", Control, CodeReplacer),
            Self::ConstructorOpen => KindRow::fixed("ConstructorOpen", Control),
            Self::DelegatedApprover => KindRow::accepted("DelegatedApprover", Control, Account),
            Self::HiddenProxy => KindRow::accepted("HiddenProxy", Control, Account),
            Self::OpenImplementation => KindRow::fixed("OpenImplementation", Control),
            Self::OwnerChanged => KindRow::accepted("OwnerChanged", Control, Account),
            Self::Arrival => KindRow::accepted("arrival", Control, Account),
            Self::ControlWeaker => KindRow::fixed("control-weaker", Control),
            Self::ExcludedSender => KindRow::accepted("excluded-sender", Control, Nothing),
            Self::ExitWindow => KindRow::fixed("exit-window", Control),
            Self::InitializerOpen => KindRow::accepted("initializer-open", Control, Text),
            Self::NewRole => KindRow::accepted("new-role", Control, Nothing),
            Self::Oz => KindRow::accepted("oz", Control, Text).of(Part::Code),
            Self::OzAllowed => KindRow::accepted("oz-allowed", Control, Text).of(Part::Code),
            Self::PolicyChange => KindRow::fixed("policy-change", Control),
            Self::PolicyNone => KindRow::accepted("policy-none", Control, Nothing),
            Self::ProxyCode => KindRow::fixed("proxy-code", Control),
            Self::ReplacingFunctions => KindRow::fixed("replacing-functions", Control),
            Self::SingleKey => KindRow::accepted("single-key", Control, Nothing),
            Self::Stranger => KindRow::accepted("stranger", Control, Text),
            Self::UnknownProxyCode => KindRow::accepted("unknown-proxy-code", Control, Account),
            Self::Constructor => KindRow::accepted("constructor", Migrations, Nothing),
            Self::InitializerLost => KindRow::fixed("initializer-lost", Migrations),
            Self::InitializerOfOther => {
                KindRow::accepted("initializer-of-other", Migrations, Nothing).of(Part::Steps)
            }
            Self::InitializerOmitted => {
                KindRow::accepted("initializer-omitted", Migrations, Nothing).of(Part::Steps)
            }
            Self::InitializerSkipped => KindRow::accepted("initializer-skipped", Migrations, Text),
            Self::InitializerSpent => KindRow::accepted("initializer-spent", Migrations, Text),
            Self::MigrationBypassed => {
                KindRow::accepted("migration-bypassed", Migrations, Text).of(Part::Steps)
            }
            Self::MigrationOmitted => {
                KindRow::accepted("migration-omitted", Migrations, Nothing).of(Part::Steps)
            }
            Self::OtherCode => KindRow::accepted("other-code", Migrations, Nothing),
            Self::PathLost => KindRow::fixed("path-lost", Migrations),
            Self::FilledIn => KindRow::fixed("FilledIn", Sources),
            Self::BuildDiffers => KindRow::fixed("build-differs", Sources),
            Self::ImmutableChanged => {
                KindRow::accepted("immutable-changed", Sources, Text).of(Part::Interface)
            }
            Self::LibraryChanged => {
                KindRow::accepted("library-changed", Sources, Text).of(Part::Interface)
            }
            Self::ModuleUnread => KindRow::accepted("ModuleUnread", Callers, Account),
            Self::SelectorClash => KindRow::accepted("SelectorClash", Callers, Account),
            Self::FunctionChanged => {
                KindRow::accepted("function-changed", Callers, Text).of(Part::Interface)
            }
            Self::EventChanged => {
                KindRow::accepted("event-changed", Callers, Text).of(Part::Interface)
            }
            Self::ErrorChanged => {
                KindRow::accepted("error-changed", Callers, Text).of(Part::Interface)
            }
            Self::ReceiveChanged => {
                KindRow::accepted("receive-changed", Callers, Text).of(Part::Interface)
            }
            Self::FallbackChanged => {
                KindRow::accepted("fallback-changed", Callers, Text).of(Part::Interface)
            }
            Self::LibraryErrors => KindRow::fixed("library-errors", Callers),
            Self::MutabilityChanged => {
                KindRow::accepted("mutability-changed", Callers, Text).of(Part::Interface)
            }
            Self::FunctionRemoved => {
                KindRow::accepted("function-removed", Callers, Text).of(Part::Interface)
            }
            Self::EventRemoved => {
                KindRow::accepted("event-removed", Callers, Text).of(Part::Interface)
            }
            Self::ErrorRemoved => {
                KindRow::accepted("error-removed", Callers, Text).of(Part::Interface)
            }
            Self::ReceiveRemoved => {
                KindRow::accepted("receive-removed", Callers, Text).of(Part::Interface)
            }
            Self::FallbackRemoved => {
                KindRow::accepted("fallback-removed", Callers, Text).of(Part::Interface)
            }
            Self::ReturnsChanged => {
                KindRow::accepted("returns-changed", Callers, Text).of(Part::Interface)
            }
            Self::ActionExpires => KindRow::courtesy("ActionExpires", None),
            Self::MigrationUnderWay => KindRow::courtesy("MigrationUnderWay", None),
            Self::UnknownFramework => KindRow::courtesy("UnknownFramework", None),
            Self::Absent => KindRow::courtesy("absent", Some(Whole)),
            Self::FunctionAdded => KindRow::courtesy("function-added", None),
            Self::EventAdded => KindRow::courtesy("event-added", None),
            Self::ErrorAdded => KindRow::courtesy("error-added", None),
            Self::ReceiveAdded => KindRow::courtesy("receive-added", None),
            Self::FallbackAdded => KindRow::courtesy("fallback-added", None),
            Self::Complete => KindRow::courtesy("complete", None),
            Self::Fuzzed => KindRow::courtesy("fuzzed", None),
            Self::Instances => KindRow::courtesy("instances", None),
            Self::ManifestChanged => KindRow::courtesy("manifest-changed", None),
            Self::ManifestUnreviewed => KindRow::courtesy("manifest-unreviewed", Some(Nothing)),
            Self::NotProposed => KindRow::courtesy("not-proposed", Some(Nothing)),
            Self::NotReached => KindRow::courtesy("not-reached", None),
            Self::NotSeen => KindRow::courtesy("not-seen", None),
            Self::Partial => KindRow::courtesy("partial", None),
            Self::Refused => KindRow::courtesy("refused", None),
            Self::BlockAndSender => KindRow::fixed("block-and-sender", Execution),
            Self::CallsOfOthers => KindRow::fixed("calls-of-others", Execution),
            Self::CodeUsedBefore => KindRow::courtesy("code-used-before", None),
            Self::Delay => KindRow::courtesy("delay", None),
            Self::EtherOfInstances => KindRow::fixed("ether-of-instances", Execution),
            Self::FirstUse => KindRow::courtesy("first-use", None),
            Self::Implementation => KindRow::courtesy("implementation", None),
            Self::LookAlike => KindRow::fixed("look-alike", Control),
            Self::MigrationScript => KindRow::courtesy("migration-script", None),
            Self::OtherAccounts => KindRow::fixed("other-accounts", Execution),
            Self::Policy => KindRow::fixed("policy", Control),
            Self::StepCheck => KindRow::courtesy("step-check", None),
            Self::Ripe => KindRow::courtesy("ripe", None),
        }
    }

    /// The name: what an id begins with.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The promise of a review that it serves; none for a courtesy.
    pub const fn promise(self) -> Option<ReviewPromise> {
        self.row().promise
    }

    /// The part that it is about, if it is the same for the same code in every block.
    pub const fn part_of_code(self) -> Option<Part> {
        self.row().part_of_code
    }

    /// The subject that an id of this kind needs to be accepted; none if the kind cannot be accepted.
    pub(super) const fn accepted_by(self) -> Option<SubjectForm> {
        self.row().accepted_by
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_is_listed_once_under_a_name_of_its_own() {
        for (place, kind) in FindingKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place, "{kind:?}");
            assert_eq!(FindingKind::from_name(kind.name()), Some(kind));
        }
        let names: BTreeSet<&str> = FindingKind::ALL.map(FindingKind::name).into();
        assert_eq!(names.len(), FindingKind::ALL.len());
        assert_eq!(
            FindingKind::ALL.last(),
            Some(&FindingKind::Ripe),
            "the last kind"
        );
    }
}
