//! The extent to which each part was seen. It is computed from where what is known of it comes from; nobody
//! says "complete".

use super::extent::Extent;
use super::finding::{Finding, Severity};
use super::id::FindingId;
use super::kind::FindingKind;
use super::origin::{Origin, Part, concludes};
use super::refusal::Refused;
use super::together::Together;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// The source of what is known of a part, or of some of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    part: Part,
    origin: Origin,
    /// True if the rest of the part is known better.
    is_some: bool,
    /// True if a finding of its own says that nobody looked: it is not refused twice.
    is_told: bool,
    /// True if no line says it.
    is_expected: bool,
    why: String,
}

/// The evidence of each part. A part that is not among it had nothing to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage(Vec<Evidence>);

impl Part {
    /// Says how it can be checked after all.
    const fn advice(self) -> &'static str {
        match self {
            Self::Steps => {
                "give the label of the previous version (of check: --from); build the code with the attributes of \
                 stylus-upgradeable"
            }
            Self::Source => "give the source instead of what was built from it",
            Self::Interface => {
                "name the folder of its sources (of an action: --source DIR; of Solidity: --layout BUILD_INFO:NAME, with \
                 its solc in PATH), or compare the sources of both versions (of check: --against git:REVISION, or a \
                 version whose files are committed to the default branch)"
            }
            Self::Simulation => {
                "give an endpoint and a registry, leave --against out, and end what is under \
                 way (`stylus-upgrades status`)"
            }
            Self::LiveInstances => {
                "give an endpoint and a registry (of check: leave --against out), so that the instances are read"
            }
            Self::Code => {
                "name its build-info, so that its sources are judged: --layout BUILD_INFO:NAME, with its solc and node in PATH; \
                 of a Stylus program the folder of its crate: --layout DIR"
            }
            Self::Layout => {
                "derive StorageLayout in its sources and register what is built of them, or give the layout of exactly \
                 this code: --layout FILE, or --layout DIR with the folder of its crate"
            }
            _ => "check it in another way",
        }
    }
}

impl Evidence {
    /// All that is known of a part is known from there.
    pub fn whole(part: Part, origin: Origin, why: impl Into<String>) -> Self {
        Self {
            part,
            origin,
            is_some: false,
            is_told: false,
            is_expected: false,
            why: why.into(),
        }
    }

    /// Some of a part is known from there, and the rest better.
    pub fn some(part: Part, origin: Origin, why: impl Into<String>) -> Self {
        Self {
            is_some: true,
            ..Self::whole(part, origin, why)
        }
    }

    /// A finding of its own says it.
    #[must_use]
    pub fn told(mut self) -> Self {
        self.is_told = true;
        self
    }

    /// It is what one knows of registered code at this place: no line says it.
    #[must_use]
    pub fn expected(mut self) -> Self {
        self.is_expected = true;
        self
    }

    fn extent(&self) -> Extent {
        match concludes(self.part, self.origin) {
            Extent::Absent if self.is_some => Extent::Partial,
            extent => extent,
        }
    }
}

impl Coverage {
    /// Nothing was checked.
    pub fn absent(why: &str) -> Self {
        let all = Part::ALL
            .into_iter()
            .filter(|part| *part != Part::Simulation);
        Self(
            all.map(|part| Evidence::whole(part, Origin::NotKnown, why))
                .collect(),
        )
    }

    /// A part was looked at as a whole.
    pub fn seen(&mut self, part: Part, origin: Origin) {
        self.add(Evidence::whole(part, origin, ""));
    }

    /// Notes where something is known from.
    pub fn add(&mut self, evidence: Evidence) {
        if !self.0.contains(&evidence) {
            self.0.push(evidence);
        }
    }

    /// Takes in what was seen of something else in the same command.
    pub fn merge(&mut self, other: &Self) {
        other
            .0
            .iter()
            .for_each(|evidence| self.add(evidence.clone()));
    }

