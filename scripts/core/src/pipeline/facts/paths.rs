//! The ways between the versions of a definition once a step is added: what some leave out, and who has none.

use crate::checks::{LostPath, Runs, Stage, Version};
use crate::context::prelude::*;
use crate::governance::{Call, PendingAction, pending};
use crate::ids::CodeHash;
use crate::model::{MigrationBypass, MigrationCode, StepAddition, VersionGraph};
use std::collections::BTreeMap;

impl Session<'_> {
    /// The migrations that instances could leave out once a step is added, and the versions from which they have no path
    /// to the one that it reaches.
    ///
    /// # Errors
    /// Errors of the chain.
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
                bypasses_beside(&graph, &open, &addition)
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

/// The migrations that instances could leave out by a step beside those of open actions, which may be executed before it or
/// after it. A version that is registered ends the other actions that register one, so each of them counts alone, and only
/// where `addition` itself registers none.
fn bypasses_beside(
    graph: &VersionGraph,
    open: &[PendingAction],
    addition: &StepAddition<'_>,
) -> Vec<MigrationBypass> {
    let calls = || open.iter().filter_map(|action| action.says.as_ref());
    let steps = calls().filter(|call| matches!(call, Call::AddStep(_)));
    let graph = steps.fold(graph.clone(), |graph, call| {
        with_step_of(graph, call, addition)
    });
    let mut bypasses = graph.find_bypasses(addition);
    if graph.code(addition.to).is_none() {
        return bypasses;
    }
    let versions = calls().filter(|call| matches!(call, Call::AddVersion(_) | Call::Migrate(_)));
    for call in versions {
        let found = with_step_of(graph.clone(), call, addition).find_bypasses(addition);
        let is_new = |bypass: &MigrationBypass| !bypasses.contains(bypass);
        let new: Vec<_> = found.into_iter().filter(is_new).collect();
        bypasses.extend(new);
    }
    bypasses
}

/// The graph with the step of a call. One into the same version from the same one as `addition` is left out: it is
/// `addition` itself, or in its place.
fn with_step_of(graph: VersionGraph, call: &Call, addition: &StepAddition<'_>) -> VersionGraph {
    let Some((to, code, step)) = call.version() else {
        return graph;
    };
    if (to, step.from.as_str()) == (addition.to, addition.from) {
        return graph;
    }
    let code = code.map(|code| CodeHash::from(code.codehash));
    let code = code.or_else(|| graph.code(to)).unwrap_or_default();
    graph.with_step(&StepAddition {
        from: &step.from,
        to,
        code,
        runs: MigrationCode::of(step, code),
    })
}
