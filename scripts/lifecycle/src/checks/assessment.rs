//! Findings about everything that a command is to do, and the decision that follows from them.

use super::{Callers, Declared, Found, Transition, check};
use crate::assess::{
    Accepted, Coverage, Decision, Extent, Finding, Part, Refused, Role, Severity, decide,
};
use crate::client::ChainError;
use crate::interface::{Callable, CallersOfWay, changes};
use crate::layout::{Initializers, StorageCheck, finding_id};
use alloy::primitives::Address;
use std::collections::{BTreeMap, BTreeSet};
use stylus_layout::{FieldChange, Layout};

/// Findings about everything that a command is to do.
#[derive(Debug, Clone, Default)]
pub struct Assessment {
    /// The role of the caller.
    pub role: Role,
    /// The findings that are accepted.
    pub accepts: Accepted,
    /// The extent to which each part was seen.
    pub coverage: Coverage,
    /// The instances whose paths are looked at, by their version.
    pub looked_at: BTreeMap<String, Vec<Address>>,
    /// Findings beside those of a way: about code and instances as they are deployed, and of a trial.
    beside: Vec<Finding>,
    /// Ways that were checked: the version before and the new one.
    pairs: BTreeSet<(String, String)>,
    ways: Vec<(Transition, Found)>,
}

impl Assessment {
    /// Of what somebody asks who accepts these.
    pub fn asked_by(role: Role, accepts: Accepted) -> Self {
        Self {
            role,
            accepts,
            ..Self::default()
        }
    }

    /// Creates an assessment with this coverage and no findings.
    pub fn of(coverage: Coverage) -> Self {
        Self {
            coverage,
            ..Self::default()
        }
    }

    /// Checks a transition.
    ///
    /// # Errors
    /// Layouts that no compiler writes.
    pub fn add(&mut self, transition: Transition) -> Result<(), ChainError> {
        let found = check(&transition)?;
        let changes = found
            .compared
            .iter()
            .flat_map(|comparison| &comparison.report);
        changes.for_each(|change| {
            self.accepts.covers(&finding_id(change)); // also a difference that stops nothing
        });
        self.coverage.merge(&found.coverage);
        self.begin(&transition.from, &transition.to);
        self.ways.push((transition, found));
        Ok(())
    }

