//! Checks of the code: its constructor, its size, its sources.

use super::{Built, Code, Found, Runs, Stage, Transition};
use crate::assess::{
    Evidence, Fact, Finding, FindingId, FindingKind, Origin, Part, Severity, Together,
};
use crate::layout::{Judgement, Side, ValidatorFinding};
use crate::plan::{replacing_code, replacing_functions, replacing_listed};
use alloy::primitives::{Address, B256, U256};
use std::collections::BTreeSet;
use std::sync::Arc;
use stylus_layout::Document;
use stylus_upgrades_interface::limits::{CODE_SIZE_MAX, FRAGMENTS_MAX};

/// SDK constructors in the storage of adopted proxies: the framework's proxies have it marked as run; in those
/// of others nothing keeps a stranger from running it.
pub(super) fn constructor(transition: &Transition, found: &mut Found) {
    let open = transition.open_to_constructor.value();
    let is_seen = transition.open_to_constructor.is_proven();
    let proxy = match open.map(Vec::as_slice) {
        Some([]) if is_seen => return,
        Some([first, ..]) => first.to_string(),
        _ => "an adopted proxy".into(),
    };
    let message = format!(
        "{} has a #[constructor] that never ran in {proxy}, or cannot be read: anybody could run it there",
        transition.code
    );
    let finding = Finding::named(
        Part::Code,
        Severity::Danger,
        FindingKind::ConstructorOpen,
        message,
    );
    found.findings.push(finding.with(
        "a program without an SDK constructor, or a proxy in whose storage it has run",
        "a #[constructor] of the SDK that nobody ran there yet, or a module that cannot be read",
        "nothing was sent; use code that has an #[initializer] in its place",
    ));
}

/// Reports functions that replace the code of the proxy, if the previous version had none.
pub(super) fn replacing(transition: &Transition, found: &mut Found) {
    let old = transition.old.as_ref();
    let had = old.and_then(|old| old.known.value()).map(replacing_listed);
    let is_new = match (old, had) {
        (None, _) => matches!(transition.runs, Runs::Nothing),
        (Some(_), Some(had)) => had.is_empty(),
        // A proxy of others may have been adopted because of them.
        (Some(_), None) => false,
    };
    if !is_new || transition.stage == Stage::Registered || transition.replacing.is_empty() {
        return;
    }
    let finding = replacing_code(&transition.code, &transition.replacing);
    found.findings.push(finding);
}

impl Code {
    /// The functions that replace the code of its proxy. The bytes of a program are not searched.
    pub fn replacing(&self) -> Vec<String> {
        let document = self.layout.value();
        replacing_functions(&self.bytes.code, document)
    }
}

/// Reports the judgement of OpenZeppelin's validator about the sources. Sources that were not judged are reported as
/// well: they are not the same as sources without findings.
pub(super) fn judgement(transition: &Transition, found: &mut Found) {
    // What ran before was judged when it was new.
    if transition.goes_back || transition.stage == Stage::Registered {
        return;
    }
    let Some(audit) = &transition.audit else {
        return;
    };
    // A build searches the sources of a program.
    let is_built = matches!(transition.stage, Stage::Judged(Built { code: true, .. }));
    if is_built && audit.value().is_none() {
        return;
    }
    let code = &transition.code;
    let (origin, why) = match audit.value().map(|audit| &audit.judgement) {
        Some(Err(why)) => (Origin::NotKnown, why.as_str()),
        _ => (audit.origin(), audit.why()),
    };
    let why = match (origin, why) {
        (_, "") => String::new(),
        (Origin::NotKnown, why) => {
            format!("OpenZeppelin's validator did not judge the sources of {code}: {why}")
        }
        (_, why) => format!("OpenZeppelin's validator judged the sources of {code}, but {why}"),
    };
    let evidence = Evidence::whole(Part::Code, origin, why);
    found.coverage.add(evidence);
    if let Some(audit) = audit.value() {
        found
            .findings
            .extend(audit.open.as_deref().map(open_implementation));
        found
            .findings
            .extend(validator_findings(transition, &audit.judgement));
    }
}

/// The finding that anybody can initialize the implementation itself. The storage of its proxies is another one.
fn open_implementation(contract: &str) -> Finding {
    let message = format!("anybody can initialize {contract} where it lies");
    let finding = Finding::named(
        Part::Code,
        Severity::Warning,
        FindingKind::OpenImplementation,
        message,
    );
    finding.with(
        "code that is initialized, or locked",
        "initializers, and no constructor that locks them",
        "call _disableInitializers() in its constructor",
    )
}

