//! The control over each instance once it is upgraded, compared with the control before: what an instance keeps decides
//! that, so each is tried.

use super::control::{
    AccountEvents, ContractAbi, ControlSubject, Exposure, as_before, code_replaceable,
    code_replaceable_by_unlisted, exposed_code, exposed_instance, find_exposures,
    replacing_functions, try_control,
};
use super::initializers::{self, EarlierFunctions, InstanceGroup};
use super::simulated_plan::PlanSimulation;
use super::{InstancePlan, instances, owners};
use crate::assess::Finding;
use crate::client::ChainError;
use crate::registry::given_to;
use crate::simulation::{Simulation, now};
use crate::text::count;
use alloy::primitives::Address;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use stylus_chain::BlockId;
use stylus_upgrades_interface::slots;

/// The trials of who controls the instances without the registry, beside their findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ControlTrials {
    /// The trials that were not made, in words.
    pub not_tried: Vec<String>,
    /// The control that need not be accepted, in words: accounts and functions that had it before, and functions that go
    /// through once and let nobody choose anything.
    pub open: Vec<String>,
}

/// The results for all instances.
#[derive(Debug, Default)]
struct ControlSurvey {
    /// By function, with the instances that it exposes.
    exposed: BTreeMap<String, ExposedInstances>,
    findings: Vec<Finding>,
    open: Vec<String>,
    /// Instances that their own code keeps paused.
    paused: usize,
    /// Functions of control that were not called.
    not_called: BTreeSet<String>,
    /// Why accounts were not tried.
    accounts_not_tried: BTreeSet<String>,
}

/// A function that exposes instances.
#[derive(Debug)]
struct ExposedInstances {
    exposure: Exposure,
    proxies: Vec<Address>,
}

/// An instance that is upgraded, on the copy before and after.
struct UpgradedInstance<'a> {
    proxy: Address,
    before: &'a Simulation,
    abi: &'a ContractAbi<'a>,
}