    /// Returns how much of a part was seen; `None` where there was nothing to look at.
    pub fn of(&self, part: Part) -> Option<Extent> {
        self.about(part).map(Evidence::extent).max()
    }

    fn about(&self, part: Part) -> impl Iterator<Item = &Evidence> {
        self.0.iter().filter(move |evidence| evidence.part == part)
    }

    /// Says why no more than `extent` of a part was seen.
    fn why(&self, part: Part, extent: Extent) -> Vec<&str> {
        let all = self
            .about(part)
            .filter(|evidence| evidence.extent() >= extent && !evidence.why.is_empty());
        all.map(|evidence| evidence.why.as_str()).collect()
    }

    /// Says why nothing was seen of a part, where no other finding says so.
    fn why_absent(&self, part: Part) -> Option<&str> {
        let is_absent =
            |evidence: &&Evidence| evidence.extent() == Extent::Absent && !evidence.is_told;
        self.about(part)
            .find(is_absent)
            .map(|evidence| evidence.why.as_str())
    }

    /// The refusal of what nobody looked at.
    pub fn refusal(&self) -> Option<Refused> {
        let mut all = self.findings();
        all.retain(|finding| finding.id == FindingId::absent(finding.part));
        Refused::of(all)
    }

    /// One finding for each part that was looked at, and for each that could not be as a whole.
    pub fn findings(&self) -> Vec<Finding> {
        let of = Part::ALL.into_iter().filter_map(|part| {
            let extent = self.of(part)?;
            let origin = self
                .about(part)
                .max_by_key(|evidence| (evidence.extent(), evidence.origin))?
                .origin;
            let why = self.why(part, Extent::Partial).join("; ");
            let (id, severity, says) = match extent {
                Extent::Complete => (
                    FindingId::of_part(FindingKind::Complete, part),
                    Severity::Good,
                    "checked, and nothing was found".to_owned(),
                ),
                Extent::Partial => (
                    FindingId::of_part(FindingKind::Partial, part),
                    Severity::Unknown,
                    format!("in part: {why}"),
                ),
                Extent::Absent => match self.why_absent(part) {
                    Some(first) => return Some(not_checked(part, first, &why).from(origin)),
                    None => (
                        FindingId::of_part(FindingKind::NotSeen, part),
                        Severity::Unknown,
                        format!("not checked: {why}"),
                    ),
                },
            };
            Some(Finding::new(part, severity, id, says).from(origin))
        });
        of.collect()
    }

    /// Lines for people: what was not checked as a whole.
    pub fn lines(&self) -> Vec<String> {
        let is_shown =
            |evidence: &&Evidence| evidence.extent() > Extent::Complete && !evidence.is_expected;
        let mut parts: Vec<(String, Vec<&str>)> = Vec::new();
        for one in self.0.iter().filter(is_shown) {
            let part = format!("{:<10} {} {}", "checked", one.part, one.extent().word());
            match parts.iter_mut().find(|(other, _)| *other == part) {
                Some((_, whys)) if whys.contains(&one.why.as_str()) => {}
                Some((_, whys)) => whys.push(&one.why),
                None => parts.push((part, vec![&one.why])),
            }
        }
        let parts = parts.into_iter();
        parts
            .map(|(part, whys)| format!("{part}: {}", whys.join("; ")))
            .collect()
    }
}

/// Nobody could look at a part. `first` is the first reason, `why` all of them.
fn not_checked(part: Part, first: &str, why: &str) -> Finding {
    let (id, next) = (FindingId::absent(part), part.advice());
    let flag = FindingId::flag([&id]);
    let together = Together {
        name: "NotChecked",
        message: format!("{} cannot be checked: {first}", part.words()),
        expected: format!("{} known", part.words()),
        found: Some(format!("{part}: {first}")),
        next: next.to_owned(),
    };
    Finding {
        next: Some(format!("{next}; to accept it: {flag}")),
        together: Some(Arc::new(together)),
        ..Finding::new(part, Severity::Unknown, id, format!("not checked: {why}"))
    }
}

