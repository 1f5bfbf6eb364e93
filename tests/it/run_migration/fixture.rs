//! A points register in its complex migration, and the command line that continues it.

use crate::command::finished;
use crate::prelude::*;
use std::process::{Child, Stdio};

use alloy::providers::Provider;
use stylus_upgrades::kill_point::VARIABLE;
use stylus_upgrades_harness::{Instance, step};
use stylus_upgrades_interface::complex::IComplexMigration::{Batch, progressCall};
use stylus_upgrades_tests::abi::points_v2::IPoints;
use stylus_upgrades_tests::examples;

pub(super) type Done = Result<(), HarnessError>;

/// The key of account 5, the handler, as every development chain has it.
pub(super) const HANDLER_KEY: &str =
    "0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba";
/// The key of account 8, who is nobody.
pub(crate) const STRANGER_KEY: &str =
    "0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97";
pub(super) const CURSOR: &str = "contracts/migrations/points_cursor";
pub(super) const BATCHES: &str = "tests/contracts/points_batches";
/// Members that one transaction awards points to.
const AWARDED_AT_ONCE: usize = 100;
/// Whole points of every member.
const POINTS: u64 = 7;

/// A register whose migration is under way.
pub(super) struct Fixture<'h> {
    pub(super) harness: &'h Harness,
    pub(super) register: Instance<'h>,
    pub(super) members: u64,
    /// Where the command line runs and keeps its journal.
    pub(super) folder: tempfile::TempDir,
}

/// The member with that number.
pub(super) fn member(n: u64) -> Address {
    let hash = keccak256(n.to_be_bytes());
    Address::from_word(hash)
}

/// A register with `members` whose migration by `program` has begun.
pub(super) async fn begun<'h>(
    harness: &'h Harness,
    program: &str,
    members: u64,
) -> Result<Fixture<'h>, HarnessError> {
    let fixture = waiting(harness, program, members).await?;
    fixture.register.upgrade("2.0").await?;
    Ok(fixture)
}

/// The same before the upgrade.
pub(super) async fn waiting<'h>(
    harness: &'h Harness,
    program: &str,
    members: u64,
) -> Result<Fixture<'h>, HarnessError> {
    let program = harness.build_and_deploy(program).await?;
    let step = step::complex("1.0", &program, harness.account(5));
    waiting_at(harness, step, members).await
}

/// The same where 2.0, which is current, comes after that step.
pub(super) async fn waiting_at(
    harness: &Harness,
    step: Step,
    members: u64,
) -> Result<Fixture<'_>, HarnessError> {
    let it = examples::points(harness).await?;
    let all: Vec<_> = (0..members).map(member).collect();
    for some in all.chunks(AWARDED_AT_ONCE) {
        let award = calls::award(some.to_vec(), POINTS);
        it.instance.send(&award).await?;
    }
    it.definition.migrate("2.0", &it.second, step).await?;
    let folder = tempfile::tempdir().expect("a folder");
    let fixture = Fixture {
        harness,
        register: it.instance,
        members,
        folder,
    };
    std::fs::write(fixture.list(), fixture.lines()).expect("the list");
    Ok(fixture)
}