impl PlanSimulation<'_> {
    /// Finds who controls the instances once they are upgraded, and could not `as_it_was`.
    pub(super) fn find_control(&mut self, as_it_was: &Simulation) -> Result<(), ChainError> {
        let request = self.request;
        let upgraded: Vec<(Address, String)> = self
            .upgraded()
            .map(|instance| (instance.proxy, instance.from.clone()))
            .collect();
        let own = request.document.as_ref();
        let mut survey = ControlSurvey::default();
        let callers = owners::callers(&self.simulation)?;
        let no_callers = BTreeSet::new();
        for (proxy, from) in &upgraded {
            // What the version before had may be called on, and what it gave was its purpose.
            let abi = ContractAbi::of(own.into_iter().chain(request.documents.get(from)));
            let before = self.unpaused(as_it_was, *proxy)?;
            let changed = owners::changed(
                &self.simulation,
                Some(&before),
                *proxy,
                callers.get(proxy).unwrap_or(&no_callers),
                &abi.address_fields(),
                &request.names,
            )?;
            survey.findings.extend(changed);
            let instance = UpgradedInstance {
                proxy: *proxy,
                before: &before,
                abi: &abi,
            };
            self.find_instance_control(&instance, &mut survey)?;
        }
        let own = ContractAbi::of(own);
        if !upgraded.is_empty() {
            let code = request.call.code.implementation;
            let report = find_exposures(&self.simulation, code, &own)?;
            let exposures = report.compare(|| Ok(Default::default()))?;
            let name = format!("the code of {}", request.call.version);
            self.plan
                .notes
                .extend(exposed_code(&name, &exposures.refused));
        }
        let are_functions_unknown = !upgraded.is_empty() && !own.has_functions();
        let not_tried = survey.not_tried(self.migrating(), are_functions_unknown);
        self.plan.problems.append(&mut survey.findings);
        self.report_exposures(survey.exposed);
        self.find_initializers(&upgraded)?;
        self.plan.control_trials = ControlTrials {
            not_tried,
            open: survey.open,
        };
        Ok(())
    }

    /// The instances that the new version is complete on.
    fn upgraded(&self) -> impl Iterator<Item = &InstancePlan> {
        let version = &self.request.call.version;
        let instances = self.plan.instances.iter();
        instances.filter(move |instance| instance.to == *version && !instance.migrating)
    }

    /// The number of instances that stay in a complex migration.
    fn migrating(&self) -> usize {
        let instances = self.plan.instances.iter();
        instances.filter(|instance| instance.migrating).count()
    }

    /// Finds who controls an instance: anybody, then each account that it keeps.
    fn find_instance_control(
        &self,
        instance: &UpgradedInstance<'_>,
        survey: &mut ControlSurvey,
    ) -> Result<(), ChainError> {
        let UpgradedInstance { proxy, before, abi } = *instance;
        let report = find_exposures(&self.simulation, proxy, abi)?;
        survey.paused += usize::from(report.is_paused);
        survey.not_called.extend(report.not_called.iter().cloned());
        let exposures = report.compare(|| find_exposures(before, proxy, abi))?;
        let is_replaced_by_anybody = exposures.replace_code();
        let name = self.request.names.long(proxy);
        let known = exposures.as_before.iter();
        let known =
            known.map(|exposure| format!("as before the upgrade: {}", exposure.message(&name)));
        let harmless = exposures.harmless.iter();
        let harmless = harmless.map(|exposure| exposure.message(&name));
        survey.open.extend(known.chain(harmless));
        for exposure in exposures.refused {
            let exposed = survey.exposed.entry(exposure.signature.clone());
            let exposed = exposed.or_insert_with(|| ExposedInstances {
                exposure,
                proxies: Vec::new(),
            });
            exposed.proxies.push(proxy);
        }
        if is_replaced_by_anybody {
            return Ok(());
        }
        self.find_accounts(instance, survey)
    }

    /// Finds the accounts that can replace the code of an instance without the registry. An account that could before is
    /// only mentioned: it was asked when the instance or its current code came, and this upgrade does not change it.
    fn find_accounts(
        &self,
        instance: &UpgradedInstance<'_>,
        survey: &mut ControlSurvey,
    ) -> Result<(), ChainError> {
        let UpgradedInstance { proxy, before, abi } = *instance;
        let request = self.request;
        let names = &request.names;
        let none = AccountEvents::default();
        let events = request.account_events.get(&proxy).unwrap_or(&none);
        let admin = given_to(request.registry, &request.call.name);
        let subject = ControlSubject {
            registry: request.registry,
            name: &request.call.name,
            proxy,
            abi,
            events,
            sender: request.sender,
            excluded: &[admin],
        };
        let report = try_control(&self.simulation, subject)?;
        survey.accounts_not_tried.extend(report.not_tried());
        if !events.unread.is_empty() {
            survey.accounts_not_tried.insert(events.unread.clone());
        }
        if !report.replacements.is_empty() {
            let earlier = try_control(before, subject)?;
            for replacement in &report.replacements {
                if earlier.can_replace(replacement.account.address) {
                    survey.open.push(as_before(proxy, replacement, names));
                } else {
                    let finding = code_replaceable(proxy, replacement, "once upgraded", names);
                    survey.findings.push(finding);
                }
            }
        }
        if report.is_by_nobody() {
            let finding = self.replaceable_by_unlisted(before, subject)?;
            survey.findings.extend(finding);
        }
        Ok(())
    }

    /// Reports that the new code of an instance has functions which replace it, if the trial found no account that can
    /// call them and the previous code had none. Behind a proxy of the framework no code needs such a function.
    fn replaceable_by_unlisted(
        &self,
        before: &Simulation,
        subject: ControlSubject<'_>,
    ) -> Result<Option<Finding>, ChainError> {
        let (request, proxy) = (self.request, subject.proxy);
        let instance = now(self.simulation.registry(request.registry).instance(proxy))?;
        if instance.kind.is_adopted() {
            return Ok(None);
        }
        let code = self.simulation.code(request.call.code.implementation)?;
        let functions = replacing_functions(&code, request.document.as_ref());
        if functions.is_empty() {
            return Ok(None);
        }
        let slot = slots::IMPLEMENTATION.into();
        let earlier = before.chain.storage(proxy, slot, BlockId::latest())?;
        let earlier = before.code(Address::from_word(earlier))?;
        let from = self.planned(proxy);
        let document = from.and_then(|instance| request.documents.get(&instance.from));
        let had = !replacing_functions(&earlier, document).is_empty();
        let is_as_before = had && try_control(before, subject)?.is_by_nobody();
        Ok((!is_as_before).then(|| code_replaceable_by_unlisted(proxy, &functions)))
    }

    /// The plan of an instance.
    fn planned(&self, proxy: Address) -> Option<&InstancePlan> {
        let mut instances = self.plan.instances.iter();
        instances.find(|instance| instance.proxy == proxy)
    }

    /// A copy as it was on which an instance runs the code of its version: one that is paused runs the pause stub.
    pub(super) fn unpaused(
        &self,
        as_it_was: &Simulation,
        proxy: Address,
    ) -> Result<Simulation, ChainError> {
        let mut copy = as_it_was.branch();
        if let Some(instance) = self.planned(proxy) {
            let registry = copy.registry(self.request.registry);
            let code = now(registry.code(&self.request.call.name, &instance.from))?;
            let code = code.implementation.into_word();
            copy.chain
                .set_storage_at(proxy, slots::IMPLEMENTATION.into(), code);
        }
        Ok(copy)
    }

    /// Reports each function once, with the first instance that it exposes and the number of the others.
    fn report_exposures(&mut self, exposed: BTreeMap<String, ExposedInstances>) {
        for ExposedInstances { exposure, proxies } in exposed.into_values() {
            let Some((first, others)) = proxies.split_first() else {
                continue;
            };
            let more = match others.len() {
                0 => String::new(),
                number => format!(" and of {}", count(number, "other instance")),
            };
            let account = format!("{}{more}, once upgraded", self.request.names.long(*first));
            let findings = exposed_instance(&account, &[exposure]);
            self.plan.problems.extend(findings);
        }
    }

    /// Reports the initializers that stay open on these instances, or that can never run there.
    fn find_initializers(&mut self, upgraded: &[(Address, String)]) -> Result<(), ChainError> {
        let request = self.request;
        let others = match self.plan.untried {
            0 => Vec::new(),
            _ => instances::others(&self.simulation, request, &self.plan.instances)?,
        };
        let proxies: Vec<Address> = upgraded.iter().map(|(proxy, _)| *proxy).collect();
        let from = upgraded.iter().map(|(_, from)| request.documents.get(from));
        let earlier = EarlierFunctions::of(from);
        let group = InstanceGroup {
            when: ("once", " is upgraded"),
            tried: &proxies,
            others: &others,
            next: "call it in the upgrade (--call)",
            earlier: earlier.as_ref(),
        };
        let open = initializers::findings(&self.simulation, group, &request.initializers)?;
        self.plan.problems.extend(open);
        Ok(())
    }
}

