//! Hashes of what a page shows before a wallet is asked: at the click it is asked for once more and compared.
//! They cover the whole decision: what a type is given later is covered, or does not compile here.

use super::super::plan::Ran;
use crate::assess::{Consent, Coverage, Finding, Part, Severity};
use crate::governance::Display;
use crate::governance::signed::Digests;
use crate::ids::ActionId;
use crate::output::Outcome;
use crate::plan::{Plan, Verdict};
use alloy::primitives::{Address, B256, U256, keccak256};
use serde::Serialize;

/// What somebody decides on.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Decided {
    pub(super) operation: String,
    pub(super) account: Address,
    pub(super) action: ActionId,
    pub(super) display: Display,
    /// What it comes to, in words.
    pub(super) sentence: String,
    /// Whose signatures count, and whose do not.
    pub(super) signers: [Vec<Address>; 2],
    pub(super) digests: Option<Digests>,
    pub(super) transaction_digest: Option<B256>,
    pub(super) findings: Vec<Finding>,
    pub(super) consent: Option<Consent>,
    /// Why a migration was not tried.
    pub(super) untried: Option<String>,
    pub(super) plan: Option<Planned>,
}

/// What is decided on in a plan: all of it but for what every block changes.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Planned {
    plan: Plan,
    verdict: Verdict,
    coverage: Coverage,
    accepted: Vec<Finding>,
    findings: Vec<Finding>,
    warnings: Vec<Finding>,
}

impl Planned {
    pub(super) fn of(ran: &Ran) -> Self {
        let mut plan = ran.plan.clone();
        (plan.block, plan.time) = (0, 0);
        plan.transactions.clear(); // their gas
        plan.limits.clear();
        Self {
            verdict: ran.plan.verdict(),
            plan,
            coverage: ran.checks.coverage.clone(),
            accepted: ran.checks.decision().accepted,
            findings: ran.checks.findings(),
            warnings: ran.warnings.clone(),
        }
    }

    /// Which words and whose ether change, without from what and to what.
    fn without_values(mut self) -> Self {
        let of_instances = self.plan.instances.iter_mut();
        let of_others = self.plan.others.iter_mut();
        let changes = of_instances.map(|one| (&mut one.changes, &mut one.balance));
        let others = of_others.map(|one| (&mut one.changes, &mut one.balance));
        for (changes, balance) in changes.chain(others) {
            *balance = balance.map(|_| (U256::ONE, U256::ONE));
            for change in changes {
                (change.before, change.after) = (B256::ZERO, B256::ZERO);
            }
        }
        self
    }
}

impl Decided {
    /// Two hashes. The stamp is of what was decided on: it is another one once something that matters has
    /// changed. The other one is of the values that a migration writes: they differ from block to block where it
    /// writes the time, and the page goes on with others only where that is said to be meant.
    pub(super) fn report(mut self, outcome: &mut Outcome) {
        outcome.field("values", hash(&self.plan));
        self.plan = self.plan.map(Planned::without_values);
        self.findings.iter_mut().for_each(without_gas);
        outcome.field("stamp", hash(&self));
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
mod tests {
    use super::*;
    use crate::governance::{Names, explain};
    use crate::ids::CodeHash;
    use crate::plan::{Change, InstancePlan, Replay};
    use crate::review::TRIED;
    use alloy::sol_types::SolCall;
    use stylus_upgrades_interface::registry::IRegistry as abi;

    fn decided() -> Decided {
        let call = abi::pauseCall { name: "A".into() }.abi_encode();
        let names = Names::default();
        let display = Display::of(&call, &names).expect("a call");
        let policy = Address::with_last_byte(1).to_string();
        let plan = Plan {
            block: 0,
            time: 0,
            arbos: 61,
            name: "A".into(),
            from: "1.0".into(),
            to: "2.0".into(),
            codehash: CodeHash::ZERO,
            code_bytes: 7,
            call: call.clone().into(),
            display: display.clone(),
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
        };
        let plan = Planned {
            verdict: plan.verdict(),
            plan,
            coverage: Coverage::default(),
            accepted: Vec::new(),
            findings: Vec::new(),
            warnings: Vec::new(),
        };
        Decided {
            operation: "approve".into(),
            account: Address::ZERO,
            action: ActionId::default(),
            display,
            sentence: "Sent now".into(),
            signers: [Vec::new(), Vec::new()],
            digests: None,
            transaction_digest: None,
            findings: Vec::new(),
            consent: Some(Consent::NotNeeded),
            untried: None,
            plan: Some(plan),
        }
    }

    fn stamped(change: impl FnOnce(&mut Decided)) -> [String; 2] {
        let (mut decided, mut outcome) = (decided(), Outcome::default());
        change(&mut decided);
        decided.report(&mut outcome);
        ["stamp", "values"].map(|name| outcome.document[name].to_string())
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
            |change: fn(&mut Planned)| stamped(|one| change(one.plan.as_mut().expect("a plan")));
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
            stamped(|one| one.signers[1].push(Address::ZERO)),
        ] {
            assert_ne!(other[0], nothing[0]);
        }
    }
}
