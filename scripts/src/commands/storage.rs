//! What commands on versions do about storage before they send anything: find both layouts, compare,
//! look at the live instances, report what was found and allowed.

pub(super) mod uncompared;

use super::args::StorageArgs;
use super::context::Context;
use crate::app_error::Error;
use crate::assess::{Accepted, Coverage, Evidence, Finding, FindingId, Origin, Part, Role, decide};
use crate::client::Client;
use crate::ids::{CodeHash, LayoutHash, SourceHash};
use crate::layout::{
    Documents, Known, LayoutError, Pair, Said, Side, StorageCheck, Upgrade, Who, check_storage,
    finding_id, look, read_file,
};
use crate::output::Outcome;
use crate::progress::Progress;
use crate::registry::RecordedCode;
use alloy::primitives::Address;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use stylus_layout::Document;

/// Two versions of a definition, as a command has them.
#[derive(Clone)]
pub(super) struct Versions<'a> {
    pub(super) name: &'a str,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) old: Side,
    pub(super) new: Side,
    pub(super) runs_migration: bool,
    pub(super) goes_back: bool,
    /// Whose storage is taken over.
    pub(super) who: Who,
}

/// Where a command finds layouts, and asks about instances.
#[derive(Clone, Copy)]
pub(super) struct StorageContext<'a> {
    pub(super) context: &'a Context,
    pub(super) client: &'a Client,
    pub(super) registry: Address,
}

/// What a command found out about storage, and how much of it could be checked.
#[derive(Default)]
pub(super) struct StorageChecks {
    /// One for each step that was compared.
    pub(super) steps: Vec<StorageCheck>,
    pub(super) coverage: Coverage,
    /// What refuses nothing and is worth knowing.
    pub(super) findings: Vec<Finding>,
    /// What would refuse it and was accepted, but for what a step's comparison says itself.
    pub(super) accepted: Vec<Finding>,
    /// Who asks.
    pub(super) role: Role,
    /// Steps that were checked: the version before and the new one.
    pairs: BTreeSet<(String, String)>,
    /// What was found in any step.
    found: BTreeSet<FindingId>,
    /// Whether a step was let through without a comparison: nobody knows what it would have found.
    is_uncompared: bool,
    /// Whether there are more instances than were looked at.
    pub(super) is_sampled: bool,
    /// The instances that were looked at, by the version that they were at.
    pub(super) looked_at: BTreeMap<String, Vec<Address>>,
}

impl StorageChecks {
    /// Nothing could be checked.
    pub(super) fn absent(why: &str) -> Self {
        Self::of(Coverage::absent(why))
    }

    /// That was seen.
    pub(super) fn of(coverage: Coverage) -> Self {
        Self {
            coverage,
            ..Self::default()
        }
    }

    /// Checks for somebody.
    pub(super) fn asked_by(role: Role) -> Self {
        Self {
            role,
            ..Self::default()
        }
    }

    /// Notes that a step is being checked. False if it was noted before.
    pub(super) fn begin(&mut self, from: &str, to: &str) -> bool {
        self.pairs.insert((from.to_owned(), to.to_owned()))
    }

