//! Whether what each command reported is what the chain says.

use super::fixture::{Fixture, Reported};
use crate::prelude::*;
use alloy::sol_types::SolEvent;
use stylus_chain::Receipt;

/// What a refusal that came too late is named.
pub(super) const REFUSALS: [&str; 10] = [
    "ActionNotFound",
    "AlreadyAtVersion",
    "BatchOutOfOrder",
    "DefinitionExists",
    "NotMigrating",
    "NotHandler",
    "ProxyExists",
    "UpgradeInProgress",
    "UpgradeNotAuthorized",
    "VersionExists",
];

/// What the chain holds of a round.
pub(super) struct Round {
    registry: Address,
    receipts: Vec<Receipt>,
}

impl Round {
    /// Everything that was mined after block `from`.
    pub(super) fn since(fixture: &Fixture, from: u64, registry: &str) -> Self {
        let receipts = fixture.sandbox.chain(move |chain| {
            let numbers = from + 1..=chain.block_number();
            let blocks = numbers.filter_map(|number| chain.block(BlockId::number(number)));
            blocks.flat_map(|block| block.receipts.clone()).collect()
        });
        Self {
            registry: registry.parse().expect("an address"),
            receipts,
        }
    }

    fn logs<E: SolEvent>(&self) -> Vec<(B256, E)> {
        let mut found = Vec::new();
        for receipt in &self.receipts {
            let own = receipt
                .logs
                .iter()
                .filter(|log| log.address == self.registry);
            let own = own.filter_map(|log| E::decode_log(log).ok());
            found.extend(own.map(|log| (receipt.transaction_hash, log.data)));
        }
        found
    }

    /// How often anything was executed.
    pub(super) fn executions(&self) -> usize {
        self.logs::<abi::Executed>().len()
    }

    /// Checks one answer to a governed command of `who`.
    pub(super) fn governed(&self, who: Address, reported: &Reported) {
        let context = || format!("{reported:?}");
        let document = &reported.answer.document;
        let own = self.receipts.iter();
        let own = own.filter(|receipt| receipt.from == who && receipt.to == Some(self.registry));
        let counted: Vec<_> = own.filter(|receipt| receipt.success).collect();
        for receipt in &counted {
            let tx = receipt.transaction_hash.to_string();
            let mut sent = document["transactions"].as_array().into_iter().flatten();
            let is_reported = sent.any(|one| one["tx"] == tx.as_str());
            assert!(is_reported, "{tx} was not reported: {}", context());
        }
        match reported.answer.exit {
            Some(0) if document.get("action").is_some() => {
                assert_eq!(document["executed"], true, "{}", context());
                let action: B256 = text(document, "action").parse().expect("a hash");
                let by = match document.get("executed_by") {
                    Some(other) => text(other, "tx"),
                    None => text(document, "tx"),
                };
                let executed = self.logs::<abi::Executed>();
                let is_it = |event: &abi::Executed| event.action == action;
                let mut executed = executed.iter().filter(|(_, event)| is_it(event));
                let is_executed = executed.any(|(tx, _)| tx.to_string() == by);
                assert!(
                    is_executed,
                    "no execution of {action} by {by}: {}",
                    context()
                );
            }
            // Somebody else was first, and a rollout at the same time found nothing left to do.
            Some(0) => {
                let is_rollout = |tx: &str| {
                    let mut sent = document["transactions"].as_array().into_iter().flatten();
                    let name = sent
                        .find(|one| one["tx"] == tx)
                        .map(|one| text(one, "name"));
                    name.is_some_and(|name| name.starts_with("rollout "))
                };
                let hashes = counted.iter().map(|one| one.transaction_hash.to_string());
                let mut others = hashes.filter(|tx| !is_rollout(tx));
                assert!(others.next().is_none(), "{}", context());
            }
            Some(3) => {
                assert_eq!(document["executed"], false, "{}", context());
                let action: B256 = text(document, "action").parse().expect("a hash");
                let is_counted = self.logs::<abi::Approved>().iter().any(|(tx, event)| {
                    event.action == action
                        && event.approver == who
                        && tx.to_string() == text(document, "tx")
                });
                assert!(is_counted, "{action} was not approved: {}", context());
            }
            Some(1) => {
                assert!(counted.is_empty(), "it went through: {}", context());
                let name = text(&document["error"], "name");
                assert!(REFUSALS.contains(&name), "{}", context());
            }
            other => panic!("exit {other:?}: {}", context()),
        }
    }

    /// Checks one answer to a command that nobody else takes part in: done exactly where its
    /// transactions went through.
    pub(super) fn sent_alone(&self, who: Address, reported: &Reported) {
        let context = || format!("{reported:?}");
        let own = self.receipts.iter().filter(|receipt| receipt.from == who);
        let through: Vec<_> = own
            .filter(|receipt| receipt.success)
            .map(|receipt| receipt.transaction_hash.to_string())
            .collect();
        let listed = reported.answer.document["transactions"].as_array();
        let listed = texts(listed.into_iter().flatten(), "tx");
        assert_eq!(through, listed, "{}", context());
        if let Some(error) = reported.answer.document.get("error") {
            let name = text(error, "name");
            assert!(REFUSALS.contains(&name), "{}", context());
        }
    }
}

/// How often each exit code was told, 0 and 3 and 1.
pub(super) fn exits(reported: &[Reported]) -> [usize; 3] {
    [0, 3, 1].map(|exit| {
        let same = reported.iter().filter(|one| one.answer.exit == Some(exit));
        same.count()
    })
}

impl Fixture {
    /// The account of a key of the team.
    pub(super) fn account(&self, key: &str) -> Address {
        let position = TEAM.iter().position(|name| *name == key);
        self.sandbox.node.addresses()[position.expect("one of the team")]
    }

    /// The keys type the same words at once, in front of that registry; every answer is checked.
    pub(super) fn agreed_at_once(
        &self,
        registry: &str,
        keys: usize,
        words: &str,
    ) -> (Round, Vec<Reported>) {
        let from = self.block();
        let reported = self.typed_by(keys, words);
        let round = Round::since(self, from, registry);
        for one in &reported {
            round.governed(self.account(one.key), one);
        }
        (round, reported)
    }
}

/// A field of every answer.
pub(super) fn field<'a>(reported: &'a [Reported], name: &str) -> Vec<&'a Value> {
    let all = reported.iter();
    all.map(|one| &one.answer.document[name]).collect()
}
