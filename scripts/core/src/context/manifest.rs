//! The choice of the manifest for a verdict about a registry: that of the default branch; and the findings about it.

use super::Context;
use crate::assess::{Coverage, Evidence, Finding, FindingId, FindingKind, Origin, Part, Severity};
use crate::build::{OnDefault, Reviewed, is_of_author};
use crate::manifest::{FILE, Manifest};
use crate::options::Global;
use crate::prelude::*;

/// The arrivals that a manifest answers for: those at its own registry.
pub(super) fn arrivals(manifest: &Manifest, global: &Global) -> Vec<FindingId> {
    let named = global.registry.as_deref();
    let is_own = named.is_none_or(|named| {
        let named = manifest.known_address(named).ok().flatten();
        named.is_some() && named == manifest.registry
    });
    let all = manifest.arrivals.iter().filter(|_| is_own);
    let ids = all.map(|proxy| FindingId::at(FindingKind::Arrival, *proxy));
    ids.collect()
}

impl Context {
    /// This context with the manifest of the default branch, if the runner of a workflow names that branch: the
    /// checked change must not choose the registry and the chain. `None` without a runner. The findings are about
    /// the given manifest.
    ///
    /// # Errors
    /// If the manifest of the default branch cannot be read.
    pub fn as_reviewed(&self) -> Result<(Option<Self>, Option<Finding>)> {
        let path = self.manifest_file();
        let unknown = |why: String| Error::Usage {
            message: format!("the registry of this command cannot be determined: {why}"),
            expected: format!("{FILE} as the default branch of the workflow's repository has it"),
            found: why,
            next:
                "fetch that branch (fetch-depth: 0 or GIT_DEPTH: 0) into a clone of that repository"
                    .into(),
        };
        let manifest = match OnDefault::of(&path).map_err(unknown)? {
            OnDefault::NotNamed => return Ok((None, self.unreviewed())),
            OnDefault::Absent => Manifest::default(),
            OnDefault::Text(text) => Manifest::parse(&path, &text)?,
        };
        let manifest = match self.global.network.as_deref() {
            Some(name) => manifest.on(name)?,
            None => manifest,
        };
        let reviewed = Self::new(self.output.clone(), self.global.clone(), self.program)?;
        let changed = changed(&self.manifest, &manifest);
        let reviewed = Self {
            accepted: self
                .accepted
                .clone()
                .with_project(arrivals(&manifest, &self.global)),
            manifest,
            ..reviewed
        };
        Ok((Some(reviewed), changed))
    }

    /// The finding that a file which nobody reviewed names the registry, if no runner names the default branch. In the
    /// author's own repository, without a runner, this is no finding.
    fn unreviewed(&self) -> Option<Finding> {
        let is_named = self.global.registry.is_some() || self.manifest.registry.is_none();
        let file = self.manifest_file();
        let why = match Reviewed::of(&file) {
            Reviewed::Yes => return None,
            Reviewed::No(why) => why,
            Reviewed::NoRepository => "it is in no repository".into(),
        };
        if is_named || is_of_author(&file) {
            return None;
        }
        let (id, part) = (FindingKind::ManifestUnreviewed.id(), Part::Registry);
        let next = format!(
            "give --registry, or merge {FILE} first; to accept it: {}",
            FindingId::flag([&id])
        );
        let message = "only a file that this change may have written names the live registry";
        let found = Finding::new(part, Severity::Danger, id, message).from(Origin::Change);
        Some(found.with(format!("{FILE} as the default branch has it"), why, next))
    }
}

/// The best origin of what a registry says, by the finding about the file that names it.
pub(crate) fn seen_by(of_manifest: Option<&Finding>) -> Coverage {
    let mut coverage = Coverage::default();
    let doubted = of_manifest.filter(|one| one.id == FindingKind::ManifestUnreviewed.id());
    if let Some(one) = doubted {
        for part in [
            Part::Layout,
            Part::LiveInstances,
            Part::Interface,
            Part::Simulation,
        ] {
            coverage.add(Evidence::some(part, one.origin, &one.message));
        }
    }
    coverage
}

/// The finding that a change names another registry or chain than the default branch, whose file is used.
fn changed(change: &Manifest, reviewed: &Manifest) -> Option<Finding> {
    let decides = |one: &Manifest| {
        let (network, rpc) = (one.network.clone(), one.rpc.clone());
        (network, one.chain_id, rpc, one.registry)
    };
    let is_same = decides(change) == decides(reviewed);
    let message = format!(
        "this change names another registry, chain or RPC URL in {FILE}; the check used those of the default branch"
    );
    let found = || {
        Finding::named(
            Part::Registry,
            Severity::Warning,
            FindingKind::ManifestChanged,
            message,
        )
    };
    (!is_same).then(|| found().from(Origin::Change))
}
