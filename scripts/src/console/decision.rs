//! What somebody decides on, and hashes of it: at the click it is asked for once more and compared. They cover the whole
//! decision: what a type is given later is covered, or does not compile here.

use super::plan::Tried;
use crate::assess::{Consent, Coverage, Finding, Part, Severity};
use crate::checks::Assessment;
use crate::functions::DecodedCall;
use crate::governance::signed::{Approval, Digests};
use crate::governance::{Display, PolicyChange, ShownCall, Simulated};
use crate::ids::ActionId;
use crate::interface::CallersOfWay;
use crate::plan::{Plan, Verdict};
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::rpc::types::TransactionRequest;
use serde::Serialize;
use serde_json::{Map, Value};

/// What somebody decides on.
#[derive(Debug, Clone, Serialize)]
pub struct Decision {
    /// What would be done.
    pub operation: String,
    /// By whom.
    pub account: Address,
    /// About which action.
    pub action: ActionId,
    /// What the action does.
    pub display: Display,
    /// What it does to a policy, where it sets one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_change: Option<PolicyChange>,
    /// What it comes to, in words.
    pub sentence: String,
    /// Whose signatures count.
    pub signers: Vec<Address>,
    /// Whose do not.
    pub left_out: Vec<Address>,
    /// What a wallet signs, and its user compares with the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digests: Option<Digests>,
    /// The same of what is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_digest: Option<B256>,
    /// What changes for callers, where it upgrades.
    pub callers: Vec<CallersOfWay>,
    /// What was found, the heaviest first.
    pub findings: Vec<Finding>,
    /// Whether a yes is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// Why a migration was not tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untried: Option<String>,
    /// What a copy of the chain said of a migration.
    #[serde(skip)]
    pub planned: Option<Planned>,
}

/// What is decided on in a plan: all of it but for what every block changes.
#[derive(Debug, Clone, Serialize)]
pub struct Planned {
    plan: Plan,
    verdict: Verdict,
    coverage: Coverage,
    accepted: Vec<Finding>,
    findings: Vec<Finding>,
    warnings: Vec<Finding>,
}

/// What would happen if an account did something now, and what its wallet is asked for.
#[derive(Debug, Serialize)]
pub struct Before {
    /// What is decided on.
    #[serde(flatten)]
    pub decision: Decision,
    /// What the calldata in the call do.
    pub decoded: Vec<DecodedCall>,
    /// How far an approval would bring the action.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Simulated>,
    /// What the wallet is asked to send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<TransactionRequest>,
    /// What it is asked to sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typed_data: Option<Value>,
    /// The same, as the file of a signed approval has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// The file for Safe's Transaction Builder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub builder: Option<String>,
    /// What `plan` reports of a migration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Map<String, Value>>,
    /// The same for the page.
    #[serde(skip)]
    pub tried: Option<Tried>,
    /// Of what is decided on: another one once something that matters has changed.
    pub stamp: B256,
    /// Of the values that a migration writes. They differ from block to block where it writes the time, and the page
    /// goes on with others only where that is said to be meant.
    pub values: B256,
}

impl Planned {
    /// Of a plan, what was checked before it, and what ends soon.
    pub fn of(plan: &Plan, checks: &Assessment, warnings: &[Finding]) -> Self {
        let mut plan = plan.clone();
        let verdict = plan.verdict();
        (plan.block, plan.time) = (0, 0);
        plan.transactions.clear(); // their gas
        plan.limits.clear();
        Self {
            verdict,
            plan,
            coverage: checks.coverage.clone(),
            accepted: checks.decision().accepted,
            findings: checks.findings(),
            warnings: warnings.to_vec(),
        }
    }

    /// Which words and whose ether change, without from what and to what.
    fn without_values(mut self) -> Self {
        self.plan.state_difference = None;
        let of_instances = self.plan.instances.iter_mut();
        let of_others = self.plan.others.iter_mut();
        let changes = of_instances.map(|one| (&mut one.changes, &mut one.balance));
        let others = of_others.map(|one| (&mut one.changes, &mut one.balance));
        for (changes, balance) in changes.chain(others) {
            *balance = balance.map(|_| (U256::ONE, U256::ONE));
            for change in changes {
                (change.before, change.after) = (B256::ZERO, B256::ZERO);
                change.fields.clear();
            }
        }
        self
    }
}

impl Decision {
    /// The stamp, and the hash of the values.
    fn hashes(&self) -> [B256; 2] {
        let mut lasting = self.clone();
        lasting.planned = lasting.planned.map(Planned::without_values);
        lasting.findings.iter_mut().for_each(without_gas);
        [hash(&(&lasting, &lasting.planned)), hash(&self.planned)]
    }
}

impl Before {
    /// Takes over what is known of the call beside its bytes.
    pub fn take(&mut self, shown: &ShownCall) {
        self.decoded.clone_from(&shown.decoded);
        self.decision.policy_change.clone_from(&shown.policy_change);
    }

    /// What is decided on, before anything is asked of a wallet.
    pub fn of(decision: Decision) -> Self {
        Self {
            decision,
            decoded: Vec::new(),
            progress: None,
            transaction: None,
            typed_data: None,
            approval: None,
            builder: None,
            plan: None,
            tried: None,
            stamp: B256::ZERO,
            values: B256::ZERO,
        }
    }

    /// The same with the hashes of what is decided on, which is complete now.
    #[must_use]
    pub fn stamped(mut self) -> Self {
        [self.stamp, self.values] = self.decision.hashes();
        self
    }
}

/// Without the words of what succeeded on a copy: they name amounts of gas, which differ from block to block.
fn without_gas(one: &mut Finding) {
    let has_succeeded = (one.part, one.severity) == (Part::Trial, Severity::Warning);
    if one.severity == Severity::Good || has_succeeded {
        one.message.clear();
    }
}

