//! What findings are called. `--accept` takes exactly that.

use super::origin::Part;
use super::promise::ReviewPromise;
use crate::ids::ActionId;
use crate::text::shell_word;
use alloy::primitives::Address;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

/// What a finding is called: a kind, and where there are several of a kind what it is about, as in
/// `reorder:owner`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct FindingId(Cow<'static, str>);

/// Findings that are accepted: a list of ids, as `--accept` takes it. It notes which of them a finding had: its copies
/// share that.
#[derive(Debug, Clone, Default)]
pub struct Accepted {
    ids: BTreeSet<FindingId>,
    /// What the project answers for in its manifest, beside what is given with the command.
    of_project: BTreeSet<FindingId>,
    /// The ids that the approver accepted in earlier commands.
    of_earlier: BTreeSet<FindingId>,
    found: Arc<Mutex<BTreeSet<FindingId>>>,
}

/// What is found by comparing two layouts: that does not change from block to block, so an id of it that
/// matches nothing is a slip.
const OF_LAYOUTS: [&str; 10] = [
    "gap-use",
    "rename",
    "retype",
    "reorder",
    "insert",
    "delete",
    "shift",
    "namespace-change",
    SLOTS_BY_HAND,
    "unknown",
];

/// What the id of an open action of others begins with.
const OTHER_ACTION: &str = "other-action";
/// Hexadecimal digits of an action in such an id: nobody finds another action with the same.
const ACTION_DIGITS: usize = 16;
/// The beginning of the id of a finding of OpenZeppelin's validator.
const OF_VALIDATOR: &str = "oz";
/// The beginning of the id of a kind of such findings, if tags of the author allow them.
const ALLOWED_BY_AUTHOR: &str = "oz-allowed";

/// What the id of something begins with that an account without rights can do.
const STRANGER: &str = "stranger";
/// A field value that is invalid for its type after the upgrade.
const UNDECODABLE: &str = "undecodable";
/// A word that the trial writes and that no declared storage explains.
const UNEXPLAINED_WRITE: &str = "unexplained-write";

/// What the id of a struct begins with that an older SDK counts otherwise.
const OLDER_SDK: &str = "older-sdk";

/// What the id of an initializer begins with that stays open once an instance is upgraded.
const INITIALIZER_OPEN: &str = "initializer-open";

/// What the id of an initializer begins with that is jumped over.
const INITIALIZER_SKIPPED: &str = "initializer-skipped";

/// What the id of a new initializer begins with whose number instances have had already.
const INITIALIZER_SPENT: &str = "initializer-spent";

/// What the id of a part begins with that was checked as a whole, and of which nothing was found.
const COMPLETE: &str = "complete";

/// What the id of a migration begins with that some instances would leave out.
const MIGRATION_BYPASSED: &str = "migration-bypassed";

/// What the id of a version begins with from which instances have no path any more.
const PATH_LOST: &str = "path-lost";

/// The beginning of the id of a place that may forge the layout.
const SLOTS_BY_HAND: &str = "slots-by-hand";

/// What the id of an instance that came from elsewhere begins with.
const ARRIVAL: &str = "arrival";

/// What the id of an instance begins with whose code an account can replace without the registry.
const CODE_REPLACEABLE: &str = "CodeReplaceable";

/// Who can replace the code of an instance without the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeReplacer {
    /// This account.
    Account(Address),
    /// Every account.
    Anybody,
    /// An account that nobody could name.
    Unlisted,
}

impl fmt::Display for CodeReplacer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => write!(f, "{account}"),
            Self::Anybody => f.write_str("anybody"),
            Self::Unlisted => f.write_str("unlisted"),
        }
    }
}

impl FromStr for CodeReplacer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "anybody" {
            return Ok(Self::Anybody);
        }
        if text == "unlisted" {
            return Ok(Self::Unlisted);
        }
        let account = text
            .parse()
            .map_err(|_| format!("{text:?} names no account"))?;
        Ok(Self::Account(account))
    }
}