/// The findings of OpenZeppelin's validator. One note lists those that the previous version has too. A tag turns a
/// finding into a note for its author alone: an approver, or the owner who gives a proxy to the code of others, has to
/// accept what tags allow.
fn validator_findings(transition: &Transition, judgement: &Judgement) -> Vec<Finding> {
    let old = transition.old.as_ref().and_then(|old| old.known.value());
    let before = old.map_or(&[][..], |old| old.unsafe_code.as_slice());
    let is_own = transition.role.proposes();
    let together = Arc::new(Together {
        name: "UnsafeCode",
        message: format!("{} has operations that OpenZeppelin's validator refuses behind a proxy", transition.code),
        expected: "code that passes the validations of OpenZeppelin Upgrades".into(),
        found: None,
        next: if is_own {
            "change the source; if the operation is safe here, allow it there (/// @custom:oz-upgrades-unsafe-allow KIND)"
        } else {
            "read each in the sources, and accept only what you would allow"
        }
        .into(),
    });
    let note = |id: FindingId, says: String| Finding::new(Part::Code, Severity::Note, id, says);
    let danger = |id: FindingId, about: &str, says: String| {
        Finding::of_several(Part::Code, (id, about), says, &together)
    };
    let judged = || judgement.iter().flatten();
    let names: BTreeSet<String> = judged().map(ValidatorFinding::name).collect();
    let is_known = |finding: &&ValidatorFinding| finding.is_in(before, &names);
    let (known, new): (Vec<&ValidatorFinding>, Vec<_>) = judged().partition(is_known);
    let (allowed, refused): (Vec<&ValidatorFinding>, Vec<_>) =
        new.into_iter().partition(|finding| finding.is_allowed);
    let mut all = Vec::new();
    if !known.is_empty() {
        let says = format!(
            "OpenZeppelin's validator finds what {} has as well: {}",
            transition.from,
            places_by_kind(&known)
        );
        let finding = note(FindingId::about(FindingKind::Oz, "as-before"), says);
        all.push(finding.from(Origin::Remembered));
    }
    for finding in refused {
        let ValidatorFinding {
            kind,
            place,
            file,
            words,
            ..
        } = finding;
        let id = FindingId::of_validator(kind, place);
        let says = format!("{place} ({file}): {words}");
        all.push(danger(id, place, says).from(Origin::Remembered));
    }
    for several in allowed.chunk_by(has_same_kind) {
        let kind = several.first().map_or("", |finding| &finding.kind);
        let places = several
            .iter()
            .map(|finding| format!("{} ({})", finding.place, finding.file));
        let places = places.collect::<Vec<_>>().join(", ");
        let says =
            format!("its author allows {kind} in {places} (@custom:oz-upgrades-unsafe-allow)");
        let id = FindingId::about(FindingKind::OzAllowed, kind);
        let finding = if is_own {
            note(id, says)
        } else {
            danger(id, kind, says)
        };
        all.push(finding.from(Origin::Annotation));
    }
    all
}

fn has_same_kind(a: &&ValidatorFinding, b: &&ValidatorFinding) -> bool {
    a.kind == b.kind
}

/// The places of findings, each kind with its own.
fn places_by_kind(findings: &[&ValidatorFinding]) -> String {
    let kinds = findings.chunk_by(has_same_kind).map(|several| {
        let kind = several.first().map_or("", |finding| &finding.kind);
        let places: Vec<&str> = several.iter().map(|finding| &*finding.place).collect();
        format!("{kind} ({})", places.join(", "))
    });
    kinds.collect::<Vec<_>>().join(", ")
}

