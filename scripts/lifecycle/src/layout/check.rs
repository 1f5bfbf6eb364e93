//! Checks that a version may take over the storage of another one. Nothing is sent before this is answered.

use super::error;
use super::live::Dirty;
use crate::assess::{
    Accepted, Coverage, Evidence, Fact, Finding, FindingId, FindingKind, Origin, Part, Severity,
    Together,
};
use crate::client::ChainError;
use crate::ids::LayoutHash;
use alloy::primitives::keccak256;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use stylus_layout::{
    Decision, Declared, Document, FieldChange, FieldPlace, Layout, Location, Storage, Unlisted,
    Verdict, WalkLimits, compare,
};

/// One version of a pair.
#[derive(Debug, Clone)]
pub struct Side {
    /// The hash of its layout document, as the registry records it; zero if there is none.
    pub hash: LayoutHash,
    /// The document.
    pub known: Fact<Document>,
}

/// Two versions, one of which is to take over the storage of the other.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// The definition.
    pub name: &'a str,
    /// The version before.
    pub from: &'a str,
    /// The new version.
    pub to: &'a str,
    /// Its layout before.
    pub old: &'a Side,
    /// The new layout.
    pub new: &'a Side,
    /// True if a migration runs in between.
    pub runs_migration: bool,
    /// True if the code is that of an earlier version.
    pub goes_back: bool,
}

/// The result of a comparison.
#[derive(Debug, Clone, Default)]
pub struct Compared {
    /// Obstacles unless they are accepted; and changes that are none, with the reason.
    pub found: Vec<Finding>,
    /// The extent of the comparison, and its sources.
    pub coverage: Coverage,
    /// Everything that differs.
    pub report: Vec<FieldChange>,
    /// The reason why the layouts were not compared.
    pub unknown: Option<String>,
    /// The parts of the storage that were not compared although both layouts are known.
    pub partial: Vec<String>,
}

/// A comparison, and what became of what it found.
#[derive(Debug, Clone, Serialize)]
pub struct StorageCheck {
    /// The version before.
    pub from: String,
    /// The new version.
    pub to: String,
    /// `unchanged`, `safe`, `accepted` or `unknown`.
    pub verdict: &'static str,
    /// The reason why the layouts were not compared.
    pub unknown: Option<String>,
    /// The parts of the storage that were not compared although both layouts are known.
    pub partial: Vec<String>,
    /// The hash of the layout before; zero if there is none.
    pub old: LayoutHash,
    /// The hash of the new layout; zero if there is none.
    pub new: LayoutHash,
    /// Changes that would be obstacles and are none: the account that says so, or the reason.
    pub accepted: Vec<Finding>,
    /// The changes that were found.
    pub findings: Vec<FieldChange>,
}

/// Compares the layouts of a pair.
///
/// # Errors
/// Layouts that no compiler writes.
pub fn check_storage(pair: &Pair<'_>) -> Result<Compared, ChainError> {
    let mut found = Compared::default();
    let both = [pair.old, pair.new].map(|side| side.known.value());
    let [Some(old), Some(new)] = both else {
        if pair.old.hash == pair.new.hash && !pair.old.hash.is_zero() {
            // One hash, one layout, and nobody knows what it lists.
            found.partial = vec!["the layout is known by its hash alone".into()];
            found.coverage.seen(Part::Layout, Origin::Chain);
        } else {
            found.not_compared(pair);
        }
        found.note_partial(pair);
        return Ok(found);
    };
    found.report = compare(&old.layout, &new.layout)
        .map_err(error::incomparable)?
        .findings;
    let is_exchange = |change: &FieldChange| change.declared == Some(Declared::Exchanged);
    let is_asking =
        |change: &FieldChange| change.decision <= Decision::Asks && !is_exchange(change);
    let is_noted = |change: &&FieldChange| change.decision != Decision::Safe || is_exchange(change);
    let noted = found.report.iter().filter(is_noted).map(|change| {
        let id = finding_id(change);
        (change, pair.why_not(change, &id).ok_or(id))
    });
    let noted: Vec<_> = noted.collect();
    let in_the_way = noted.iter().filter_map(|(_, known)| known.as_ref().err());
    let ids: Vec<FindingId> = in_the_way.cloned().collect();
    let together = Arc::new(pair.together(&ids, found.report.iter().all(is_asking)));
    let findings = noted.into_iter().map(|(change, known)| {
        let finding = known.unwrap_or_else(|id| {
            Finding::of_several(
                Part::Layout,
                (id, &change.field),
                in_words(change),
                &together,
            )
        });
        let source = |place: &'_ Option<Location>| place.as_ref()?.source.clone();
        let (new, old) = (source(&change.new), source(&change.old));
        finding.declared_at(new.as_deref(), old.as_deref())
    });
    found.found = findings.collect();
    found.found.extend(pair.namespaces_not_listed());
    found.found.extend(pair.slots_by_hand(old, new));
    found.partial = pair.partial();
    for side in [pair.old, pair.new] {
        found.coverage.add(side.known.about(Part::Layout));
    }
    found.note_partial(pair);
    found.note_declared();
    Ok(found)
}

