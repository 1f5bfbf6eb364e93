//! The code that a step into a version runs, and the contract that it names.

use crate::model::kinds::StepKind;
use alloy::primitives::Address;
use serde::Serialize;
use serde::ser::Serializer;
use stylus_upgrades_interface::registry::Step;

/// The contract that a step names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// None.
    Nothing,
    /// The proxy delegatecalls it: a migration script, or the program of a complex migration.
    Script(Address),
    /// The registry asks it before and after each instance is moved.
    Check(Address),
}

impl Named {
    /// Says what it is, in a word; empty where there is none.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Script(_) => "script",
            Self::Check(_) => "check",
        }
    }
}

/// Returns what a step runs.
pub fn runs(step: &Step) -> StepKind {
    step.kind.into()
}

/// The contract that a step names.
pub fn named(step: &Step) -> Named {
    match step.script {
        Address::ZERO => Named::Nothing,
        script if runs(step).runs_script() => Named::Script(script),
        check => Named::Check(check),
    }
}

/// A step as the command line's documents have it.
#[derive(Serialize)]
struct Document<'a> {
    from: &'a str,
    kind: StepKind,
    #[serde(skip_serializing_if = "str::is_empty")]
    named: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    script: Option<Address>,
}

pub(crate) fn serialize<S: Serializer>(steps: &[Step], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(steps.iter().map(|step| Document {
        from: &step.from,
        kind: runs(step),
        named: named(step).word(),
        script: Some(step.script).filter(|script| !script.is_zero()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{B256, Bytes};
    use stylus_upgrades_interface::reasons::step;

    #[test]
    fn a_step_names_a_script_where_its_kind_runs_one() {
        let contract = Address::repeat_byte(7);
        let nothing = Named::Nothing;
        let script = Named::Script(contract);
        let check = Named::Check(contract);
        for (kind, script_at, expected) in [
            (step::NONE, Address::ZERO, nothing),
            (step::NONE, contract, check),
            (step::CALL, contract, check),
            (step::SCRIPT, contract, script),
            (step::COMPLEX, contract, script),
            (step::FOREIGN_CALL, contract, check),
            (9, contract, check),
        ] {
            let one = Step {
                from: String::new(),
                kind,
                script: script_at,
                scriptCodehash: B256::ZERO,
                data: Bytes::new(),
            };
            assert_eq!(named(&one), expected, "{kind}");
        }
    }
}