impl ControlSurvey {
    /// Describes the trials that were not made. `migrating` is the number of instances in a complex migration.
    fn not_tried(&self, migrating: usize, are_functions_unknown: bool) -> Vec<String> {
        let subject = "control by an account without rights was";
        let migrating = (migrating > 0).then(|| {
            let instances = count(migrating, "instance");
            format!("{subject} not tried on {instances} in a complex migration")
        });
        let paused = (self.paused > 0).then(|| {
            let instances = count(self.paused, "instance");
            format!("{subject} tried while {instances} stayed paused by the contract's own pause")
        });
        let not_called = self.not_called.first().map(|first| {
            let more = match self.not_called.len() - 1 {
                0 => String::new(),
                number => format!(" and {}", count(number, "other function")),
            };
            format!("{first}{more} was not called: too many functions, or too large arguments")
        });
        let unknown = are_functions_unknown.then(|| {
            format!("{subject} tried of usual functions alone: those of the new code are not known")
        });
        let accounts = (!self.accounts_not_tried.is_empty()).then(|| {
            let reasons: Vec<&str> = self.accounts_not_tried.iter().map(String::as_str).collect();
            format!(
                "who can replace the code without the registry was tried in part: {}",
                reasons.join(", ")
            )
        });
        let lines = [migrating, paused, not_called, unknown, accounts];
        lines.into_iter().flatten().collect()
    }
}