impl Compared {
    /// Two layouts that differ, at least one of which nobody has.
    fn not_compared(&mut self, pair: &Pair<'_>) {
        let missing = pair.sides().into_iter();
        let missing = missing.filter(|(_, side)| side.known.value().is_none());
        let reasons = missing.map(|(version, side)| format!("{version}: {}", side.known.why()));
        let why = reasons.collect::<Vec<_>>().join("; ");
        let absent = Evidence::whole(Part::Layout, Origin::NotKnown, &why);
        self.coverage.add(absent.told());
        let (name, from) = (label(pair.name, pair.to), pair.from);
        let together = Together {
            name: "LayoutNotCompared",
            message: format!(
                "{name} may misread the storage of {from}: the layouts cannot be compared ({why})"
            ),
            expected: format!("the layouts of {from} and of {}", pair.to),
            found: Some(why.clone()),
            next: "register versions whose code derives StorageLayout, or give --layout FILE"
                .into(),
        };
        let about = (FindingKind::NotCompared.id(), "");
        let says = "the layouts were not compared";
        let found = Finding::of_several(Part::Layout, about, says, &Arc::new(together));
        self.found.push(Finding {
            found: Some(why.clone()),
            ..found
        });
        self.unknown = Some(why);
    }

    fn note_partial(&mut self, pair: &Pair<'_>) {
        // The proposer and the approvers of the previous version were asked that.
        let answered = format!("{}: {}", pair.from, Unlisted::NotBuilt);
        for why in &self.partial {
            let some = Evidence::some(Part::Layout, Origin::NotKnown, why);
            self.coverage.add(if *why == answered {
                some.expected()
            } else {
                some
            });
        }
    }

    /// Notes the facts that are known by somebody's word alone, which no compiler checks.
    fn note_declared(&mut self) {
        let changes = self
            .report
            .iter()
            .filter(|change| change.declared.is_some());
        let changes = changes.map(|change| finding_id(change).to_string());
        let migrated = self.found.iter();
        let migrated = migrated.filter(|finding| finding.origin == Origin::Annotation);
        let ids: Vec<String> = changes
            .chain(migrated.map(|finding| finding.id.to_string()))
            .collect();
        if !ids.is_empty() {
            let why = format!("declared by the author, not checked: {}", ids.join(", "));
            let declared = Evidence::whole(Part::Layout, Origin::Annotation, &why);
            self.coverage.add(declared);
            self.partial.push(why);
        }
    }

    /// With what was accepted of it.
    pub fn taken(self, pair: &Pair<'_>, accepted: &Accepted, live: &[Finding]) -> StorageCheck {
        let is_taken = |finding: &&Finding| {
            finding.severity < Severity::Danger || accepted.contains(&finding.id)
        };
        let all = self.found.iter().chain(live).filter(is_taken);
        let accepted: Vec<Finding> = all.map(Finding::taken).collect();
        // A new field on bytes that an instance has used is told as that alone.
        let is_dirty = |change: &FieldChange| {
            let dirty = Dirty::id_of(&change.area, &change.field);
            live.iter().any(|finding| finding.id == dirty)
        };
        let mut findings = self.report;
        findings.retain(|finding| finding.decision != Decision::Safe || !is_dirty(finding));
        let verdict = if self.unknown.is_some() {
            "unknown"
        } else if !accepted.is_empty() {
            "accepted"
        } else if findings.is_empty() {
            "unchanged"
        } else {
            "safe"
        };
        StorageCheck {
            from: pair.from.into(),
            to: pair.to.into(),
            verdict,
            unknown: self.unknown,
            partial: self.partial,
            old: pair.old.hash,
            new: pair.new.hash,
            accepted,
            findings,
        }
    }
}