fn hash(decided: &impl Serialize) -> B256 {
    let text = serde_json::to_vec(decided);
    keccak256(text.unwrap_or_default())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::governance::explain;
    use crate::ids::CodeHash;
    use crate::names::Names;
    use crate::plan::{Change, InstancePlan, Replay};
    use crate::review::TRIED;
    use alloy::sol_types::SolCall;
    use stylus_upgrades_interface::registry::IRegistry as abi;

    /// A migration of one instance.
    pub(in crate::console) fn plan() -> Plan {
        let call = abi::pauseCall { name: "A".into() }.abi_encode();
        let names = Names::default();
        let display = Display::of(&call, &names).expect("a call");
        let policy = Address::with_last_byte(1).to_string();
        Plan {
            expectations: None,
            state_difference: None,
            suggested: None,
            block: 0,
            time: 0,
            arbos: 61,
            name: "A".into(),
            from: "1.0".into(),
            to: "2.0".into(),
            codehash: CodeHash::ZERO,
            code_bytes: 7,
            call: call.into(),
            display,
            policy: explain("migrate", &policy, &names).expect("a policy"),
            transactions: Vec::new(),
            instances: vec![InstancePlan {
                proxy: Address::ZERO,
                from: "1.0".into(),
                to: "2.0".into(),
                migrating: false,
                changes: vec![Change {
                    slot: B256::ZERO,
                    name: None,
                    before: B256::ZERO,
                    after: B256::with_last_byte(6),
                    fields: Vec::new(),
                }],
                balance: Some((U256::ZERO, U256::ONE)),
                events: Vec::new(),
            }],
            others: Vec::new(),
            reads: Vec::new(),
            limits: Vec::new(),
            tried: 1,
            untried: 0,
            problems: Vec::new(),
            is_current: false,
            stuck: None,
        }
    }

    pub(in crate::console) fn decision() -> Decision {
        let call = abi::pauseCall { name: "A".into() }.abi_encode();
        let names = Names::default();
        let display = Display::of(&call, &names).expect("a call");
        let plan = plan();
        let plan = Planned {
            verdict: plan.verdict(),
            plan,
            coverage: Coverage::default(),
            accepted: Vec::new(),
            findings: Vec::new(),
            warnings: Vec::new(),
        };
        Decision {
            operation: "approve".into(),
            account: Address::ZERO,
            action: ActionId::default(),
            display,
            policy_change: None,
            sentence: "Sent now".into(),
            signers: Vec::new(),
            left_out: Vec::new(),
            digests: None,
            transaction_digest: None,
            callers: Vec::new(),
            findings: Vec::new(),
            consent: Some(Consent::NotNeeded),
            untried: None,
            planned: Some(plan),
        }
    }

    fn stamped(change: impl FnOnce(&mut Decision)) -> [B256; 2] {
        let mut decision = decision();
        change(&mut decision);
        decision.hashes()
    }

    #[test]
    fn amounts_of_gas_in_what_succeeded_are_no_part_of_a_stamp() {
        let found = |part, severity, says: &str| {
            stamped(|one| one.findings = vec![Finding::named(part, severity, TRIED, says)])
        };
        for (severity, part, is_part) in [
            (Severity::Good, Part::Trial, false),
            (Severity::Warning, Part::Trial, false),
            (Severity::Danger, Part::Trial, true),
            (Severity::Unknown, Part::Trial, true),
            (Severity::Warning, Part::Source, true),
        ] {
            let with = |says| found(part, severity, says);
            assert_eq!(
                with("7 gas") != with("8 gas"),
                is_part,
                "{severity:?} {part}"
            );
            assert_ne!(with("7 gas")[0], stamped(|_| ())[0], "{severity:?} {part}");
        }
    }

    #[test]
    fn whatever_is_decided_on_is_part_of_the_stamp_and_values_that_are_written_are_told_apart() {
        let nothing = stamped(|_| ());
        assert_eq!(nothing, stamped(|_| ()));
        let plan =
            |change: fn(&mut Planned)| stamped(|one| change(one.planned.as_mut().expect("a plan")));
        let both = [
            plan(|plan| plan.verdict = Verdict::InPart),
            plan(|plan| plan.plan.untried = 1),
            plan(|plan| plan.plan.instances.clear()),
            plan(|plan| plan.plan.instances[0].changes[0].slot = B256::with_last_byte(2)),
            plan(|plan| plan.plan.instances[0].balance = None),
            plan(|plan| plan.plan.to = "3.0".into()),
            plan(|plan| plan.warnings = vec![Replay::nothing()]),
            plan(|plan| plan.coverage = Coverage::absent("nobody")),
        ];
        for (at, [stamp, values]) in both.iter().enumerate() {
            assert!(*stamp != nothing[0] && *values != nothing[1], "{at}");
        }
        let values = [
            plan(|plan| plan.plan.instances[0].changes[0].after = B256::with_last_byte(7)),
            plan(|plan| plan.plan.instances[0].changes[0].before = B256::with_last_byte(5)),
            plan(|plan| plan.plan.instances[0].balance = Some((U256::ZERO, U256::from(2)))),
        ];
        for (at, [stamp, values]) in values.iter().enumerate() {
            assert!(*stamp == nothing[0] && *values != nothing[1], "{at}");
        }
        for other in [
            stamped(|one| one.consent = Some(Consent::Needed)),
            stamped(|one| one.sentence.push('!')),
            stamped(|one| one.untried = Some("another action".into())),
            stamped(|one| one.account = Address::with_last_byte(1)),
            stamped(|one| one.left_out.push(Address::ZERO)),
        ] {
            assert_ne!(other[0], nothing[0]);
        }
    }
}
