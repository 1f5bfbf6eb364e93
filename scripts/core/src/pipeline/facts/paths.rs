//! The ways between the versions of a definition once a step is added: what some leave out, and who has none.

use crate::checks::{LostPath, Runs, Stage, Version};
use crate::context::prelude::*;
use crate::governance::{Call, PendingAction, pending};
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

/// The graph with the steps that open actions add between registered versions: they may be executed before `addition`.
/// An action that registers a version ends the others. Those into the same version from the same one are left out: they
/// are `addition` itself, or in its place.
fn with_open_steps(
    graph: VersionGraph,
    open: &[PendingAction],
    addition: &StepAddition<'_>,
) -> VersionGraph {
    let steps = open.iter().filter_map(|action| match &action.says {
        Some(Call::AddStep(call)) => Some((&call.version, &call.step)),
        _ => None,
    });
    let others = steps
        .filter(|(to, step)| (to.as_str(), step.from.as_str()) != (addition.to, addition.from));
    others.fold(graph, |graph, (to, step)| {
        let code = graph.code(to).unwrap_or_default();
        graph.with_step(&StepAddition {
            from: &step.from,
            to,
            code,
            runs: MigrationCode::of(step, code),
        })
    })
}