/// Fields of one layout that are compared with others, at most.
const FIELDS_MAX: usize = 4_096;

/// The result of [`misplaced`].
pub struct Misplaced {
    /// Fields, and what each lies on.
    pub found: Vec<(String, String)>,
    /// The reasons why not all fields were compared.
    pub not_compared: Vec<String>,
}

/// The fields of code that migrates from one of these versions to the other, or the members of them, that neither has
/// there while one of them has others on those bytes: each by its name, with what it lies on.
pub fn misplaced(own: &Layout, versions: [(&str, &Layout); 2]) -> Misplaced {
    let mut not_compared = Vec::new();
    let mut all = |layout| {
        let limits = WalkLimits { fields: FIELDS_MAX };
        let walk = Storage::from(layout).walk(limits);
        not_compared.extend(walk.left_out);
        walk.fields
    };
    let own = all(own);
    let known = versions.map(|(version, layout)| (version, all(layout)));
    let words = |field: &FieldPlace| {
        let FieldPlace {
            name, label, place, ..
        } = field;
        format!(
            "{name} ({label} @ slot {} byte {})",
            place.slot, place.offset
        )
    };
    let mut found = Vec::new();
    for field in own.iter().filter(|field| !field.is_gap) {
        let fields = || {
            known
                .iter()
                .flat_map(|(version, all)| all.iter().map(move |own| (version, own)))
        };
        if fields().any(|(_, own)| is_the_same(own, field)) {
            continue;
        }
        let mut others = fields().filter(|(_, other)| !other.is_gap && other.shares_bytes(field));
        if let Some((version, other)) = others.next() {
            let says = format!("{} lies on {} of {version}", words(field), words(other));
            found.push((field.name.clone(), says));
        }
    }
    Misplaced {
        found,
        not_compared,
    }
}

/// Returns true if both have one place, type and name. A field that code does not use may begin with `_` there, and be a
/// member of something or not.
fn is_the_same(own: &FieldPlace, other: &FieldPlace) -> bool {
    let name = |field: &FieldPlace| {
        let name = field.name.rsplit('.').next().unwrap_or_default();
        name.trim_start_matches('_').to_owned()
    };
    own.begins_at(other) && name(own) == name(other) && own.label == other.label
}

/// A finding in words.
fn in_words(finding: &FieldChange) -> String {
    let place = |at: &Option<Location>| at.as_ref().map_or("gone".to_owned(), ToString::to_string);
    let places = match (&finding.old, &finding.new) {
        (None, Some(new)) => format!("new {new}"),
        (Some(old), Some(new)) if old.is_same(new) => old.to_string(),
        (old, new) => format!("{} → {}", place(old), place(new)),
    };
    let note = match finding.note.as_str() {
        "" => String::new(),
        note => format!(": {note}"),
    };
    let base = finding
        .which
        .as_ref()
        .and_then(|which| which.base.as_deref());
    let base = base.map_or(String::new(), |base| format!("{base}."));
    format!("{base}{}: {places}{note}", finding.field)
}

/// Returns the id of a finding: `reorder:owner`, `delete:erc7201:example.main:x`.
pub fn finding_id(finding: &FieldChange) -> FindingId {
    let kind = match finding.verdict {
        Verdict::SafeAppend => FindingKind::SafeAppend,
        Verdict::GapUse => FindingKind::GapUse,
        Verdict::Rename => FindingKind::Rename,
        Verdict::Retype => FindingKind::Retype,
        Verdict::Reorder => FindingKind::Reorder,
        Verdict::Insert => FindingKind::Insert,
        Verdict::Delete => FindingKind::Delete,
        Verdict::Shift => FindingKind::Shift,
        Verdict::NamespaceChange => FindingKind::NamespaceChange,
        Verdict::Unknown => FindingKind::Unknown,
    };
    FindingId::about(kind, finding.subject())
}

/// Returns the declaration in Cargo.toml of the fields that a migration moves: the table, and the line in it.
pub fn declaration(ids: &[FindingId]) -> [String; 2] {
    let ids = ids.iter().map(|id| format!("{:?}", id.to_string()));
    let ids: Vec<String> = ids.collect();
    let table = "[package.metadata.stylus-upgrades]".to_owned();
    [table, format!("migrates = [{}]", ids.join(", "))]
}