/// Shows the values that a constructor and a linker wrote into the code, which no source states, and compares them with
/// those of the version before.
pub(super) fn filled(transition: &Transition, found: &mut Found) {
    let of = |side: &Side| side.known.value().map(|known| known.filled.clone());
    let new = of(&transition.new).unwrap_or_default();
    let old = transition.old.as_ref().and_then(of).unwrap_or_default();
    let mut shown = Vec::new();
    for slot in &new {
        let (word, kind, says) = match slot.code {
            Some(code) => {
                let account = Address::from_word(slot.value);
                let says = format!("{account} (code {code})");
                ("library", FindingKind::LibraryChanged, says)
            }
            None => (
                "immutable",
                FindingKind::ImmutableChanged,
                in_words(slot.value),
            ),
        };
        let name = &slot.name;
        let before = old.iter().find(|other| &other.name == name);
        let Some(before) = before.filter(|before| *before != slot) else {
            shown.push(format!("{word} {name} is {says}"));
            continue;
        };
        let was = match before.code {
            Some(code) => format!("{} (code {code})", Address::from_word(before.value)),
            None => in_words(before.value),
        };
        let id = FindingId::about(kind, name);
        let message = format!("{word} {name} is {says}, and was {was} in the version before");
        let next = format!("to accept it: {}", FindingId::flag([&id]));
        let finding = Finding::new(Part::Code, Severity::Danger, id, message);
        let finding = finding.with(was, says, next);
        found
            .findings
            .push(finding.from(transition.new.known.origin()));
    }
    if !shown.is_empty() {
        let message = shown.join(", ");
        let finding = Finding::named(Part::Code, Severity::Note, FindingKind::FilledIn, message);
        found
            .findings
            .push(finding.from(transition.new.known.origin()));
    }
}

/// Immutables that are fields of the storage now: those begin at zero, whatever the constructor wrote into the code.
pub(super) fn emptied(transition: &Transition, found: &mut Found) {
    let of = |side: &Side| side.known.value().cloned();
    let (Some(old), Some(new)) = (transition.old.as_ref().and_then(of), of(&transition.new)) else {
        return;
    };
    let plain = |name: &str| {
        let name = name.rsplit('.').next().unwrap_or(name);
        name.replace('_', "").to_lowercase()
    };
    let fields = |document: &Document| -> BTreeSet<String> {
        let layout = &document.layout;
        let all = layout.namespaces.values().flatten();
        let all = layout.storage.iter().chain(all);
        all.map(|item| plain(&item.label)).collect()
    };
    let (before, after) = (fields(&old), fields(&new));
    for slot in old.filled.iter().filter(|slot| slot.code.is_none()) {
        let name = plain(&slot.name);
        if before.contains(&name) || !after.contains(&name) {
            continue;
        }
        let was = in_words(slot.value);
        let id = FindingId::about(FindingKind::ImmutableChanged, &slot.name);
        let message = format!(
            "immutable {} was {was}, and is a field that begins at zero now",
            slot.name
        );
        let next = format!(
            "set it in the upgrade, by a function that nobody else can call first; to accept it: {}",
            FindingId::flag([&id])
        );
        let finding = Finding::new(Part::Code, Severity::Danger, id, message);
        let finding = finding.with(was, "a field that nothing has set", next);
        found
            .findings
            .push(finding.from(transition.new.known.origin()));
    }
}

/// A word as a number where it is a short one, else as it is.
fn in_words(value: B256) -> String {
    let number = U256::from_be_bytes(value.0);
    if number < U256::from(1_u128 << 100) {
        number.to_string()
    } else {
        value.to_string()
    }
}

/// Warns if the code is nearly as large as it may be: the version after it may not fit.
pub(super) fn size(transition: &Transition, found: &mut Found) {
    let Some(size) = &transition.size else {
        return;
    };
    let known = size.value().filter(|_| size.is_proven());
    let (severity, says) = match known {
        Some((size, max)) if size * 10 < max * 9 => return,
        Some((size, max)) => (
            Severity::Warning,
            format!(
                "{} has {size} of at most {max} bytes on chain",
                transition.code
            ),
        ),
        None => (
            Severity::Unknown,
            format!(
                "the size of {} is not known: {}",
                transition.code,
                size.why()
            ),
        ),
    };
    let mut finding = Finding::named(Part::Code, severity, FindingKind::CodeSize, says);
    finding.next = Some("make the contract smaller, or split it".into());
    found.findings.push(finding.from(size.origin()));
}

impl Code {
    /// Bytes of it, or of its fragments without the list of them, and how many there may be.
    pub fn size(&self) -> Fact<(usize, usize)> {
        let (size, pieces) = match self.bytes.fragments.as_slice() {
            [] => (self.bytes.code.len(), 1),
            all => (all.iter().map(|part| part.len()).sum(), FRAGMENTS_MAX),
        };
        Fact::of((size, pieces * CODE_SIZE_MAX), self.origin())
    }
}

/// Checks if the sources of the code are known.
pub(super) fn source(transition: &Transition, found: &mut Found) {
    for source in &transition.sources {
        let seen = source.about(Part::Source);
        found
            .coverage
            .add(match (transition.stage, source.origin()) {
                // It is what one knows of registered code at this place.
                (Stage::Proposed | Stage::Registered, Origin::Chain) => seen.expected(),
                _ => seen,
            });
    }
}
