//! The ids of findings. `--accept` takes exactly that.

use super::id_words::{encoded, label_word, member_path, name_word};
use super::kind::{FindingKind, SubjectForm};
use super::origin::Part;
use crate::ids::ActionId;
use crate::text::shell_word;
use alloy::primitives::Address;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// Hexadecimal digits of an action in an id: nobody finds another action with the same.
const ACTION_DIGITS: usize = 16;

/// The id of a finding: its kind, and its subject if there are several of a kind, as in `reorder:owner`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FindingId {
    name: FindingName,
    subject: Subject,
}

/// The text before the colon of an id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum FindingName {
    /// A kind of the table.
    Kind(FindingKind),
    /// An error that is no kind: a refusal that a finding repeats.
    Error(Cow<'static, str>),
}

/// The subject of a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Subject {
    /// Nothing in particular.
    Nothing,
    /// A field, a function, a version or a place in the sources.
    Text(String),
    /// An account.
    Account(Address),
    /// A part of a review.
    Part(Part),
    /// The first digits of an action.
    Action(String),
    /// An instance, and an account that can replace its code.
    CodeReplacer(Address, CodeReplacer),
}

/// The account that can replace the code of an instance without the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeReplacer {
    /// This account.
    Account(Address),
    /// An account that nobody could name.
    Unlisted,
}

impl fmt::Display for CodeReplacer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => write!(f, "{account}"),
            Self::Unlisted => f.write_str("unlisted"),
        }
    }
}

impl FromStr for CodeReplacer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "unlisted" {
            return Ok(Self::Unlisted);
        }
        let account = text
            .parse()
            .map_err(|_| format!("{text:?} names no account"))?;
        Ok(Self::Account(account))
    }
}

impl FindingName {
    fn text(&self) -> &str {
        match self {
            Self::Kind(kind) => kind.name(),
            Self::Error(name) => name,
        }
    }
}

impl FindingKind {
    /// The id of a finding of this kind, about nothing in particular.
    pub const fn id(self) -> FindingId {
        FindingId::of(self)
    }
}

impl PartialOrd for FindingId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// In the order of their texts.
impl Ord for FindingId {
    fn cmp(&self, other: &Self) -> Ordering {
        let typed = |id: &Self| (id.name.clone(), id.subject.clone());
        let texts = self.to_string().cmp(&other.to_string());
        texts.then_with(|| typed(self).cmp(&typed(other)))
    }
}

impl FindingId {
    /// The id of a finding of a kind, about nothing in particular.
    pub const fn of(kind: FindingKind) -> Self {
        Self {
            name: FindingName::Kind(kind),
            subject: Subject::Nothing,
        }
    }

    /// The id of a finding that is named by an error. If a kind has that name, it is the id of the kind.
    pub fn error(name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        match FindingKind::from_name(&name) {
            Some(kind) => Self::of(kind),
            None => Self {
                name: FindingName::Error(name),
                subject: Subject::Nothing,
            },
        }
    }

    /// The id of a finding about a field, a function or another name of the sources. No name can end the id, or add
    /// another one after it.
    pub fn about(kind: FindingKind, name: impl AsRef<str>) -> Self {
        Self::with_text(kind, name_word(name.as_ref()))
    }

    /// The id of a finding about a text that is encoded.
    fn with_text(kind: FindingKind, subject: String) -> Self {
        Self {
            subject: Subject::Text(subject),
            ..Self::of(kind)
        }
    }

    /// The id of a finding about an account.
    pub fn at(kind: FindingKind, account: Address) -> Self {
        Self::of(kind).of_account(account)
    }

    /// The same finding about an account.
    #[must_use]
    pub fn of_account(mut self, account: Address) -> Self {
        self.subject = Subject::Account(account);
        self
    }

    /// The id of a finding about a part of a review.
    pub const fn of_part(kind: FindingKind, part: Part) -> Self {
        Self {
            name: FindingName::Kind(kind),
            subject: Subject::Part(part),
        }
    }

    /// The id of a part that nobody looked at.
    pub const fn absent(part: Part) -> Self {
        Self::of_part(FindingKind::Absent, part)
    }

    /// The id of an open action of others that changes the same.
    pub fn other_action(action: ActionId) -> Self {
        let text = action.to_string();
        let first = text.get(..2 + ACTION_DIGITS).unwrap_or(&text);
        Self {
            subject: Subject::Action(first.to_owned()),
            ..Self::of(FindingKind::OtherAction)
        }
    }

    /// The id of an instance whose code `replacer` can replace without the registry. Each account has an id of its own.
    pub const fn code_replaceable(proxy: Address, replacer: CodeReplacer) -> Self {
        Self {
            name: FindingName::Kind(FindingKind::CodeReplaceable),
            subject: Subject::CodeReplacer(proxy, replacer),
        }
    }

    /// The id of a finding about a field. All entries of a mapping share it.
    pub fn of_field(kind: FindingKind, area: &str, field: &str) -> Self {
        let field = member_path(field);
        let place = if area.is_empty() {
            label_word(&field)
        } else {
            format!("{}:{}", encoded(area, b"._-+:"), label_word(&field))
        };
        Self::with_text(kind, place)
    }

    /// The id of a finding about a version.
    pub fn of_version(kind: FindingKind, label: &str) -> Self {
        Self::with_text(kind, label_word(label))
    }