/// Lists the changes that a migration between two layouts has to see to.
///
/// # Errors
/// Layouts that no compiler writes.
pub fn moved_by_migration(old: &Layout, new: &Layout) -> Result<Vec<FindingId>, ChainError> {
    let report = compare(old, new).map_err(error::incomparable)?;
    let refused = report.findings.iter();
    let refused = refused.filter(|finding| finding.decision == Decision::Refused);
    Ok(refused.map(finding_id).collect())
}

impl Pair<'_> {
    /// Each side, by its version.
    const fn sides(&self) -> [(&str, &Side); 2] {
        [(self.from, self.old), (self.to, self.new)]
    }

    /// Returns true if the new layout is a compiler's: our attributes declare steps, and Solidity has no Cargo.toml.
    fn is_of_compiler(&self) -> bool {
        let new = self.new.known.value();
        new.is_some_and(|document| document.steps.is_none() && document.build.is_none())
    }

    /// Lists the parts that each side's layout does not list, by its version.
    fn unlisted(&self) -> impl Iterator<Item = (&str, Unlisted)> {
        self.sides().into_iter().flat_map(|(version, side)| {
            let document = side.known.value();
            let mut unlisted = document.map(Document::unlisted).unwrap_or_default();
            unlisted
                .retain(|part| !document.is_some_and(|document| is_of_solidity(document, part)));
            // Our attributes declare steps: what is recorded without any is of a file.
            let is_recorded = matches!(side.known.origin(), Origin::Chain | Origin::DefaultBranch);
            let is_of_file =
                document.is_some_and(|document| document.steps.is_none()) && is_recorded;
            if is_of_file && !unlisted.contains(&Unlisted::NotBuilt) {
                unlisted.push(Unlisted::NotBuilt);
            }
            unlisted.into_iter().map(move |part| (version, part))
        })
    }

    /// Lists the parts of the storage that nobody compared.
    fn partial(&self) -> Vec<String> {
        let mut partial: Vec<String> = self
            .unlisted()
            .map(|(version, part)| format!("{version}: {part}"))
            .collect();
        let documents = [self.old, self.new].map(|side| side.known.value());
        let fields = documents.into_iter().flatten();
        let fields: BTreeSet<String> = fields
            .flat_map(|field| field.layout.opaque_fields())
            .collect();
        if !fields.is_empty() {
            let fields = fields.into_iter().collect::<Vec<_>>().join(", ");
            partial.push(format!(
                "opaque fields, of which only name and size are known: {fields}"
            ));
        }
        partial
    }

    /// Returns the word of the contract's author that the migration handles a finding, if there is one and the migration
    /// runs. A declaration that the version before makes as well, or may make, is about the step before: that was kept.
    pub fn why_migrated(&self, part: Part, id: &FindingId) -> Option<Finding> {
        let names = |version: &Document| version.migrates.iter().any(|migrate| *id == **migrate);
        let (old, new) = (self.old.known.value(), self.new.known.value());
        let is_declared = self.runs_migration && new.is_some_and(names) && !old.is_none_or(names);
        let says = "the contract's author declares that its migration handles it";
        let found = Finding::new(part, Severity::Warning, id.clone(), says);
        is_declared.then(|| found.from(Origin::Annotation))
    }

    /// Returns the reason why a finding is no obstacle, if there is one.
    fn why_not(&self, finding: &FieldChange, id: &FindingId) -> Option<Finding> {
        if let Some(because) = self.why_migrated(Part::Layout, id) {
            return Some(because);
        }
        let says = match finding.verdict {
            // Its entries cannot be counted: whether a migration clears them, no copy shows.
            Verdict::Delete if self.runs_migration && is_keyed(finding) => return None,
            Verdict::Delete if self.runs_migration => {
                "left behind, unless the migration clears it: nobody reads what stays there"
            }
            Verdict::Delete if self.goes_back => {
                "left behind: the code that comes back never knew it"
            }
            Verdict::Rename if self.goes_back => "its old name comes back",
            _ => return None,
        };
        let (part, severity) = (Part::Layout, Severity::Warning);
        Some(Finding::new(part, severity, id.clone(), says))
    }

    /// Sums up findings of the comparison; `ids` are the obstacles.
    fn together(&self, ids: &[FindingId], all_ask: bool) -> Together {
        let (name, from) = (label(self.name, self.to), self.from);
        if all_ask {
            return Together {
                name: "LayoutUndeclared",
                message: format!(
                    "{name} has fields that {from} had under another name or type, and nobody declared that they \
                     are the same"
                ),
                expected: "a declaration for each".into(),
                found: None,
                next: if self.is_of_compiler() {
                    "/// @custom:oz-renamed-from NAME, or /// @custom:oz-retyped-from TYPE, before the variable"
                        .into()
                } else {
                    "#[layout(renamed_from, retyped_from)] in the contract".into()
                },
            };
        }
        let declared = declaration(ids).join(" ");
        let accepted: Vec<String> = ids.iter().map(ToString::to_string).collect();
        Together {
            name: "LayoutRefused",
            message: format!("{name} would misread the storage of {from}"),
            expected: format!(
                "every field of {from} in its place, or a migration that declares what it moves"
            ),
            found: None,
            next: if self.goes_back {
                "give a --script that moves the fields back (stylus-upgrades layout migration writes its code), \
                 and read it: code that comes back declares nothing"
                    .into()
            } else if self.runs_migration && self.is_of_compiler() {
                format!(
                    "if the migration moves them, accept what it moves: --accept {}",
                    accepted.join(",")
                )
            } else if self.runs_migration {
                format!(
                    "if the migration moves them, declare it in Cargo.toml of {} and rebuild: {declared}",
                    self.to
                )
            } else if self.is_of_compiler() {
                "keep the old variables where they are, and put new ones after them or in a gap; or run a \
                 migration that moves the values, and accept what it moves"
                    .into()
            } else {
                format!(
                    "keep the old fields where they are, or run a migration (stylus-upgrades layout migration writes \
                     its code; --call or --script) and declare what it moves in Cargo.toml: {declared}"
                )
            },
        }
    }

    /// A finding for each place that may forge the layout and that only one of the two versions has. Places of both
    /// were accepted before.
    fn slots_by_hand(&self, old: &Document, new: &Document) -> Vec<Finding> {
        let [before, after] = [old, new].map(places_by_hand);
        let differ = |places: &BTreeSet<&str>, from: &BTreeSet<&str>| -> Vec<String> {
            places
                .difference(from)
                .map(|place| (*place).to_owned())
                .collect()
        };
        let (lost, new) = (differ(&before, &after), differ(&after, &before));
        let (name, from) = (label(self.name, self.to), self.from);
        let in_words = |places: &[String]| match places {
            [] => "nothing else".to_owned(),
            places => places.join("; "),
        };
        let (was, is) = (in_words(&lost), in_words(&new));
        let together = Together {
            name: "SlotsByHand",
            message: format!(
                "{name} may misread the storage of {from}: their layouts are not proven"
            ),
            expected: format!("the places of {from} that may forge its layout: {was}"),
            found: Some(is),
            next: "derive StorageLayout for every struct, and depend on packages of the registry; or read both versions, \
                   and accept the finding"
                .into(),
        };
        let together = Arc::new(together);
        let new = new
            .iter()
            .map(|place| (place, format!("{name} has {place}")));
        // A layout that was forged there may not be what the previous version stored.
        let lost = lost
            .iter()
            .map(|place| (place, format!("{name} has no {place}, as {from} has")));
        let all = new.chain(lost);
        all.map(|(place, says)| found_by_hand(place, says, &together))
            .collect()
    }

    /// Reports layouts that list no namespaces, though their contracts may have some.
    fn namespaces_not_listed(&self) -> Option<Finding> {
        let unlisted: Vec<(&str, Unlisted)> = self.unlisted().collect();
        let is_namespaces =
            |part: &Unlisted| matches!(part, Unlisted::Namespaces | Unlisted::NamespacesOf(_));
        let versions = unlisted.iter().filter(|(_, part)| is_namespaces(part));
        let versions: Vec<&str> = versions.map(|(version, _)| *version).collect();
        let compiler = unlisted.iter().find_map(|(_, part)| match part {
            Unlisted::NamespacesOf(compiler) => Some(compiler),
            _ => None,
        });
        let (of, name) = (versions.join(" and of "), label(self.name, self.to));
        let together = Together {
            name: "NamespacesNotListed",
            message: format!(
                "{name} may misread what {} keeps in ERC-7201 namespaces: the layout of {of} lists none",
                self.from
            ),
            expected: "layouts that list every namespace: the storageLayout of solc and foundry does not".into(),
            found: Some(match compiler {
                Some(compiler) => format!(
                    "a build-info of solc {compiler}, whose AST does not show which structs the sources annotate \
                     with @custom:storage-location"
                ),
                None => format!("no list of namespaces in the layout of {of}"),
            }),
            next: match compiler {
                Some(_) => "compile these sources with solc 0.8.20 or later for the list of namespaces, or accept \
                            the finding"
                    .into(),
                None => "give the layout that @openzeppelin/upgrades-core writes, with `namespaces`, or solc's \
                         build-info with its AST"
                    .into(),
            },
        };
        let says = format!("the layout of {of} lists no namespaces");
        let about = (FindingKind::NamespacesNotListed.id(), "");
        let found = || Finding::of_several(Part::Layout, about, says, &Arc::new(together));
        (!versions.is_empty()).then(found)
    }
}

