//! Verdict of a simulation as a whole.

use super::Plan;
use super::instances::InstancePlan;
use serde::Serialize;

/// The verdict of a simulation as a whole. It is good only if everything was tried to its end, on every instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Something is wrong.
    Fails,
    /// The version is current already, on every instance.
    IsCurrent,
    /// A complex migration was not tried to its end.
    OnlyStarted,
    /// There are instances, and none was tried.
    NotTried,
    /// It succeeds on some instances, and others were not tried.
    InPart,
    /// It succeeds on all with the gas limits that were tried, and its code reads how much gas is left.
    DependsOnGas,
    /// It succeeds on all.
    Whole,
}

impl Plan {
    /// Returns the verdict as a whole.
    pub fn verdict(&self) -> Verdict {
        let reads_gas = self.reads.iter().any(|read| read.of_gas().is_some());
        let is_only_started = self.instances.iter().any(|instance| instance.migrating);
        match (self.tried, self.untried) {
            _ if !self.problems.is_empty() => Verdict::Fails,
            _ if self.is_current => Verdict::IsCurrent,
            _ if is_only_started => Verdict::OnlyStarted,
            (_, 0) if reads_gas => Verdict::DependsOnGas,
            (_, 0) => Verdict::Whole,
            (0, _) => Verdict::NotTried,
            _ => Verdict::InPart,
        }
    }
}

impl Verdict {
    /// Describes the verdict, where nothing fails.
    pub fn words(self) -> Option<&'static str> {
        Some(match self {
            Self::Fails => return None,
            Self::IsCurrent => "it is current already: nothing would change",
            Self::OnlyStarted => "the migration was not simulated to its end: what was succeeds",
            Self::NotTried => "no instance was tried",
            Self::InPart => "it would succeed on the instances that were tried",
            Self::DependsOnGas => "it would succeed with the gas limits that were tried",
            Self::Whole => "it would succeed",
        })
    }

    /// Returns true if all of it was carried out to its end and succeeds.
    pub fn is_carried_out(self) -> bool {
        matches!(self, Self::Whole | Self::IsCurrent)
    }
}

/// Counts the upgraded instances.
pub fn upgraded(instances: &[InstancePlan]) -> usize {
    instances
        .iter()
        .filter(|instance| instance.from != instance.to)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::{Finding, FindingKind, Part, Severity};
    use crate::plan::Reads;

    #[test]
    fn only_what_was_tried_to_its_end_by_code_that_reads_no_gas_is_good() {
        for (tried, untried, reads_gas, expected) in [
            (1, 0, false, Verdict::Whole),
            (1, 0, true, Verdict::DependsOnGas),
            (1, 1, true, Verdict::InPart),
            (0, 1, true, Verdict::NotTried),
        ] {
            let reads = Reads {
                code: "the script".into(),
                unread: None,
                gas: vec!["GAS".into()],
                others: Vec::new(),
                calls: Vec::new(),
            };
            let mut plan = Plan {
                tried,
                untried,
                reads: reads_gas.then_some(reads).into_iter().collect(),
                ..Plan::default()
            };
            let verdict = plan.verdict();
            assert_eq!(verdict, expected);
            assert_eq!(verdict.is_carried_out(), verdict == Verdict::Whole);
            let failure = Finding::new(
                Part::Simulation,
                Severity::Danger,
                FindingKind::ReadsGas.id(),
                "",
            );
            plan.problems.push(failure);
            assert_eq!(plan.verdict(), Verdict::Fails);
        }
    }
}