impl Fixture<'_> {
    /// The list of all members.
    pub(super) fn list(&self) -> PathBuf {
        self.folder.path().join("members.txt")
    }

    fn lines(&self) -> String {
        (0..self.members)
            .map(|n| format!("{}\n", member(n)))
            .collect()
    }

    /// The command line with these words, ready to be started.
    pub(super) fn command(&self, words: &(impl Words + ?Sized)) -> Command {
        self.command_at(self.harness.chain().url(), words)
    }

    fn command_at(&self, url: &str, words: &(impl Words + ?Sized)) -> Command {
        let proxy = self.register.address().to_string();
        command(url, self.folder.path(), &proxy, words)
    }

    /// Runs `run-migration` with these words to its end.
    pub(super) async fn run(&self, words: &(impl Words + ?Sized)) -> Answer {
        finished(self.command(words)).await
    }

    /// The same at another endpoint.
    pub(super) async fn run_at(&self, url: &str, words: &(impl Words + ?Sized)) -> Answer {
        finished(self.command_at(url, words)).await
    }

    /// The same, killed at that point.
    pub(super) async fn killed(&self, words: &(impl Words + ?Sized), at: &str) -> Answer {
        let mut command = self.command(words);
        command.env(VARIABLE, at);
        finished(command).await
    }

    /// Whether blocks come by themselves; if so, what waited for one is mined.
    pub(super) async fn automine(&self, mines: bool) -> Done {
        let chain = self.harness.chain();
        let _: Value = chain.request("evm_setAutomine", (mines,)).await?;
        if mines {
            let _: Value = chain.request("evm_mine", ()).await?;
        }
        Ok(())
    }

    /// The handler's nonce, without and with what waits for a block.
    pub(super) async fn nonces(&self) -> (u64, u64) {
        let (provider, handler) = (self.harness.chain().provider(), self.harness.account(5));
        let latest = provider.get_transaction_count(handler).latest().await;
        let pending = provider.get_transaction_count(handler).pending().await;
        (latest.expect("an answer"), pending.expect("an answer"))
    }

    /// Starts it.
    pub(super) fn start(&self, words: &(impl Words + ?Sized)) -> Running {
        Running(Some(self.command(words).spawn().expect("it starts")))
    }

    /// `(done, total)`, zero after the end.
    pub(super) async fn progress(&self) -> Result<(u64, u64), HarnessError> {
        let progress = self.register.read(&progressCall {}).await?;
        Ok((progress.done.to(), progress.total.to()))
    }

    /// Asserts that every member was migrated exactly once: by its points, and by batches that
    /// follow each other without a gap or an overlap.
    pub(super) async fn assert_migrated(&self) -> Done {
        assert_eq!(self.register.version().await?, "2.0");
        self.assert_points(10).await?;
        let dones = self.batches().await;
        let mut before = 0;
        for done in &dones {
            assert!(*done > before, "{dones:?}");
            before = *done;
        }
        assert_eq!(before, self.members);
        Ok(())
    }

    /// Asserts that every member has `unit` times its whole points.
    pub(super) async fn assert_points(&self, unit: u64) -> Done {
        for n in 0..self.members {
            let call = IPoints::pointsCall { member: member(n) };
            let points = self.register.read(&call).await?;
            assert_eq!(points, U256::from(unit * POINTS), "member {n}");
        }
        Ok(())
    }

    /// How far it was after each batch.
    pub(super) async fn batches(&self) -> Vec<u64> {
        let filter = alloy::rpc::types::Filter::new()
            .address(self.register.address())
            .event_signature(Batch::SIGNATURE_HASH)
            .from_block(0);
        let logs = self.harness.chain().provider().get_logs(&filter).await;
        let logs = logs.expect("the chain answers");
        let batches = logs.iter().map(|log| log.log_decode::<Batch>());
        let done = batches.map(|batch| batch.expect("a batch").inner.data.done);
        done.map(|done| done.to()).collect()
    }
}

/// `run-migration PROXY` with these words, ready to be started.
pub(super) fn command(
    url: &str,
    folder: &Path,
    proxy: &str,
    words: &(impl Words + ?Sized),
) -> Command {
    let all = ["run-migration", proxy, "--json", "--rpc-url", url];
    let mut command = crate::command::command(folder, &all);
    command
        .args(words.list())
        .env("PRIVATE_KEY", HANDLER_KEY)
        .env("NO_COLOR", "1")
        .env_remove(VARIABLE)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A run that ends with the test, if not before.
pub(super) struct Running(Option<Child>);

impl Running {
    pub(super) fn kill(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.0.as_mut().map(Child::kill);
    }

    /// Whether it has ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        let state = self.0.as_mut().map(Child::try_wait);
        state.is_none_or(|state| state.expect("its state").is_some())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        let _ = self.0.as_mut().map(Child::wait);
    }
}

/// Waits for the end of a run without stopping this thread.
pub(super) async fn finish(mut running: Running) -> Answer {
    let child = running.0.take().expect("it was started");
    let output = tokio::task::spawn_blocking(move || child.wait_with_output())
        .await
        .expect("it was waited for")
        .expect("it ends");
    output.into()
}