/// Returns true for slots that Solidity code computes, as older programs recorded them: a contract does not declare
/// them.
fn is_of_solidity(document: &Document, unlisted: &Unlisted) -> bool {
    let Unlisted::SlotsByHand(places) = unlisted else {
        return false;
    };
    let has_code = |place: &String| {
        let is_of_file = place.contains(".sol: ") && place.contains(" at 0x");
        is_of_file || place.contains(", code ")
    };
    document.steps.is_none() && document.build.is_none() && places.iter().all(has_code)
}

/// The places of a program that may forge its layout.
fn places_by_hand(document: &Document) -> BTreeSet<&str> {
    let unlisted = document.layout.unlisted.iter().flatten();
    let places = unlisted.filter_map(|part| match part {
        Unlisted::SlotsByHand(places) if !is_of_solidity(document, part) => Some(places),
        _ => None,
    });
    places.flatten().map(String::as_str).collect()
}

/// A finding for each place that may forge the layout of the first version of a program. Accepting one covers the
/// versions after it.
pub fn first_by_hand(name: &str, new: &Document) -> Vec<Finding> {
    let places: Vec<&str> = places_by_hand(new).into_iter().collect();
    let together = Together {
        name: "SlotsByHand",
        message: format!("the layout of {name} is not proven: its sources may forge it"),
        expected: "a layout that every struct derives, in packages that were searched".into(),
        found: Some(places.join("; ")),
        next: "derive StorageLayout for every struct, and depend on packages of the registry; or read these places, and \
               accept the finding"
            .into(),
    };
    let together = Arc::new(together);
    let says = |place: &str| format!("{name} has {place}, which may forge its layout");
    let all = places.into_iter();
    all.map(|place| found_by_hand(place, says(place), &together))
        .collect()
}

