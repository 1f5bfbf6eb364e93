//! The ways between the versions of a definition once a step is added: what some leave out, and who has none.

use crate::checks::{LostPath, Runs, Stage, Version};
use crate::context::prelude::*;
use crate::governance::{PendingAction, pending};
use crate::ids::CodeHash;
use crate::model::{MigrationBypass, MigrationCode, StepAddition, VersionGraph};
use std::collections::BTreeMap;

impl Session<'_> {
    /// The migrations that instances could leave out once a step is added, and the versions from which they have no path
    /// to the one that it reaches.
    ///
    /// # Errors
    /// What the chain says.
    pub(super) async fn paths(
        self,
        version: &Version<'_>,
    ) -> Result<(Vec<MigrationBypass>, Vec<LostPath>)> {
        if version.stage == Stage::Registered || version.current.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let registry = self.registry;
        let code = version.code.code.codehash;
        let graph = VersionGraph::new(&registry.versions(version.name).await?);
        let runs = match &version.runs {
            Runs::Step {
                kind, script, data, ..
            } => MigrationCode::new(*kind, *script, data, code),
            Runs::Nothing | Runs::Creation { .. } => None,
        };
        let addition = StepAddition {
            from: version.from,
            to: version.to,
            code,
            runs,
        };
        let bypasses = match version.runs {
            Runs::Step { .. } => {
                let open = pending(registry, version.name).await?;
                with_open_steps(graph.clone(), &open, &addition).find_bypasses(&addition)
            }
            Runs::Nothing | Runs::Creation { .. } => Vec::new(),
        };
        let after = graph.with_step(&addition);
        let lost = after.lost_paths(version.current, version.to);
        if lost.is_empty() {
            return Ok((bypasses, Vec::new()));
        }
        let mut instances: BTreeMap<String, usize> = BTreeMap::new();
        for instance in registry.instances(version.name).await? {
            *instances.entry(instance.version).or_default() += 1;
        }
        let lost = lost.into_iter().map(|loss| LostPath {
            instances: instances.get(&loss.label).copied().unwrap_or_default(),
            is_current: loss.label == version.current,
            label: loss.label,
            upgrades: loss.upgrades,
        });
        let lost = lost.filter(|lost| lost.is_current || lost.instances > 0);
        Ok((bypasses, lost.collect()))
    }
}

/// The graph with the steps of open actions, which may be executed before `addition`. Those into the same version from the
/// same one are left out: they are `addition` itself, or in its place.
fn with_open_steps(
    graph: VersionGraph,
    open: &[PendingAction],
    addition: &StepAddition<'_>,
) -> VersionGraph {
    let steps = open
        .iter()
        .filter_map(|action| action.says.as_ref()?.version());
    let mut steps: Vec<_> = steps
        .filter(|(to, _, step)| (*to, step.from.as_str()) != (addition.to, addition.from))
        .collect();
    let mut graph = graph;
    // A step can begin at a version that another open action registers.
    while let Some(at) = steps
        .iter()
        .position(|(_, _, step)| graph.code(&step.from).is_some())
    {
        let (to, code, step) = steps.remove(at);
        let code = code.map(|code| CodeHash::from(code.codehash));
        let code = code.or_else(|| graph.code(to)).unwrap_or_default();
        graph = graph.with_step(&StepAddition {
            from: &step.from,
            to,
            code,
            runs: MigrationCode::of(step, code),
        });
    }
    graph
}
