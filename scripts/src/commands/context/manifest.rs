//! Which manifest counts where a verdict names a registry: that of the default branch, and what is found about it.

use super::Context;
use crate::assess::{Coverage, Evidence, Finding, FindingId, Origin, Part, Severity};
use crate::build::{OnDefault, Reviewed, is_of_author};
use crate::commands::prelude::*;
use crate::manifest::{FILE, Manifest};

impl Context {
    /// The same with the manifest as the default branch has it, where the runner of a workflow names one: which
    /// registry and which chain decide what is live, the change that is checked must not say. Nothing where no runner
    /// does. Beside it is what every verdict has to say of the manifest that was asked.
    ///
    /// # Errors
    /// Where nobody can tell what the default branch has.
    pub(crate) fn as_reviewed(&self) -> Result<(Option<Self>, Option<Finding>)> {
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
        let reviewed = Self::new(self.output.clone(), self.global.clone())?;
        let changed = changed(&self.manifest, &manifest);
        let reviewed = Self {
            manifest,
            ..reviewed
        };
        Ok((Some(reviewed), changed))
    }

    /// That the registry is the one of a file which nobody reviewed, where no runner tells what the default branch has.
    /// In a repository of the author's alone, outside of any runner, it is the author's own look.
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
        let (id, part) = (FindingId::MANIFEST_UNREVIEWED, Part::Registry);
        let next = format!(
            "give --registry, or merge {FILE} first; to accept it: {}",
            FindingId::flag([&id])
        );
        let message = "only a file that this change may have written names the live registry";
        let found = Finding::new(part, Severity::Danger, id, message).from(Origin::Change);
        Some(found.with(format!("{FILE} as the default branch has it"), why, next))
    }
}

/// How much is seen at most of what a registry says, by what is found about the file that names it.
pub(crate) fn seen_by(of_manifest: Option<&Finding>) -> Coverage {
    let mut coverage = Coverage::default();
    let doubted = of_manifest.filter(|one| one.id == FindingId::MANIFEST_UNREVIEWED);
    if let Some(one) = doubted {
        for part in [
            Part::Layout,
            Part::LiveInstances,
            Part::Interface,
            Part::Trial,
        ] {
            coverage.add(Evidence::some(part, one.origin, &one.message));
        }
    }
    coverage
}

/// That a change names another registry or chain than the default branch, which counts.
fn changed(change: &Manifest, reviewed: &Manifest) -> Option<Finding> {
    let decides = |manifest: &Manifest| {
        let Manifest {
            network,
            chain_id,
            rpc,
            registry,
            ..
        } = manifest;
        (network.clone(), *chain_id, rpc.clone(), *registry)
    };
    let is_same = decides(change) == decides(reviewed);
    let message = format!(
        "this change names another registry, chain or RPC URL in {FILE}; the check used those of the default branch"
    );
    let found = || {
        Finding::named(
            Part::Registry,
            Severity::Warning,
            "manifest-changed",
            message,
        )
    };
    (!is_same).then(|| found().from(Origin::Change))
}
