//! What a trial shows as a whole.

use super::instances::InstancePlan;
use serde::{Deserialize, Serialize};

/// What a trial shows as a whole. Good news is what was tried to its end, on every instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Something is wrong.
    Fails,
    /// The version is current already, on every instance.
    IsCurrent,
    /// Only the start of a complex migration was tried.
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

impl Verdict {
    /// Of a plan with problems or without, of a version that is current or not, where so many instances were
    /// tried and so many were not, by code that reads how much gas is left or does not.
    pub(super) fn of(
        is_failing: bool,
        is_current: bool,
        instances: &[InstancePlan],
        (tried, untried): (u32, u32),
        reads_gas: bool,
    ) -> Self {
        match (is_failing, is_current) {
            (true, _) => Self::Fails,
            (false, true) => Self::IsCurrent,
            _ if instances.iter().any(|one| one.migrating) => Self::OnlyStarted,
            _ if untried == 0 && reads_gas => Self::DependsOnGas,
            _ if untried == 0 => Self::Whole,
            _ if tried == 0 => Self::NotTried,
            _ => Self::InPart,
        }
    }

    /// What it says, where nothing fails.
    pub fn words(self) -> Option<&'static str> {
        Some(match self {
            Self::Fails => return None,
            Self::IsCurrent => "it is current already: nothing would change",
            Self::OnlyStarted => "its start would succeed",
            Self::NotTried => "no instance was tried",
            Self::InPart => "it would succeed on the instances that were tried",
            Self::DependsOnGas => "it would succeed with the gas limits that were tried",
            Self::Whole => "it would succeed",
        })
    }

    /// Whether all of it was carried out to its end and succeeds.
    pub fn is_carried_out(self) -> bool {
        matches!(self, Self::Whole | Self::IsCurrent)
    }
}

/// How many of these are upgraded.
pub fn upgraded(instances: &[InstancePlan]) -> usize {
    instances.iter().filter(|one| one.from != one.to).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_tried_to_its_end_by_code_that_reads_no_gas_is_good() {
        for (tried, reads_gas, expected) in [
            ((1, 0), false, Verdict::Whole),
            ((1, 0), true, Verdict::DependsOnGas),
            ((1, 1), true, Verdict::InPart),
            ((0, 1), true, Verdict::NotTried),
        ] {
            let verdict = Verdict::of(false, false, &[], tried, reads_gas);
            assert_eq!(verdict, expected);
            assert_eq!(verdict.is_carried_out(), verdict == Verdict::Whole);
            let failed = Verdict::of(true, false, &[], tried, reads_gas);
            assert_eq!(failed, Verdict::Fails);
        }
    }
}