/// The finding of one place that may forge a layout.
fn found_by_hand(place: &str, says: String, together: &Arc<Together>) -> Finding {
    let hash = keccak256(place).to_string();
    let digits = hash.get(2..34).unwrap_or_default();
    let id = FindingId::slots_by_hand(&place.replace(": ", ":"), digits);
    Finding::of_several(Part::Layout, (id, ""), says, together)
}

/// A version of a definition; layouts that are compared by themselves have no definition.
pub(super) fn label(definition: &str, version: &str) -> String {
    format!("{definition} {version}").trim_start().to_owned()
}

impl StorageCheck {
    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let Self { from, to, .. } = self;
        let mut lines = vec![match (&self.unknown, self.verdict) {
            (Some(reasons), _) => {
                format!("storage    {to} and {from} were not compared ({reasons}), although:")
            }
            (None, "unchanged") if !self.partial.is_empty() => {
                format!("storage    what was compared of {from} stays in {to} as it is")
            }
            (None, "unchanged") => format!("storage    {to} keeps the layout of {from}"),
            (None, "safe") => format!("storage    {to} can take over the storage of {from}"),
            _ => format!("storage    {to} takes over the storage of {from}, although:"),
        }];
        let partial = self.partial.iter();
        lines.extend(partial.map(|why| format!("           not compared: {why}")));
        for finding in &self.accepted {
            lines.push(format!("           {}: {}", finding.id, finding.message));
        }
        lines
    }
}

/// Returns true if it is about a mapping.
fn is_keyed(finding: &FieldChange) -> bool {
    let old = finding.old.as_ref();
    old.is_some_and(|old| old.kind.starts_with("mapping("))
}

#[cfg(test)]
mod tests;