impl FindingId {
    /// Every kind of finding, with the promise of a review that it serves. A kind without a promise is a courtesy, or
    /// serves another table of `docs/security.md`. A family of kinds is listed by its first or last word: `changed`.
    pub const KINDS: [(&'static str, Option<ReviewPromise>); 91] = [
        ("delete", Some(ReviewPromise::Storage)),
        ("dirty", Some(ReviewPromise::Storage)),
        ("gap-use", Some(ReviewPromise::Storage)),
        ("insert", Some(ReviewPromise::Storage)),
        ("misread", Some(ReviewPromise::Storage)),
        ("namespace-change", Some(ReviewPromise::Storage)),
        ("namespaces-not-listed", Some(ReviewPromise::Storage)),
        ("not-compared", Some(ReviewPromise::Storage)),
        (OLDER_SDK, Some(ReviewPromise::Storage)),
        ("rename", Some(ReviewPromise::Storage)),
        ("reorder", Some(ReviewPromise::Storage)),
        ("retype", Some(ReviewPromise::Storage)),
        ("shift", Some(ReviewPromise::Storage)),
        (SLOTS_BY_HAND, Some(ReviewPromise::Storage)),
        (UNDECODABLE, Some(ReviewPromise::Storage)),
        ("unknown", Some(ReviewPromise::Storage)),
        ("storage-changes", Some(ReviewPromise::Writes)),
        (UNEXPLAINED_WRITE, Some(ReviewPromise::Writes)),
        ("ReplayFails", Some(ReviewPromise::Answers)),
        ("ReplayNotDone", Some(ReviewPromise::Answers)),
        ("expectation-lost", Some(ReviewPromise::Answers)),
        ("replay-empty", Some(ReviewPromise::Answers)),
        ("DependsOnGas", Some(ReviewPromise::Execution)),
        ("InstanceWaits", Some(ReviewPromise::Execution)),
        ("NoWayBack", Some(ReviewPromise::Execution)),
        ("ProgramCannotEnd", Some(ReviewPromise::Execution)),
        ("ProgramOfOtherFramework", Some(ReviewPromise::Execution)),
        ("code-size", Some(ReviewPromise::Execution)),
        ("ends-others", Some(ReviewPromise::Execution)),
        (OTHER_ACTION, Some(ReviewPromise::Execution)),
        ("reads-gas", Some(ReviewPromise::Execution)),
        ("trial", Some(ReviewPromise::Execution)),
        ("upgrade-calls", Some(ReviewPromise::Execution)),
        ("would-fail", Some(ReviewPromise::Execution)),
        ("CodeChanged", Some(ReviewPromise::Control)),
        ("CodeMayChange", Some(ReviewPromise::Control)),
        (CODE_REPLACEABLE, Some(ReviewPromise::Control)),
        ("ConstructorOpen", Some(ReviewPromise::Control)),
        ("DelegatedApprover", Some(ReviewPromise::Control)),
        ("HiddenProxy", Some(ReviewPromise::Control)),
        ("OpenImplementation", Some(ReviewPromise::Control)),
        ("OwnerChanged", Some(ReviewPromise::Control)),
        (ARRIVAL, Some(ReviewPromise::Control)),
        ("excluded-sender", Some(ReviewPromise::Control)),
        (INITIALIZER_OPEN, Some(ReviewPromise::Control)),
        ("new-role", Some(ReviewPromise::Control)),
        (OF_VALIDATOR, Some(ReviewPromise::Control)),
        (ALLOWED_BY_AUTHOR, Some(ReviewPromise::Control)),
        ("policy-change", Some(ReviewPromise::Control)),
        ("policy-none", Some(ReviewPromise::Control)),
        ("proxy-code", Some(ReviewPromise::Control)),
        ("replacing-functions", Some(ReviewPromise::Control)),
        (STRANGER, Some(ReviewPromise::Control)),
        ("unknown-proxy-code", Some(ReviewPromise::Control)),
        ("constructor", Some(ReviewPromise::Migrations)),
        ("initializer-lost", Some(ReviewPromise::Migrations)),
        ("initializer-of-other", Some(ReviewPromise::Migrations)),
        ("initializer-omitted", Some(ReviewPromise::Migrations)),
        (INITIALIZER_SKIPPED, Some(ReviewPromise::Migrations)),
        (INITIALIZER_SPENT, Some(ReviewPromise::Migrations)),
        (MIGRATION_BYPASSED, Some(ReviewPromise::Migrations)),
        ("migration-omitted", Some(ReviewPromise::Migrations)),
        ("other-code", Some(ReviewPromise::Migrations)),
        (PATH_LOST, Some(ReviewPromise::Migrations)),
        ("FilledIn", Some(ReviewPromise::Sources)),
        ("build-differs", Some(ReviewPromise::Sources)),
        ("immutable-changed", Some(ReviewPromise::Sources)),
        ("library-changed", Some(ReviewPromise::Sources)),
        ("ModuleUnread", Some(ReviewPromise::Callers)),
        ("SelectorClash", Some(ReviewPromise::Callers)),
        ("changed", Some(ReviewPromise::Callers)),
        ("library-errors", Some(ReviewPromise::Callers)),
        ("mutability-changed", Some(ReviewPromise::Callers)),
        ("removed", Some(ReviewPromise::Callers)),
        ("returns-changed", Some(ReviewPromise::Callers)),
        ("ActionExpires", None),
        ("MigrationUnderWay", None),
        ("UnknownFramework", None),
        ("absent", None),
        ("added", None),
        (COMPLETE, None),
        ("fuzzed", None),
        ("instances", None),
        ("manifest-changed", None),
        ("manifest-unreviewed", None),
        ("not-proposed", None),
        ("not-reached", None),
        ("not-seen", None),
        ("partial", None),
        ("refused", None),
        ("ripe", None),
    ];

    /// Two layouts that differ and cannot be compared.
    pub const NOT_COMPARED: Self = Self::fixed("not-compared");
    /// A layout that lists no namespaces, where its contract may have some.
    pub const NAMESPACES_NOT_LISTED: Self = Self::fixed("namespaces-not-listed");
    /// A migration that the code declares and that does not run.
    pub const MIGRATION_OMITTED: Self = Self::fixed("migration-omitted");
    /// An initializer that the code declares and that does not run.
    pub const INITIALIZER_OMITTED: Self = Self::fixed("initializer-omitted");
    /// Initializers that are all of other versions.
    pub const INITIALIZER_OF_OTHER: Self = Self::fixed("initializer-of-other");
    /// A constructor of the SDK, which nothing runs.
    pub const CONSTRUCTOR: Self = Self::fixed("constructor");
    /// A call that fails once everybody needed has approved it.
    pub const WOULD_FAIL: Self = Self::fixed("would-fail");
    /// Code that reads how much gas is left: it may do otherwise with other limits than those that were tried.
    pub const READS_GAS: Self = Self::fixed("reads-gas");
    /// A call that does something else with other gas: it did when it was tried.
    pub const DEPENDS_ON_GAS: Self = Self::fixed("DependsOnGas");
    /// A replay without a transaction.
    pub const REPLAY_EMPTY: Self = Self::fixed("replay-empty");
    /// A policy that nobody can ever satisfy or change.
    pub const POLICY_NONE: Self = Self::fixed("policy-none");
    /// A role that the definition does not have yet.
    pub const NEW_ROLE: Self = Self::fixed("new-role");
    /// A policy in which the key that sends it has no part.
    pub const EXCLUDED_SENDER: Self = Self::fixed("excluded-sender");
    /// A registry that a file names which nobody reviewed.
    pub const MANIFEST_UNREVIEWED: Self = Self::fixed("manifest-unreviewed");
    /// A transfer to a version with other code than the instance runs.
    pub const OTHER_CODE: Self = Self::fixed("other-code");
    /// Removed errors that only libraries of the code named.
    pub const LIBRARY_ERRORS: Self = Self::fixed("library-errors");
    /// Code with functions that replace the code of its proxy. Only an instance determines who may call them.
    pub const REPLACING_FUNCTIONS: Self = Self::fixed("replacing-functions");
    /// An id that is refused before anybody has proposed an action with it.
    pub const NOT_PROPOSED: Self = Self::fixed("not-proposed");

    /// Those that a comparison of layouts has beside the fields.
    const OF_LAYOUTS: [Self; 2] = [Self::NOT_COMPARED, Self::NAMESPACES_NOT_LISTED];
    /// Those about initializers and migrations.
    const OF_STEPS: [Self; 3] = [
        Self::MIGRATION_OMITTED,
        Self::INITIALIZER_OMITTED,
        Self::INITIALIZER_OF_OTHER,
    ];
    /// Those of a simulation on a copy.
    const OF_TRIALS: [Self; 3] = [Self::READS_GAS, Self::DEPENDS_ON_GAS, Self::REPLAY_EMPTY];
    /// Others that are about nothing in particular.
    const FIXED: [Self; 8] = [
        Self::MANIFEST_UNREVIEWED,
        Self::CONSTRUCTOR,
        Self::WOULD_FAIL,
        Self::POLICY_NONE,
        Self::NEW_ROLE,
        Self::EXCLUDED_SENDER,
        Self::OTHER_CODE,
        Self::NOT_PROPOSED,
    ];

    const fn fixed(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// An id of that text.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(text.into())
    }

    /// An instance that came from elsewhere.
    pub fn arrival(proxy: Address) -> Self {
        Self::at(ARRIVAL, proxy)
    }

    /// Returns true if it is about an instance that came from elsewhere.
    pub fn is_arrival(&self) -> bool {
        self.kind() == ARRIVAL
    }

    /// An open action of others that says something else about the same.
    pub fn other_action(action: ActionId) -> Self {
        let text = action.to_string();
        let first = text.get(..2 + ACTION_DIGITS).unwrap_or(&text);
        Self(format!("{OTHER_ACTION}:{first}").into())
    }

    /// Whether it is about an open action of others.
    fn is_of_action(&self) -> bool {
        let digits = |of: &str| {
            let digits = of.strip_prefix("0x").unwrap_or_default();
            digits.len() == ACTION_DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        let of = self.0.split_once(':');
        of.is_some_and(|(kind, of)| kind == OTHER_ACTION && digits(of))
    }

    /// Something about one account: the kind, which names an error, and the account.
    pub fn at(kind: &str, account: Address) -> Self {
        Self(format!("{kind}:{account}").into())
    }

    /// The account that it is about, if it is about one.
    pub fn account(&self) -> Option<Address> {
        self.0.split_once(':').and_then(|(_, of)| of.parse().ok())
    }

    /// An instance whose code `replacer` can replace without the registry. Each account has an id of its own.
    pub fn code_replaceable(proxy: Address, replacer: CodeReplacer) -> Self {
        Self(format!("{CODE_REPLACEABLE}:{proxy}:{replacer}").into())
    }

    /// The instance and the account of such an id.
    fn replaced_code(&self) -> Option<(Address, CodeReplacer)> {
        let about = self.0.strip_prefix(CODE_REPLACEABLE)?.strip_prefix(':')?;
        let (proxy, replacer) = about.split_once(':')?;
        Some((proxy.parse().ok()?, replacer.parse().ok()?))
    }

    /// What an account without rights can do, by the function that it calls.
    pub fn stranger(signature: &str) -> Self {
        Self(format!("{STRANGER}:{signature}").into())
    }

    /// The id of a field whose value is invalid for its type after the upgrade. All entries of a mapping share it.
    pub fn undecodable(area: &str, field: &str) -> Self {
        Self::of_field(UNDECODABLE, area, field)
    }

    /// The id of a field that the new version drops and the upgrade writes. All entries of a mapping share it.
    pub fn unexplained_write(area: &str, field: &str) -> Self {
        Self::of_field(UNEXPLAINED_WRITE, area, field)
    }

    fn of_field(kind: &str, area: &str, field: &str) -> Self {
        let field = member_path(field);
        let place = if area.is_empty() {
            label_word(&field)
        } else {
            format!("{}:{}", encoded(area, b"._-+:"), label_word(&field))
        };
        Self(format!("{kind}:{place}").into())
    }

    /// An initializer that stays open once an instance is upgraded, by its contract and name.
    pub fn initializer_open(function: &str) -> Self {
        Self(format!("{INITIALIZER_OPEN}:{function}").into())
    }

    /// An initializer that is jumped over, by its contract and name.
    pub fn initializer_skipped(function: &str) -> Self {
        Self(format!("{INITIALIZER_SKIPPED}:{function}").into())
    }

    /// A new initializer whose number instances have had already, by its contract and name.
    pub fn initializer_spent(function: &str) -> Self {
        Self(format!("{INITIALIZER_SPENT}:{function}").into())
    }

    /// A finding of OpenZeppelin's validator, by its kind and place.
    pub fn of_validator(kind: &str, place: &str) -> Self {
        Self(format!("{OF_VALIDATOR}:{kind}:{place}").into())
    }

    /// The findings of OpenZeppelin's validator that the version before has as well.
    pub fn validated_before() -> Self {
        Self(format!("{OF_VALIDATOR}:as-before").into())
    }

    /// A kind of such findings, if tags of the author allow them.
    pub fn allowed_by_author(kind: &str) -> Self {
        Self(format!("{ALLOWED_BY_AUTHOR}:{kind}").into())
    }

    /// The migration into a version, which some instances would leave out.
    pub fn migration_bypassed(label: &str) -> Self {
        Self(format!("{MIGRATION_BYPASSED}:{}", label_word(label)).into())
    }

    /// A version from which instances have no path any more.
    pub fn path_lost(label: &str) -> Self {
        Self(format!("{PATH_LOST}:{}", label_word(label)).into())
    }

    /// A struct that an older SDK counts otherwise.
    pub fn older_sdk(structure: &str) -> Self {
        Self(format!("{OLDER_SDK}:{structure}").into())
    }

    /// A place that may forge the layout, with the first digits of the hash of its name.
    pub fn slots_by_hand(place: &str, digits: &str) -> Self {
        Self(format!("{SLOTS_BY_HAND}:{}@{digits}", encoded(place, b"._-+/:")).into())
    }

    /// Nobody could look at a part.
    pub fn absent(part: Part) -> Self {
        Self(format!("absent:{}", part.name()).into())
    }

    /// An id as somebody types it: an account may be in small letters.
    fn typed(text: &str) -> Self {
        let typed = Self(text.to_owned().into());
        if let Some((proxy, replacer)) = typed.replaced_code() {
            return Self::code_replaceable(proxy, replacer);
        }
        match typed.account() {
            Some(account) => Self::at(typed.kind(), account),
            None => typed,
        }
    }

    /// Of a part that was checked as a whole, and of which nothing was found.
    pub fn complete(part: Part) -> Self {
        Self::new(format!("{COMPLETE}:{part}"))
    }

    /// Whether it is that of such a part.
    pub fn is_complete(&self) -> bool {
        self.kind() == COMPLETE
    }

    /// The text before the colon.
    pub fn kind(&self) -> &str {
        self.0.split_once(':').map_or(&self.0, |(kind, _)| kind)
    }

    /// The name of it as an error: `replay-empty` is `ReplayEmpty`.
    pub fn error_name(&self) -> String {
        let words = self.kind().split('-').map(|word| {
            let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
            format!("{}{rest}", first.to_uppercase())
        });
        words.collect()
    }

    /// Whether it is found by comparing two layouts.
    pub fn is_of_layouts(&self) -> bool {
        OF_LAYOUTS.contains(&self.kind())
    }

    /// The part that it is about, where that says the same of the same code in every block.
    pub fn part(&self) -> Option<Part> {
        let is_of_interface = ["-removed", "-changed", "expectation-lost"]
            .iter()
            .any(|end| self.kind().ends_with(end));
        if self.is_of_layouts() || Self::OF_LAYOUTS.contains(self) || self.kind() == OLDER_SDK {
            return Some(Part::Layout);
        }
        if [OF_VALIDATOR, ALLOWED_BY_AUTHOR].contains(&self.kind()) {
            return Some(Part::Code);
        }
        is_of_interface.then_some(Part::Interface)
    }

    /// Whether it is found about a way into a version.
    pub fn is_of_a_way(&self) -> bool {
        let is_absent = Part::ALL
            .into_iter()
            .any(|part| *self == Self::absent(part));
        self.part().is_some() || self.is_of_steps() || is_absent || self.kind() == "dirty"
    }

    /// Whether it is about initializers and migrations.
    pub fn is_of_steps(&self) -> bool {
        Self::OF_STEPS.contains(self) || self.kind() == MIGRATION_BYPASSED
    }

    /// Whether it is found by trying something on a copy.
    pub fn is_of_a_trial(&self) -> bool {
        let kinds = [
            STRANGER,
            INITIALIZER_OPEN,
            INITIALIZER_SKIPPED,
            INITIALIZER_SPENT,
            UNDECODABLE,
            UNEXPLAINED_WRITE,
        ];
        Self::OF_TRIALS.contains(self) || kinds.contains(&self.kind())
    }

    /// Whether it can be accepted. Other findings are named by the error that they are.
    pub fn is_acceptable(&self) -> bool {
        // Whose right it is belongs to the id: an instance alone names none.
        if self.kind() == CODE_REPLACEABLE {
            return self.replaced_code().is_some();
        }
        let is_of_one = self.account().is_some() || self.is_of_action();
        self.is_of_a_way() || self.is_of_a_trial() || is_of_one || Self::FIXED.contains(self)
    }

    /// The flag that accepts all of these.
    pub fn flag<'a>(ids: impl IntoIterator<Item = &'a Self>) -> String {
        let ids: Vec<&str> = ids.into_iter().map(|id| id.0.as_ref()).collect();
        format!("--accept {}", shell_word(&ids.join(",")))
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<str> for FindingId {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl Accepted {
    /// Whether a finding with that id, which is there, is accepted.
    pub fn covers(&self, id: &FindingId) -> bool {
        let is_accepted = self.ids.contains(id);
        if is_accepted {
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            found.insert(id.clone());
        }
        is_accepted || self.of_earlier.contains(id)
    }

    /// Sets the ids that the approver accepted in earlier commands: they count as accepted too.
    pub fn set_earlier(&mut self, ids: impl IntoIterator<Item = FindingId>) {
        self.of_earlier = ids.into_iter().collect();
    }

    /// Returns true if the project answers for an id in its manifest.
    pub fn is_of_project(&self, id: &FindingId) -> bool {
        self.of_project.contains(id)
    }

    /// The same, with what the project answers for in its manifest.
    #[must_use]
    pub fn with_project(self, ids: impl IntoIterator<Item = FindingId>) -> Self {
        Self {
            of_project: ids.into_iter().collect(),
            ..self
        }
    }

    /// As [`Self::covers`], or the project answers for it. An approver's own word is asked instead.
    pub fn answers(&self, id: &FindingId) -> bool {
        self.of_project.contains(id) || self.covers(id)
    }

    /// Whether an id is among them. No finding need have it.
    pub fn contains(&self, id: &FindingId) -> bool {
        self.ids.contains(id) || self.of_earlier.contains(id)
    }

    /// The ids that no finding had so far.
    pub fn unfit(&self) -> Vec<FindingId> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        self.ids.difference(&found).cloned().collect()
    }

    /// The ids, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &FindingId> {
        self.ids.iter()
    }
}

/// The path of members to a value, without keys, indices and word numbers: `prices["a]b"].high` and
/// `prices[5].high+1` give `prices.high`. A text key is in quotes, with a backslash before quotes of its own.
pub fn member_path(field: &str) -> String {
    let (mut name, mut letters) = (String::new(), field.chars());
    while let Some(letter) = letters.next() {
        if letter == '+' {
            break;
        }
        if letter != '[' {
            name.push(letter);
            continue;
        }
        let mut is_quoted = false;
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => drop(letters.next()),
                '"' => is_quoted = !is_quoted,
                ']' if !is_quoted => break,
                _ => {}
            }
        }
    }
    name
}

