//! The subject that somebody decides on, and a hash of it: at the click it is asked for once more and compared. It
//! covers the whole decision.

use crate::assess::{Consent, Finding, Part, Severity};
use crate::functions::DecodedCall;
use crate::governance::signed::{Approval, Digests};
use crate::governance::{ControlChange, Display, PolicyChange, SimulatedCall};
use crate::ids::ActionId;
use crate::interface::CallersOfWay;
use crate::plan::Plan;
use alloy::primitives::{Address, B256, keccak256};
use alloy::rpc::types::TransactionRequest;
use serde::Serialize;
use serde_json::Value;

/// The subject that somebody decides on.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ActionDecision {
    /// The operation that would be done.
    pub operation: String,
    /// By whom.
    pub account: Address,
    /// About which action.
    pub action: ActionId,
    /// The effect, in a few words.
    pub what: String,
    /// The text of what the action does.
    pub display: Display,
    /// The change that it makes to a policy, where it sets one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_change: Option<PolicyChange>,
    /// The accounts that can replace the code, before and after, where it changes that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<ControlChange>,
    /// The result of it, in words.
    pub sentence: String,
    /// The digests that a wallet signs, and its user compares with the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digests: Option<Digests>,
    /// The same of what is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_digest: Option<B256>,
    /// The changes for callers, where it upgrades.
    pub callers: Vec<CallersOfWay>,
    /// The findings, the heaviest first.
    pub findings: Vec<Finding>,
    /// The yes that is asked for, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
}

/// A preview of what would happen if an account did something now, and what its wallet is asked for.
#[derive(Debug, Default, Serialize)]
pub struct DecisionPreview {
    /// The decision.
    #[serde(flatten)]
    pub decision: ActionDecision,
    /// The meaning of the calldata in the call.
    #[serde(skip)]
    pub decoded: Vec<DecodedCall>,
    /// The progress of the action that an approval would bring.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub progress: Option<SimulatedCall>,
    /// The transaction that the wallet is asked to send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<TransactionRequest>,
    /// The data that it is asked to sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typed_data: Option<Value>,
    /// The same, as the file of a signed approval has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// The file for Safe's Transaction Builder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub builder: Option<String>,
    /// A migration, as it was tried.
    #[serde(skip)]
    pub plan: Option<Plan>,
    /// Of what is decided on: another one once something that matters has changed.
    pub stamp: B256,
}

impl DecisionPreview {
    /// The same with the stamp of what is decided on, which is complete now: of a plan all but what every block
    /// changes.
    #[must_use]
    pub fn stamped(mut self) -> Self {
        let (mut lasting, mut plan) = (self.decision.clone(), self.plan.clone());
        lasting.findings.iter_mut().for_each(without_gas);
        if let Some(plan) = &mut plan {
            (plan.block, plan.time) = (0, 0);
            plan.transactions.clear(); // their gas
            plan.limits.clear();
        }
        let text = serde_json::to_vec(&(lasting, plan));
        self.stamp = keccak256(text.unwrap_or_default());
        self
    }
}

/// Without the words of what succeeded on a copy: they name amounts of gas, which differ from block to block.
fn without_gas(finding: &mut Finding) {
    let has_succeeded = (finding.part, finding.severity) == (Part::Simulation, Severity::Warning);
    if finding.severity == Severity::Good || has_succeeded {
        finding.message.clear();
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::assess::FindingKind;
    use crate::names::Names;
    use crate::plan::{Change, InstancePlan};
    use alloy::primitives::U256;
    use alloy::sol_types::SolCall;
    use stylus_upgrades_interface::registry::IRegistry as abi;

    /// A migration of one instance.
    pub(in crate::console) fn plan() -> Plan {
        let change = Change {
            slot: B256::ZERO,
            name: None,
            before: B256::ZERO,
            after: B256::with_last_byte(6),
            fields: Vec::new(),
        };
        let instance = InstancePlan {
            from: "1.0".into(),
            to: "2.0".into(),
            changes: vec![change],
            balance: Some((U256::ZERO, U256::ONE)),
            ..InstancePlan::default()
        };
        Plan {
            name: "A".into(),
            from: "1.0".into(),
            to: "2.0".into(),
            instances: vec![instance],
            tried: 1,
            ..Plan::default()
        }
    }

    pub(in crate::console) fn decision() -> ActionDecision {
        let pause = abi::pauseCall {
            name: "A".into(),
            first: Vec::new(),
        };
        let call = pause.abi_encode();
        let names = Names::default();
        let display = Display::of(&call, &names).expect("a call");
        ActionDecision {
            operation: "approve".into(),
            what: "pause A".into(),
            display,
            sentence: "Sent now".into(),
            consent: Some(Consent::NotNeeded),
            ..ActionDecision::default()
        }
    }

    fn stamped(change: impl FnOnce(&mut DecisionPreview)) -> B256 {
        let mut preview = DecisionPreview {
            decision: decision(),
            plan: Some(plan()),
            ..DecisionPreview::default()
        };
        change(&mut preview);
        preview.stamped().stamp
    }

    #[test]
    fn amounts_of_gas_in_what_succeeded_are_no_part_of_a_stamp() {
        let found = |part, severity, says: &str| {
            stamped(|preview| {
                preview.decision.findings =
                    vec![Finding::named(part, severity, FindingKind::Trial, says)]
            })
        };
        for (severity, part, is_part) in [
            (Severity::Good, Part::Simulation, false),
            (Severity::Warning, Part::Simulation, false),
            (Severity::Danger, Part::Simulation, true),
            (Severity::Unknown, Part::Simulation, true),
            (Severity::Warning, Part::Source, true),
        ] {
            let with = |says| found(part, severity, says);
            assert_eq!(
                with("7 gas") != with("8 gas"),
                is_part,
                "{severity:?} {part}"
            );
            assert_ne!(with("7 gas"), stamped(|_| ()), "{severity:?} {part}");
        }
    }

    #[test]
    fn whatever_is_decided_on_is_part_of_the_stamp() {
        let nothing = stamped(|_| ());
        assert_eq!(nothing, stamped(|_| ()));
        let change =
            |change: fn(&mut ActionDecision)| stamped(|preview| change(&mut preview.decision));
        let plan =
            |change: fn(&mut Plan)| stamped(|preview| preview.plan.iter_mut().for_each(change));
        let others = [
            change(|decision| decision.consent = Some(Consent::Needed)),
            change(|decision| decision.sentence.push('!')),
            change(|decision| decision.account = Address::with_last_byte(1)),
            plan(|plan| plan.untried = 1),
            plan(|plan| plan.control_trials.not_tried.push("accounts".into())),
            plan(|plan| plan.to = "3.0".into()),
            plan(|plan| plan.instances[0].changes[0].after = B256::with_last_byte(7)),
            plan(|plan| plan.instances[0].balance = None),
        ];
        for (at, other) in others.iter().enumerate() {
            assert_ne!(*other, nothing, "{at}");
        }
        assert_eq!(plan(|plan| plan.block = 9), nothing);
    }
}
