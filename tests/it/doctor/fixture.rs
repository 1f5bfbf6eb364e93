//! Instances of every kind that is built, each with data; and the program that examines them.

use crate::prelude::*;
use stylus_upgrades_harness::{Definition, Instance};
use stylus_upgrades_interface::complex::IComplexMigration::{
    endMigrationCall, migrateBatchCall, migrateNextCall, progressCall,
};

use super::instances::{collection, counters, ledger, points};
use super::program::program;
use crate::command::finished;
use crate::run_migration::fixture::STRANGER_KEY;
use crate::tools::{now, pass, schedule};

pub(super) use stylus_upgrades_tests::abi::{
    ICollection, ICounter, ILedger, ILedger2, points_v2::IPoints,
};

pub(super) type Done = Result<(), HarnessError>;

/// A day in seconds.
pub(super) const DAY: u64 = 86_400;
/// The account of that key.
pub(super) const STRANGER: usize = 8;
/// The handler of every complex migration.
pub(super) const HANDLER: usize = 5;
/// Members of the points register.
pub(super) const MEMBERS: u64 = 40;
/// Whole points of each member.
pub(super) const POINTS: u64 = 7;
/// Cents of each account of the ledger.
pub(super) const CENTS: u64 = 250;
/// Tokens of the collection.
pub(super) const TOKENS: [u64; 4] = [3, 5, 77, 900];
/// A budget that some of the members fit.
pub(super) const BUDGET: u64 = 100_000;

/// Instances of every kind.
pub(super) struct Team<'h> {
    pub(super) harness: &'h Harness,
    pub(super) counters: Definition<'h>,
    /// At 1.0, which is current.
    pub(super) counter: Instance<'h>,
    /// Upgraded to 2.0 by a call.
    pub(super) called: Instance<'h>,
    /// Paused in a complex migration whose items the contract knows.
    pub(super) points: Instance<'h>,
    /// At 2.0, with a map that is converted lazily.
    ledger: Instance<'h>,
    /// Paused in a full migration: a complex one whose items the handler supplies.
    collection: Instance<'h>,
    /// How far the two paused ones are.
    paused: [(U256, U256); 2],
    /// Where the program runs, and keeps its journal.
    folder: tempfile::TempDir,
}

pub(super) fn member(n: u64) -> Address {
    Address::left_padding_from(&(0x2000 + n).to_be_bytes())
}

pub(super) fn holder(n: u64) -> Address {
    Address::left_padding_from(&(0x1000 + n).to_be_bytes())
}

pub(super) fn numbers(numbers: &[u64]) -> Vec<U256> {
    numbers.iter().copied().map(U256::from).collect()
}

impl<'h> Team<'h> {
    /// A counter alone.
    pub(super) async fn small(harness: &'h Harness) -> Result<Self, HarnessError> {
        let (counters, counter, called) = counters(harness).await?;
        Ok(Self {
            harness,
            counters,
            points: counter.by(harness.account(0)),
            ledger: counter.by(harness.account(0)),
            collection: counter.by(harness.account(0)),
            counter,
            called,
            paused: [(U256::ZERO, U256::ZERO); 2],
            folder: tempfile::tempdir().expect("a folder"),
        })
    }

    /// All of them.
    pub(super) async fn new(harness: &'h Harness) -> Result<Self, HarnessError> {
        let mut team = Self::small(harness).await?;
        team.points = points(harness).await?;
        team.ledger = ledger(harness).await?;
        team.collection = collection(harness).await?;
        team.paused = team.progress().await?;
        for (done, total) in team.paused {
            assert!(done > U256::ZERO && done < total, "in the middle");
        }
        Ok(team)
    }

    async fn progress(&self) -> Result<[(U256, U256); 2], HarnessError> {
        let points = self.points.read(&progressCall {}).await?;
        let collection = self.collection.read(&progressCall {}).await?;
        Ok([
            (points.done, points.total),
            (collection.done, collection.total),
        ])
    }

    /// Every proxy answers with its data, and continues from where it was.
    pub(super) async fn assert_alive(&self) -> Done {
        self.assert_counters().await?;
        assert_eq!(self.progress().await?, self.paused);
        let old = self.ledger.read(&account(0)).await?;
        assert_eq!(old._0, u128::from(100 * CENTS), "read lazily");
        let new = self.ledger.read(&account(1)).await?;
        assert_eq!(new._0, 77, "converted");
        self.finish().await
    }

    /// The two counters count on.
    pub(super) async fn assert_counters(&self) -> Done {
        for (counter, expected) in [(&self.counter, 7), (&self.called, 7)] {
            let value = counter.read(&ICounter::valueCall {}).await?;
            assert_eq!(value, U256::from(expected));
        }
        self.counter.send(&ICounter::incrementCall {}).await?;
        self.called.send(&ICounter::incrementCall {}).await?;
        let counted = self.called.read(&ICounter::valueCall {}).await?;
        assert_eq!(counted, U256::from(7 + 5), "by its step");
        Ok(())
    }

