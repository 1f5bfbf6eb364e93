//! What the copy shows once the call and the rollouts are through: instances, how many were tried, and what
//! changed elsewhere.

use super::carry_out::CarriedOut;
use super::effects::{Effects, Whose};
use super::error::PlanError;
use super::instances::{self, Before};
use super::locations::Locations;
use super::slots::{self, SlotNames};
use super::{Plan, PlanRequest};
use crate::simulation::Simulation;
use alloy::primitives::Address;
use std::collections::{BTreeMap, BTreeSet};
use stylus_layout::Layout;
use stylus_registry_core::policy::Policy;

/// The copy after all that was carried out.
pub(super) struct After<'a> {
    pub(super) simulation: &'a Simulation,
    pub(super) request: &'a PlanRequest,
    pub(super) policy: &'a Policy,
    pub(super) done: &'a CarriedOut,
    /// What changed.
    pub(super) effects: &'a Effects,
    /// Instances that the registry did something with.
    pub(super) handled: &'a [Address],
    /// Instances of the definition.
    pub(super) instances: u32,
}

impl After<'_> {
    /// Notes in the plan which of these instances are shown, what became of them, how many were tried, and
    /// what changed elsewhere.
    pub(super) fn note(&self, before: Vec<Before>, plan: &mut Plan) -> Result<(), PlanError> {
        let registry = self.request.registry;
        let locations = Locations::now(self.simulation, registry, &plan.name)?;
        let behind = locations.behind(&before, &plan.to)?;
        let framework = SlotNames::framework(&versions(plan, &before));
        // Where the call fails, all stay as they are: the problem says why.
        let is_shown = |one: &Before| {
            let is_known = self.handled.contains(&one.proxy) || !behind.contains(&one.proxy);
            (self.done.is_stuck || is_known) && !one.is_migrating
        };
        let shown: Vec<Before> = before.into_iter().filter(is_shown).collect();
        let proxies: Vec<Address> = shown.iter().map(|one| one.proxy).collect();
        let layouts = self.layouts(&framework, plan, &shown)?;
        let names = layouts.get(&plan.to).unwrap_or(&framework);
        plan.instances = instances::compare(self.simulation, registry, shown, (&layouts, names))?;
        for one in &mut plan.instances {
            one.balance = self.effects.balance(one.proxy);
            let is_tried = self.done.skipped.contains(&one.proxy) || !behind.contains(&one.proxy);
            plan.tried += u32::from(is_tried);
        }
        if self.done.is_stuck {
            plan.tried = self.instances;
        }
        plan.untried = self.instances.saturating_sub(plan.tried);
        plan.others = self.elsewhere(&proxies)?;
        Ok(())
    }

    /// The slots of the new version and of those that instances were at, each with the names of its own variables
    /// where its layout is known.
    fn layouts(
        &self,
        framework: &SlotNames,
        plan: &Plan,
        shown: &[Before],
    ) -> Result<BTreeMap<String, SlotNames>, PlanError> {
        let PlanRequest {
            layout,
            layouts,
            call,
            names,
            ..
        } = self.request;
        let proxies: Vec<Address> = shown.iter().map(|one| one.proxy).collect();
        let keys = slots::keys(self.simulation, &call.step.data, names, &proxies)?;
        let framework = framework.clone().with_keys(keys);
        let of = |layout: Option<&Layout>| match layout {
            Some(layout) => framework.clone().with_layout(layout),
            None => framework.clone(),
        };
        let versions = shown.iter().map(|one| &one.version);
        let earlier = versions.map(|version| (version.clone(), of(layouts.get(version))));
        let mut all: BTreeMap<String, SlotNames> = earlier.collect();
        let new = layout.as_ref().or_else(|| layouts.get(&plan.to));
        all.insert(plan.to.clone(), of(new));
        Ok(all)
    }

    /// What changed beside the registry and these instances.
    fn elsewhere(&self, proxies: &[Address]) -> Result<Vec<super::Elsewhere>, PlanError> {
        let PlanRequest {
            registry,
            call: _,
            names,
            ..
        } = self.request;
        let approvers = self.policy.approvers.iter();
        let approvers: Vec<Address> = approvers.map(|leaf| leaf.address).collect();
        let whose = Whose {
            registry: *registry,
            names,
            approvers: &approvers,
            shown: proxies,
        };
        self.effects.elsewhere(self.simulation, &whose)
    }
}

/// Every label whose words in storage are named.
fn versions(plan: &Plan, before: &[Before]) -> Vec<String> {
    let of_instances = before.iter().map(|one| &one.version);
    let labels = [&plan.from, &plan.to].into_iter().chain(of_instances);
    let once: BTreeSet<&String> = labels.collect();
    once.into_iter().cloned().collect()
}