    /// Adds findings that are not of a way. One that is there already is not added again: of an account there is one.
    pub fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            let is_same = |other: &Finding| {
                let is_one = finding.id.account().is_some() || other.message == finding.message;
                other.id == finding.id && is_one
            };
            if !self.beside.iter().any(is_same) {
                self.beside.push(finding);
            }
        }
    }

    /// Notes that a transition is being checked. False if it was noted before.
    pub fn begin(&mut self, from: &str, to: &str) -> bool {
        self.pairs.insert((from.to_owned(), to.to_owned()))
    }

    /// Returns true if checked transitions lead from one version to another.
    pub fn leads(&self, from: &str, to: &str) -> bool {
        let mut reached = BTreeSet::from([from]);
        loop {
            let next = self.pairs.iter().find(|(from, to)| {
                reached.contains(from.as_str()) && !reached.contains(to.as_str())
            });
            match next {
                Some((_, to)) => reached.insert(to),
                None => return reached.contains(to),
            };
        }
    }

    /// Everything that was found.
    pub fn found(&self) -> impl Iterator<Item = &Finding> {
        let of_ways = self.ways.iter().flat_map(|(_, found)| &found.findings);
        of_ways.chain(&self.beside)
    }

    /// Returns what callers of the first version can use.
    pub fn before(&self) -> Option<&Callable> {
        match &self.ways.first()?.0.callers {
            Callers::Of { old, .. } => old.value(),
            Callers::None | Callers::Same(_) => None,
        }
    }

    /// Lists the changes for callers on each transition of which both sides are known.
    pub fn callers(&self) -> Vec<CallersOfWay> {
        let all = self.ways.iter().filter_map(|(transition, found)| {
            let changes = match &transition.callers {
                Callers::None => return None,
                Callers::Same(_) => Vec::new(),
                Callers::Of { old, new } => changes(old.value()?, new.value()?),
            };
            Some(CallersOfWay {
                from: transition.from.clone(),
                to: transition.to.clone(),
                proven: found.coverage.of(Part::Interface) == Some(Extent::Complete),
                changes,
            })
        });
        all.collect()
    }

    /// Decides about all findings and the whole coverage. The same finding about several transitions counts once.
    pub fn decision(&self) -> Decision {
        decide(&self.all(), &self.accepts, self.role)
    }

    /// The findings that refuse the command in its role, accepted or not.
    pub fn in_the_way(&self) -> Vec<Finding> {
        decide(&self.all(), &Accepted::default(), self.role).refused
    }

    fn all(&self) -> Vec<Finding> {
        let mut all: Vec<Finding> = Vec::new();
        for finding in self.found().cloned().chain(self.coverage.findings()) {
            if !all
                .iter()
                .any(|other| other.id == finding.id && other.message == finding.message)
            {
                all.push(finding);
            }
        }
        all
    }

    /// Returns the refusal, if anything refuses it.
    pub fn refusal(&self) -> Option<Refused> {
        Refused::of(self.decision().refused)
    }

    /// Lists the findings that stop nothing.
    pub fn findings(&self) -> Vec<Finding> {
        let told = self.found().filter(|finding| {
            let is_of_storage = [Part::Layout, Part::LiveInstances].contains(&finding.part);
            finding.severity < Severity::Danger && !is_of_storage
        });
        told.cloned().collect()
    }

    /// Everything that was found, and that was seen of parts in which nothing was.
    pub fn everything(&self) -> Vec<Finding> {
        let accepted = self.decision().accepted;
        let as_taken = |finding: &Finding| {
            accepted
                .iter()
                .find(|other| other.id == finding.id)
                .cloned()
        };
        let found: Vec<Finding> = self
            .found()
            .map(|finding| as_taken(finding).unwrap_or_else(|| finding.clone()))
            .collect();
        let is_told = |finding: &Finding| {
            let is_concerned = found.iter().any(|other| other.part == finding.part);
            !is_concerned || finding.severity != Severity::Good
        };
        let seen = self.coverage.findings().into_iter().filter(is_told);
        let seen = seen.map(|finding| as_taken(&finding).unwrap_or(finding));
        seen.chain(found.iter().cloned()).collect()
    }

    /// The comparisons of layouts, with what was accepted of each.
    pub fn storage(&self) -> Vec<StorageCheck> {
        let all = self.ways.iter();
        all.filter_map(|(transition, found)| self.storage_of(transition, found))
            .collect()
    }

    /// Both layouts of the transition that was added first, and what differs; nothing where one is not known.
    pub fn layouts(&self) -> Option<(&Layout, &Layout, &[FieldChange])> {
        let (transition, found) = self.ways.first()?;
        let old = transition.old.as_ref()?.known.value()?;
        let new = transition.new.known.value()?;
        Some((&old.layout, &new.layout, &found.compared.as_ref()?.report))
    }

    /// Returns the values that the initializers leave behind, for the code of the transition that was added first.
    pub fn initializers(&self) -> Initializers {
        let first = self.ways.first();
        let audit = first.and_then(|(transition, _)| transition.audit.as_ref()?.value());
        audit.map_or_else(Initializers::default, |audit| audit.initializers.clone())
    }

    /// Returns true if the code of the transition that was added first declares its initializers, as code with the
    /// Upgradeable mixin does: they run at creation alone.
    pub fn declares_initializers(&self) -> bool {
        let first = self.ways.first();
        let declared = first.and_then(|(transition, _)| transition.declared.value());
        matches!(declared, Some(Declared::Steps(_)))
    }

    /// Returns true if that code is of the EVM and its sources show nothing known.
    pub fn is_unsearched(&self) -> bool {
        let first = self.ways.first();
        let audit = first.and_then(|(transition, _)| transition.audit.as_ref());
        audit.is_some_and(|audit| audit.value().is_none())
    }

    /// Every change between the layouts.
    pub fn changes(&self) -> Vec<FieldChange> {
        let all = self.storage().into_iter();
        all.flat_map(|check| check.findings).collect()
    }

    /// The comparison of the layouts of the transition that was added last, where nothing of it refuses.
    pub fn last_storage(&self) -> Option<StorageCheck> {
        let (transition, found) = self.ways.last()?;
        let is_refused = |finding: &Finding| {
            finding.severity == Severity::Danger && !self.accepts.contains(&finding.id)
        };
        let of_storage =
            |finding: &&Finding| [Part::Layout, Part::LiveInstances].contains(&finding.part);
        let is_open = found.findings.iter().filter(of_storage).any(is_refused);
        self.storage_of(transition, found).filter(|_| !is_open)
    }

    fn storage_of(&self, transition: &Transition, found: &Found) -> Option<StorageCheck> {
        let live = found
            .findings
            .iter()
            .filter(|finding| finding.part == Part::LiveInstances);
        let live: Vec<Finding> = live.cloned().collect();
        let compared = found.compared.clone()?;
        Some(compared.taken(&transition.pair()?, &self.accepts, &live))
    }
}