/// A version's label as a part of an id: a registry takes any text as a label, and an id ends at a comma. Other letters
/// than those of a usual label are written as in a URL, and so is the first one of a label that looks like an account.
fn label_word(label: &str) -> String {
    let is_account = label.parse::<Address>().is_ok();
    let word = encoded(label, b"._-+");
    match word.split_at_checked(1) {
        Some((first, rest)) if is_account => {
            let byte = first.as_bytes().first().copied().unwrap_or_default();
            format!("%{byte:02x}{rest}")
        }
        _ => word,
    }
}

/// A text with all but letters, digits and these written as in a URL.
fn encoded(text: &str, usual: &[u8]) -> String {
    let mut word = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || usual.contains(&byte) {
            word.push(char::from(byte));
        } else {
            word.push_str(&format!("%{byte:02x}"));
        }
    }
    word
}

impl PartialEq for Accepted {
    fn eq(&self, other: &Self) -> bool {
        self.ids == other.ids
    }
}

impl Eq for Accepted {}

impl FromIterator<FindingId> for Accepted {
    fn from_iter<T: IntoIterator<Item = FindingId>>(ids: T) -> Self {
        Self {
            ids: ids.into_iter().collect(),
            of_project: BTreeSet::new(),
            of_earlier: BTreeSet::new(),
            found: Arc::default(),
        }
    }
}

