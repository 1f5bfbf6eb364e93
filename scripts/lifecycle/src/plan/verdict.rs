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

/// What of a trial its verdict follows from.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tried {
    /// Something is wrong.
    pub(super) is_failing: bool,
    /// The version is current already, on every instance.
    pub(super) is_current: bool,
    /// An instance stays in a complex migration.
    pub(super) is_only_started: bool,
    /// Its code reads how much gas is left.
    pub(super) reads_gas: bool,
    /// Instances that were tried.
    pub(super) tried: u32,
    /// All others.
    pub(super) untried: u32,
}

impl Tried {
    /// What it shows as a whole.
    pub(super) fn verdict(self) -> Verdict {
        match self {
            _ if self.is_failing => Verdict::Fails,
            _ if self.is_current => Verdict::IsCurrent,
            _ if self.is_only_started => Verdict::OnlyStarted,
            _ if self.untried == 0 && self.reads_gas => Verdict::DependsOnGas,
            _ if self.untried == 0 => Verdict::Whole,
            _ if self.tried == 0 => Verdict::NotTried,
            _ => Verdict::InPart,
        }
    }
}

impl Verdict {
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
        for (tried, untried, reads_gas, expected) in [
            (1, 0, false, Verdict::Whole),
            (1, 0, true, Verdict::DependsOnGas),
            (1, 1, true, Verdict::InPart),
            (0, 1, true, Verdict::NotTried),
        ] {
            let trial = Tried {
                tried,
                untried,
                reads_gas,
                ..Tried::default()
            };
            let verdict = trial.verdict();
            assert_eq!(verdict, expected);
            assert_eq!(verdict.is_carried_out(), verdict == Verdict::Whole);
            let failed = Tried {
                is_failing: true,
                ..trial
            };
            assert_eq!(failed.verdict(), Verdict::Fails);
        }
    }
}