    /// Whether steps that were checked lead from one version to another.
    pub(super) fn leads(&self, from: &str, to: &str) -> bool {
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

    /// The first accepted finding about layouts that no step had.
    fn unneeded(&self, accepted: &Accepted) -> Option<FindingId> {
        let mut named = accepted.iter().filter(|id| id.is_of_layouts());
        let id = named.find(|id| !self.is_uncompared && !self.found.contains(*id));
        id.cloned()
    }

    /// Whether every accepted finding about layouts was found.
    pub(super) fn has_all(&self, accepted: &Accepted) -> bool {
        self.unneeded(accepted).is_none()
    }

    /// Errors if a finding about layouts is accepted that no step had.
    pub(super) fn require_all(&self, accepted: &Accepted) -> Result<(), Error> {
        let known = Vec::new();
        match self.unneeded(accepted) {
            None => Ok(()),
            Some(id) => Err(LayoutError::NoSuchFinding { id, known }.into()),
        }
    }

    /// Gives a refusal back, unless all that it found is accepted: then that is noted.
    pub(super) fn refuse(&mut self, accepted: &Accepted, refusal: Error) -> Result<(), Error> {
        match self.refused(accepted, &refusal.findings()).is_empty() {
            true => Ok(()),
            false => Err(refusal),
        }
    }

    /// Which of these refuse it; which of them are accepted is noted.
    pub(super) fn refused(&mut self, accepted: &Accepted, found: &[Finding]) -> Vec<Finding> {
        let decision = decide(found, accepted, self.role);
        for one in decision.accepted {
            if !self.accepted.contains(&one) {
                self.accepted.push(one);
            }
        }
        decision.refused
    }

    /// Errors for every part that nobody could look at and that is not accepted.
    pub(super) fn not_checked(&mut self, accepted: &Accepted) -> Vec<Error> {
        let refused = self.refused(accepted, &self.coverage.findings());
        let absent = self.coverage.not_checked().into_iter();
        let absent = absent.filter(|absent| refused.iter().any(|one| one.id == absent.id()));
        absent.map(Error::NotChecked).collect()
    }

    /// Errors for the first such part.
    pub(super) fn require_coverage(&mut self, accepted: &Accepted) -> Result<(), Error> {
        self.not_checked(accepted)
            .into_iter()
            .next()
            .map_or(Ok(()), Err)
    }
}

/// Checks a step's storage and notes the result in `checks`. Of what is accepted, what this step
/// does not have is left to the others: [`StorageChecks::require_all`] asks at the end.
pub(super) async fn require(
    place: StorageContext<'_>,
    versions: Versions<'_>,
    (args, accepted): (&StorageArgs, &Accepted),
    checks: &mut StorageChecks,
) -> Result<(), Error> {
    let mut said = accepted.clone();
    let (check, coverage) = loop {
        match compare(place, versions.clone(), (args, &said)).await {
            Err(Error::Layout(error)) => match *error {
                // With findings that are still open, the name is a slip of theirs.
                LayoutError::NoSuchFinding { id, known } if known.is_empty() => said.remove(&id),
                error => {
                    // What else was named may be about what was not reached.
                    checks.is_uncompared |= accepted.iter().next().is_some();
                    return Err(error.into());
                }
            },
            found => break found?,
        }
    };
    checks.found.extend(check.findings.iter().map(finding_id));
    checks.is_uncompared |= check.unknown.is_some();
    checks.steps.push(check);
    checks.coverage.merge(&coverage);
    Ok(())
}

/// Compares the pair and reports the result. Errors if the new version must not take over the
/// storage.
async fn compare(
    place: StorageContext<'_>,
    versions: Versions<'_>,
    (args, accepted): (&StorageArgs, &Accepted),
) -> Result<(StorageCheck, Coverage), Error> {
    let StorageContext {
        context,
        client,
        registry,
    } = place;
    let documents = context.documents(client, registry);
    let Versions {
        name,
        from,
        to,
        old,
        new,
        runs_migration,
        goes_back,
        who,
    } = versions;
    let pair = Pair {
        name,
        from,
        to,
        old,
        new,
        runs_migration,
        goes_back,
    };
    let new = pair.new.known.document();
    let said = Said {
        renames: args.rename.clone(),
        retypes: args.retype.clone(),
        accepted: accepted.clone(),
        migrates: new.map(|new| new.migrates.clone()).unwrap_or_default(),
    };
    let mut check = check_storage(&pair, &said)?;
    let mut coverage = Coverage::default();
    let both = [Part::Layout, Part::LiveInstances];
    for part in both {
        match &check.unknown {
            Some(why) => coverage.add(Evidence::whole(part, Origin::NotKnown, why).told()),
            None => coverage.seen(part, Origin::Chain),
        }
        for why in &check.partial {
            coverage.add(Evidence::some(part, Origin::NotKnown, why));
        }
    }
    if let (Some(old), Some(new)) = (pair.old.known.document(), new) {
        let upgrade = Upgrade {
            registry,
            name,
            from,
            to,
            who,
        };
        let live = look(client, &documents, upgrade, &old.layout, &new.layout).await?;
        for why in &live.notes {
            coverage.add(Evidence::some(Part::LiveInstances, Origin::NotKnown, why));
        }
        let mut dirty = live.dirty;
        dirty.retain(|one| match said.why_dirty(&pair, &one.id()) {
            Some(because) => {
                if !check.accepted.contains(&because) {
                    check.accepted.push(because);
                }
                false
            }
            None => true,
        });
        if !dirty.is_empty() {
            let (name, to) = (name.into(), to.into());
            return Err(LayoutError::Dirty { name, to, dirty }.into());
        }
    }
    for line in check.lines() {
        context.output.note(&line);
    }
    Ok((check, coverage))
}

/// The layout of a registered version: that of the file that was given for it, else the published
/// or kept one.
pub(super) async fn layout_of(
    documents: &Documents,
    version: &str,
    hash: LayoutHash,
    file: Option<&Path>,
) -> Result<Side, Error> {
    let known = match file {
        Some(file) => given(documents, version, file, hash).await?.into(),
        None => documents.get(hash).await?,
    };
    let hash = match (&known, hash.is_zero()) {
        (Known::Document(document), true) => LayoutHash(document.hash()),
        _ => hash,
    };
    Ok(Side { hash, known })
}

/// The layout in a file that was given for code whose layout has the hash `recorded` (zero if
/// nobody knows).
pub(super) async fn given(
    documents: &Documents,
    what: &str,
    file: &Path,
    recorded: LayoutHash,
) -> Result<Document, Error> {
    let given = read_file(file, None)?.document;
    let hash = documents.store().keep_document(&given)?;
    if recorded.is_zero() || hash == recorded || given.layout.hash() == recorded.0 {
        return Ok(given);
    }
    // The registry's document says more than a compiler does.
    if let Known::Document(document) = documents.get(recorded).await?
        && document.layout.hash() == given.layout.hash()
    {
        return Ok(*document);
    }
    Err(LayoutError::Differs {
        what: what.into(),
        has: recorded,
        given: hash,
    }
    .into())
}

/// How far the sources of registered code are known.
pub(super) fn source(version: &str, hash: SourceHash) -> Evidence {
    match hash.is_zero() {
        true => Evidence::whole(
            Part::Source,
            Origin::NotKnown,
            format!("nobody recorded the hash of the sources of {version}"),
        ),
        false => source_named().expected(),
    }
}

/// Sources of which the chain tells the hash.
pub(super) fn source_named() -> Evidence {
    let why = "their hash is named; only a build compares them with the code (--source)";
    Evidence::whole(Part::Source, Origin::Chain, why)
}

/// What the registry recorded for the first version with that code, and its label.
pub(super) async fn recorded(
    client: &Client,
    registry: Address,
    name: &str,
    codehash: CodeHash,
) -> Result<Option<(String, RecordedCode)>, Error> {
    let versions = client.registry(registry).versions(name).await?;
    let mut same = versions
        .into_iter()
        .filter(|one| one.code.codehash == codehash);
    Ok(same.next().map(|one| (one.version, one.code)))
}

/// What the registry recorded for every version with that code.
pub(super) async fn all_recorded(
    client: &Client,
    registry: Address,
    name: &str,
    codehash: CodeHash,
) -> Result<Vec<RecordedCode>, Error> {
    let versions = client.registry(registry).versions(name).await?;
    let codes = versions.into_iter().map(|one| one.code);
    Ok(codes.filter(|code| code.codehash == codehash).collect())
}

/// What was checked and how much of it, as fields; as lines what somebody has to know: what was not
/// checked as a whole, and what somebody accepted although it is dangerous. What an earlier call reported
/// in the same outcome is not repeated.
pub(super) fn report(outcome: &mut Outcome, checks: &StorageChecks) {
    outcome.field("coverage", &checks.coverage);
    let mut lines = checks.coverage.lines();
    if !checks.steps.is_empty() {
        outcome.field("storage", &checks.steps);
    }
    let mut accepted = checks.accepted.clone();
    for check in &checks.steps {
        let by_caller = check
            .accepted
            .iter()
            .filter(|one| one.origin == Origin::Remembered);
        let before = accepted.len();
        accepted.extend(by_caller.cloned());
        if accepted.len() > before {
            lines.extend(check.lines());
        }
    }
    lines.extend(
        checks
            .accepted
            .iter()
            .map(|one| format!("{}; accepted", one.line())),
    );
    if !accepted.is_empty() {
        outcome.field("accepted", accepted);
    }
    if !checks.findings.is_empty() {
        outcome.field("findings", &checks.findings);
    }
    lines.extend(checks.findings.iter().flat_map(Finding::lines));
    lines.retain(|line| !outcome.lines.contains(line));
    outcome.lines.extend(lines);
}