    /// The migrations end, and nothing is lost.
    async fn finish(&self) -> Done {
        let handler = self.harness.account(HANDLER);
        let by_handler = self.points.by(handler);
        while {
            let progress = self.points.read(&progressCall {}).await?;
            progress.done < progress.total
        } {
            let next = migrateNextCall {
                gasBudget: 20_000_000,
            };
            by_handler.send(&next).await?;
        }
        by_handler.send(&endMigrationCall {}).await?;
        for n in 0..MEMBERS {
            let call = IPoints::pointsCall { member: member(n) };
            let found = self.points.read(&call).await?;
            assert_eq!(found, U256::from(10 * POINTS), "member {n}");
        }
        let by_handler = self.collection.by(handler);
        by_handler
            .send(&batch(2, &TOKENS[2..], self.owner()))
            .await?;
        by_handler.send(&endMigrationCall {}).await?;
        let supply = self.collection.read(&ICollection::totalSupplyCall {});
        assert_eq!(supply.await?, U256::from(TOKENS.len()));
        for token in numbers(&TOKENS) {
            let call = ICollection::ownerOfCall { token_id: token };
            assert_eq!(self.collection.read(&call).await?, self.owner());
        }
        Ok(())
    }

    fn owner(&self) -> Address {
        self.harness.account(1)
    }

    /// No proxy answers.
    pub(super) async fn assert_dead(&self) {
        for instance in [&self.counter, &self.called] {
            let read = instance.read(&ICounter::valueCall {}).await;
            assert!(read.is_err(), "it does not run");
        }
    }

    /// Passes time, in days.
    pub(super) async fn wait(&self, days: u64) -> Done {
        pass(self.harness.chain(), days * DAY).await
    }

    /// The chain's owner schedules a version of ArbOS.
    pub(super) async fn schedule(&self, version: u64, timestamp: u64) -> Done {
        schedule(self.harness.chain(), version, timestamp).await
    }

    /// Unix seconds of the newest block.
    pub(super) async fn now(&self) -> u64 {
        now(self.harness.chain().provider()).await
    }

    /// What the stranger has sent.
    pub(super) async fn nonce(&self) -> u64 {
        let provider = self.harness.chain().provider();
        let stranger = self.harness.account(STRANGER);
        let count = alloy::providers::Provider::get_transaction_count(provider, stranger);
        count.await.expect("an answer")
    }

    /// The program, without a key.
    pub(super) async fn doctor(&self, words: &(impl Words + ?Sized)) -> Answer {
        let words = &words.list()[..];
        let registry = self.harness.registry().to_string();
        let words = [&["doctor", "--registry", &registry], words].concat();
        finished(self.command(&words)).await
    }

    /// The same with the stranger's key.
    pub(super) async fn fix(&self, words: &(impl Words + ?Sized)) -> Answer {
        finished(self.fixing(words)).await
    }

    /// The program without a key, at another endpoint.
    pub(super) async fn doctor_at(&self, url: &str) -> Answer {
        let registry = self.harness.registry().to_string();
        finished(self.command_at(url, &format!("doctor --registry {registry}"))).await
    }

    /// The same with the stranger's key and `--fix`.
    pub(super) async fn fix_at(&self, url: &str, words: &(impl Words + ?Sized)) -> Answer {
        finished(self.fixing_at(url, words)).await
    }

    /// The same, ready to be started.
    pub(super) fn fixing(&self, words: &(impl Words + ?Sized)) -> Command {
        self.fixing_at(self.harness.chain().url(), words)
    }

    fn fixing_at(&self, url: &str, words: &(impl Words + ?Sized)) -> Command {
        let registry = self.harness.registry().to_string();
        let fix = ["doctor", "--fix", "--registry", &registry];
        let mut command = self.command_at(url, &[&fix[..], &words.list()].concat());
        command.env("PRIVATE_KEY", STRANGER_KEY);
        command
    }

    /// Another command of the program.
    pub(super) async fn other(&self, words: &(impl Words + ?Sized)) -> Answer {
        let words = &words.list()[..];
        let registry = self.harness.registry().to_string();
        finished(self.command(&[words, &["--registry", &registry]].concat())).await
    }

    /// What it prints for people, without a key.
    pub(super) async fn printed(&self) -> Answer {
        self.printed_with(&[]).await
    }

    /// The same with more flags.
    pub(super) async fn printed_with(&self, flags: &[&str]) -> Answer {
        let registry = self.harness.registry().to_string();
        let mut command = program(self.folder.path());
        let url = self.harness.chain().url();
        command.args(["doctor", "--registry", &registry, "--rpc-url", url]);
        command.args(flags);
        finished(command).await
    }

    fn command(&self, words: &(impl Words + ?Sized)) -> Command {
        self.command_at(self.harness.chain().url(), words)
    }

    fn command_at(&self, url: &str, words: &(impl Words + ?Sized)) -> Command {
        let words = &words.list()[..];
        let mut command = program(self.folder.path());
        command.args(words).args(["--json", "--rpc-url", url]);
        command
    }
}

fn account(n: u64) -> ILedger::accountCall {
    ILedger::accountCall { account: holder(n) }
}

pub(super) fn batch(position: u64, tokens: &[u64], owner: Address) -> migrateBatchCall {
    let owners = vec![owner; tokens.len()];
    let items: Bytes = (numbers(tokens), owners).abi_encode_params().into();
    migrateBatchCall {
        data: (U256::from(position), items).abi_encode_params().into(),
    }
}