impl FromStr for Accepted {
    type Err = String;

    /// Ids between commas. A signature has commas of its own, in parentheses.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut depth = 0_u32;
        let ids = text.split(|letter| {
            match letter {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            letter == ',' && depth == 0
        });
        ids.map(|id| {
            let found = FindingId::typed(id.trim());
            if found.is_acceptable() {
                Ok(found)
            } else {
                Err(format!(
                    "{id:?} is not the id of a finding that can be accepted: give the id that the \
                     refusal prints; a warning needs none"
                ))
            }
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_key_cannot_name_another_field_in_an_id() {
        for (field, expected) in [
            ("paused", "undecodable:paused"),
            ("open[1]", "undecodable:open"),
            ("deep[5][0xab].total", "undecodable:deep.total"),
            (r#"mo["]de[x"]"#, "undecodable:mo"),
            (r#"mo["\"]de[x"].b"#, "undecodable:mo.b"),
            ("title+2", "undecodable:title"),
            (r#"prices["a+b"][3]+1"#, "undecodable:prices"),
        ] {
            assert_eq!(FindingId::undecodable("", field).to_string(), expected);
        }
    }

    #[test]
    fn a_label_cannot_name_another_finding_in_an_id() {
        for (label, expected) in [
            ("2.0", "migration-bypassed:2.0"),
            ("2.0-rc.1+a", "migration-bypassed:2.0-rc.1+a"),
            (
                "2.0,migration-omitted",
                "migration-bypassed:2.0%2cmigration-omitted",
            ),
            ("(", "migration-bypassed:%28"),
            (
                "0xabababababababababababababababababababab",
                "migration-bypassed:%30xabababababababababababababababababababab",
            ),
        ] {
            let id = FindingId::migration_bypassed(label);
            assert_eq!(id.to_string(), expected);
            let accepted: Accepted = expected.parse().expect("one id");
            assert_eq!(accepted.iter().collect::<Vec<_>>(), [&id], "{label}");
        }
    }

    #[test]
    fn commas_of_a_signature_do_not_end_an_id() {
        let text = "function-changed:write(address[],uint64),reorder:owner, absent:interface";
        let accepted: Accepted = text.parse().expect("ids");
        let ids: Vec<String> = accepted.iter().map(FindingId::to_string).collect();
        let expected = [
            "absent:interface",
            "function-changed:write(address[],uint64)",
            "reorder:owner",
        ];
        assert_eq!(ids, expected);
        let text =
            "--accept 'absent:interface,function-changed:write(address[],uint64),reorder:owner'";
        assert_eq!(FindingId::flag(accepted.iter()), text);
    }

    #[test]
    fn an_id_fits_once_a_finding_has_it_and_an_account_is_typed_in_any_letters() {
        let account = Address::repeat_byte(0xab);
        let text = format!("arrival:{account:#x},HiddenProxy:{account},dirty:x");
        let accepted: Accepted = text.parse().expect("ids");
        let copy = accepted.clone();
        assert!(copy.covers(&FindingId::arrival(account)));
        assert!(copy.covers(&FindingId::at("HiddenProxy", account)));
        assert!(!copy.covers(&FindingId::arrival(Address::ZERO)));
        assert_eq!(accepted.unfit(), [FindingId::new("dirty:x")]);
    }

    #[test]
    fn an_id_of_code_that_can_be_replaced_names_one_account() {
        let (proxy, account) = (Address::repeat_byte(0xab), Address::repeat_byte(0xcd));
        for (replacer, typed) in [
            (CodeReplacer::Account(account), format!("{account:#x}")),
            (CodeReplacer::Anybody, "anybody".to_owned()),
            (CodeReplacer::Unlisted, "unlisted".to_owned()),
        ] {
            let id = FindingId::code_replaceable(proxy, replacer);
            let text = format!("CodeReplaceable:{proxy:#x}:{typed}");
            let accepted: Accepted = text.parse().expect("an id");
            assert!(accepted.covers(&id), "{text}");
            let other = FindingId::code_replaceable(account, replacer);
            assert!(!accepted.covers(&other), "{text}");
        }
        for text in [
            format!("CodeReplaceable:{proxy}"),
            format!("CodeReplaceable:{proxy}:"),
            format!("CodeReplaceable:{proxy}:owner"),
        ] {
            assert!(text.parse::<Accepted>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_no_finding_is_called_is_refused() {
        for text in [
            "",
            "other-action",
            "other-action:0x12",
            "SelectorClash",
            "everything",
            "absent:sources",
            "reorder:owner,,dirty:x",
        ] {
            assert!(text.parse::<Accepted>().is_err(), "{text}");
        }
        for part in Part::ALL {
            assert!(FindingId::absent(part).is_acceptable());
        }
        let action = ActionId(alloy::primitives::B256::repeat_byte(0xab));
        let id = FindingId::other_action(action);
        assert_eq!(id.to_string(), "other-action:0xabababababababab");
        assert!(id.is_acceptable());
    }
}