    /// The id of a finding of OpenZeppelin's validator, by its kind and place.
    pub fn of_validator(kind: &str, place: &str) -> Self {
        Self::about(FindingKind::Oz, format!("{kind}:{place}"))
    }

    /// The id of a place that may forge the layout, with the first digits of the hash of its name.
    pub fn slots_by_hand(place: &str, digits: &str) -> Self {
        let place = encoded(place, b"._-+/:");
        Self::with_text(FindingKind::SlotsByHand, format!("{place}@{digits}"))
    }

    /// Reads the id of a finding that can be accepted; none if no such finding has it.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, subject) = match text.split_once(':') {
            Some((name, subject)) => (name, Some(subject)),
            None => (text, None),
        };
        let Some(kind) = FindingKind::from_name(name) else {
            let id = Self::error(name.to_owned()).of_account(subject?.parse().ok()?);
            return Some(id);
        };
        let subject = match (kind.accepted_by()?, subject) {
            (SubjectForm::Nothing, None) => Subject::Nothing,
            (SubjectForm::Nothing, Some(_)) | (_, None) => return None,
            (SubjectForm::Text, Some(text)) => {
                (!text.is_empty()).then(|| Subject::Text(text.to_owned()))?
            }
            (SubjectForm::Account, Some(text)) => Subject::Account(text.parse().ok()?),
            (SubjectForm::Part, Some(text)) => {
                let mut parts = Part::ALL.into_iter();
                Subject::Part(parts.find(|part| part.name() == text)?)
            }
            (SubjectForm::Action, Some(text)) => {
                let digits = text.strip_prefix("0x")?;
                let is_action = digits.len() == ACTION_DIGITS
                    && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                is_action.then(|| Subject::Action(text.to_owned()))?
            }
            (SubjectForm::CodeReplacer, Some(text)) => {
                let (proxy, replacer) = text.split_once(':')?;
                Subject::CodeReplacer(proxy.parse().ok()?, replacer.parse().ok()?)
            }
        };
        Some(Self {
            name: FindingName::Kind(kind),
            subject,
        })
    }

    /// The kind; none for a finding that is named by an error.
    pub const fn kind(&self) -> Option<FindingKind> {
        match &self.name {
            FindingName::Kind(kind) => Some(*kind),
            FindingName::Error(_) => None,
        }
    }

    /// Returns true if it is of that kind.
    pub fn is(&self, kind: FindingKind) -> bool {
        self.kind() == Some(kind)
    }

    /// The text before the colon.
    pub fn name(&self) -> &str {
        self.name.text()
    }

    /// The account that it is about, if it is about one.
    pub const fn account(&self) -> Option<Address> {
        match self.subject {
            Subject::Account(account) => Some(account),
            _ => None,
        }
    }

    /// The account that it is about, or the instance whose code it says that somebody can replace.
    pub const fn instance(&self) -> Option<Address> {
        match self.subject {
            Subject::Account(account) | Subject::CodeReplacer(account, _) => Some(account),
            _ => None,
        }
    }

    /// The name of it as an error: `replay-empty` is `ReplayEmpty`.
    pub fn error_name(&self) -> String {
        error_name(self.name())
    }

    /// The part that it is about, if the finding is the same for the same code in every block.
    pub fn part_of_code(&self) -> Option<Part> {
        self.kind().and_then(FindingKind::part_of_code)
    }

    /// Returns true if it can be accepted. An error can be accepted if it stops one instance alone.
    pub fn is_acceptable(&self) -> bool {
        let Some(kind) = self.kind() else {
            return self.account().is_some();
        };
        let form = match self.subject {
            Subject::Nothing => SubjectForm::Nothing,
            Subject::Text(_) => SubjectForm::Text,
            Subject::Account(_) => SubjectForm::Account,
            Subject::Part(_) => SubjectForm::Part,
            Subject::Action(_) => SubjectForm::Action,
            Subject::CodeReplacer(..) => SubjectForm::CodeReplacer,
        };
        kind.accepted_by() == Some(form)
    }

    /// The flag that accepts all of these.
    pub fn flag<'a>(ids: impl IntoIterator<Item = &'a Self>) -> String {
        let ids: Vec<String> = ids.into_iter().map(Self::to_string).collect();
        format!("--accept {}", shell_word(&ids.join(",")))
    }
}

/// The name of a kind as an error: `replay-empty` is `ReplayEmpty`.
pub fn error_name(kind: &str) -> String {
    let words = kind.split('-').map(|word| {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        format!("{}{rest}", first.to_uppercase())
    });
    words.collect()
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match &self.subject {
            Subject::Nothing => f.write_str(name),
            Subject::Text(subject) | Subject::Action(subject) => write!(f, "{name}:{subject}"),
            Subject::Account(account) => write!(f, "{name}:{account}"),
            Subject::Part(part) => write!(f, "{name}:{part}"),
            Subject::CodeReplacer(proxy, replacer) => write!(f, "{name}:{proxy}:{replacer}"),
        }
    }
}

impl From<FindingKind> for FindingId {
    fn from(kind: FindingKind) -> Self {
        Self::of(kind)
    }
}

impl Serialize for FindingId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl PartialEq<str> for FindingId {
    fn eq(&self, other: &str) -> bool {
        let text = self.to_string();
        text == other
    }
}