impl Serialize for Coverage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let seen = Part::ALL
            .into_iter()
            .filter_map(|part| Some((part, self.of(part)?)));
        let mut map = serializer.serialize_map(None)?;
        for (part, extent) in seen {
            map.serialize_entry(&part, &extent)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::super::origin::tests::ORIGINS;
    use super::*;
    use crate::error::Explain;
    use serde_json::json;

    #[test]
    fn the_worst_of_several_counts_and_what_nobody_looked_at_is_not_among_it() {
        let mut coverage = Coverage::default();
        assert_eq!(json!(coverage), json!({}));
        coverage.seen(Part::Layout, Origin::Chain);
        coverage.seen(Part::Source, Origin::Chain);
        coverage.add(Evidence::whole(Part::Steps, Origin::NotKnown, "no section"));
        coverage.add(Evidence::some(Part::Steps, Origin::NotKnown, "half of it"));
        let expected = json!({ "layout": "complete", "steps": "absent", "source": "partial" });
        assert_eq!(json!(coverage), expected);
        let mut other = Coverage::default();
        other.merge(&coverage);
        assert_eq!(other, coverage);
    }

    #[test]
    fn what_is_absent_is_a_finding_once_with_the_reason_that_refuses() {
        let mut coverage = Coverage::default();
        coverage.add(Evidence::some(
            Part::LiveInstances,
            Origin::NotKnown,
            "64 of 900",
        ));
        coverage.add(Evidence::whole(Part::Layout, Origin::NotKnown, "refused").told());
        coverage.add(Evidence::whole(Part::Source, Origin::Chain, "of A"));
        coverage.add(Evidence::whole(Part::Source, Origin::NotKnown, "of B"));
        let refused = coverage.refusal().expect("one");
        assert_eq!(refused.findings().len(), 1, "{refused:?}");
        assert_eq!(refused.found().as_deref(), Some("source: of B"));
        assert!(
            refused
                .next()
                .is_some_and(|next| next.ends_with("--accept absent:source"))
        );
        assert_eq!(
            coverage.lines()[0],
            "checked    live-instances partial: 64 of 900"
        );
        let ids: Vec<String> = coverage
            .findings()
            .iter()
            .map(|finding| finding.id.to_string())
            .collect();
        assert_eq!(
            ids,
            ["not-seen:layout", "partial:live-instances", "absent:source"]
        );
    }

    /// Everything as it is where nothing is missing.
    fn best() -> Coverage {
        let best = |part| {
            ORIGINS
                .into_iter()
                .find(|origin| concludes(part, *origin) == Extent::Complete)
        };
        let all = Part::ALL.into_iter();
        Coverage(
            all.filter_map(|part| Some(Evidence::whole(part, best(part)?, "")))
                .collect(),
        )
    }

    #[test]
    fn an_authors_word_or_no_knowledge_in_place_of_any_fact_lowers_a_verdict_and_raises_none() {
        let mut all = best();
        assert_eq!(all.0.len(), Part::ALL.len());
        for part in Part::ALL {
            for origin in ORIGINS {
                all.add(Evidence::some(part, origin, "some"));
            }
        }
        for facts in [best(), all] {
            for at in 0..facts.0.len() {
                for origin in [Origin::Annotation, Origin::NotKnown] {
                    let mut other = facts.clone();
                    let changed = &facts.0[at];
                    other.0[at].origin = origin;
                    for part in Part::ALL {
                        assert!(
                            other.of(part) >= facts.of(part),
                            "{changed:?} from {origin:?}"
                        );
                    }
                    let alone = |one: &Evidence| Coverage(vec![one.clone()]).of(one.part);
                    let is_weak = alone(changed) > Some(Extent::Complete);
                    assert!(
                        is_weak || alone(&other.0[at]) > alone(changed),
                        "{changed:?} from {origin:?}"
                    );
                }
            }
        }
    }
}
