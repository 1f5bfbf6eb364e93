//! A copy of the chain in this process on which things are tried: everybody's transactions, without keys. The one
//! driver of such a copy for what has not happened yet; what has happened is sent again by
//! [`replay`](crate::client::replay).

use crate::call_tree::{self, Frame};
use crate::client::{ChainError, Client, GasLimit, StepEnd};
use crate::ids::CodeHash;
use crate::model::{Block, Registry, Views};
use alloy::consensus::Transaction as _;
use alloy::primitives::{Address, B256, Bytes, Log, U256};
use alloy::sol_types::{SolCall, SolEvent};
use std::collections::BTreeMap;
use std::mem::replace;
use std::sync::{Arc, OnceLock};
use stylus_chain::{
    AccountChange, BlockId, CallOptions, CallRequest, Chain, ChainError as CopyError, CountedCode,
    Filter, HashPreimages, Overrides, Receipt, SlotChange, TraceKind,
};
use stylus_devnode::InProcessChain;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::upgradeToCall;

/// The balance that every sender is lent here, in wei: fees do not matter to what is tried.
const SIMULATED_BALANCE: U256 = U256::from_limbs([0, 0, 1 << 30, 0]);

/// The sender of calls that anybody may make.
pub const ANYBODY: Address = Address::repeat_byte(0xa5);

/// The copy.
pub struct Simulation {
    /// The chain in this process.
    pub chain: Chain,
    begun: u64,
    /// The gas that its transactions get.
    pub gas: GasLimit,
    /// Units of gas that one of them got, at most.
    pub highest_limit: u64,
    /// The changes that sending alone made of each sender, since the beginning.
    senders: BTreeMap<Address, Sender>,
    /// The transactions that succeeded since the beginning, in order. Branches share their runs.
    sent: Vec<Arc<SentTransaction>>,
}

/// A transaction that succeeded.
struct SentTransaction {
    hash: B256,
    /// Its run, once it was carried out again.
    run: OnceLock<TransactionRun>,
}

/// The calls, instructions and hash inputs of a transaction.
#[derive(Debug)]
pub struct TransactionRun {
    /// Its calls, each after its caller.
    pub frames: Vec<Frame>,
    /// The instructions of the EVM that it ran, by the hash of the code.
    pub instructions: BTreeMap<CodeHash, CountedCode>,
    /// The inputs of its keccak256 hashes.
    pub preimages: HashPreimages,
}

/// A call that is sent unless it fails.
#[derive(Debug, Clone)]
pub struct AttemptedCall {
    /// The sender.
    pub from: Address,
    /// The account that is called.
    pub to: Address,
    /// Its calldata.
    pub input: Bytes,
    /// Wei that it pays.
    pub value: U256,
    /// Its gas limit.
    pub gas: u64,
}

/// The outcome of such a call.
#[derive(Debug)]
pub struct CallAttempt {
    /// Gas that it used, or would have used.
    pub gas_used: u64,
    /// Its receipt; nothing if it fails.
    pub receipt: Option<Receipt>,
}

/// The changes that are no effect of a transaction but of sending it here.
#[derive(Debug, Clone, Copy, Default)]
struct Sender {
    /// Wei that it was lent.
    lent: U256,
    /// Wei that it paid for gas.
    fees: U256,
    /// Transactions that it sent.
    sent: u64,
}

/// A copy at one of its blocks. It answers at once: [`now`] takes what it says.
#[derive(Clone, Copy)]
pub struct AtBlock<'a> {
    simulation: &'a Simulation,
    block: BlockId,
}

/// Waits for what a copy answers.
pub fn now<T>(answer: impl Future<Output = T>) -> T {
    futures::executor::block_on(answer)
}

impl Views for AtBlock<'_> {
    type Error = ChainError;

    async fn view<C: SolCall>(&self, account: Address, call: &C) -> Result<C::Return, ChainError> {
        self.simulation.ask_at(self.block, account, call)
    }

    async fn block(&self) -> Result<Block, ChainError> {
        let found = self.simulation.chain.block(self.block);
        let missing = || ChainError::copy_ended("its block is not there");
        let block = found.ok_or_else(missing)?;
        Ok(Block {
            number: block.header.number,
            hash: block.hash,
            time: block.header.timestamp,
        })
    }

    fn is_refused(error: &ChainError) -> bool {
        error.revert().is_some()
    }

    fn replaced(&self, block: Block) -> ChainError {
        ChainError::copy_ended(format!("another block than {}", block.hash))
    }

    fn contradicted(&self, found: String) -> ChainError {
        ChainError::copy_ended(found)
    }
}

impl Simulation {
    /// The copy that `chain` is, from its block on.
    pub fn new(chain: Chain) -> Self {
        let begun = chain.block_number();
        Self {
            chain,
            begun,
            gas: GasLimit::Estimate,
            highest_limit: 0,
            senders: BTreeMap::new(),
            sent: Vec::new(),
        }
    }

    /// A copy of its own that begins as this one is. It costs nothing.
    pub fn branch(&self) -> Self {
        Self {
            chain: self.chain.branch(),
            senders: self.senders.clone(),
            sent: self.sent.clone(),
            ..*self
        }
    }

    /// The block that changes are counted from.
    pub fn beginning(&self) -> BlockId {
        self.begun.into()
    }

    /// From now on what happened until now is no change.
    pub fn begin_here(&mut self) {
        self.begun = self.chain.block_number();
        self.sent.clear();
        for sender in self.senders.values_mut() {
            *sender = Sender::default();
        }
    }

    /// Lends an account enough for all that it sends. It keeps what it owns, so that what it gains or
    /// loses is seen.
    pub fn lend(&mut self, from: Address) -> Result<(), ChainError> {
        if self.senders.contains_key(&from) {
            return Ok(());
        }
        let owned = self.chain.account(from, BlockId::latest())?.balance;
        let with_loan = owned.saturating_add(SIMULATED_BALANCE);
        // What is set before the next block belongs to the newest one: at the beginning a loan is part of
        // what the account had before.
        let lent = if self.chain.block_number() == self.begun {
            U256::ZERO
        } else {
            with_loan.saturating_sub(owned)
        };
        let sender = Sender {
            lent,
            ..Sender::default()
        };
        self.chain.set_balance(from, with_loan);
        self.senders.insert(from, sender);
        Ok(())
    }

    /// The registry at that address, asked here.
    pub fn registry(&self, address: Address) -> Registry<AtBlock<'_>> {
        self.registry_at(BlockId::latest(), address)
    }

    /// The same as it was at a block of the copy.
    pub fn registry_at(&self, block: BlockId, address: Address) -> Registry<AtBlock<'_>> {
        let simulation = self;
        Registry {
            client: AtBlock { simulation, block },
            address,
        }
    }

    /// Reads by a typed call.
    pub fn ask<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, ChainError> {
        self.ask_at(BlockId::latest(), to, call)
    }

    fn ask_at<C: SolCall>(
        &self,
        block: BlockId,
        to: Address,
        call: &C,
    ) -> Result<C::Return, ChainError> {
        let (success, output) = self.probe_at(block, to, call.abi_encode().into())?;
        if !success {
            return Err(ChainError::refused_on_copy(C::SIGNATURE, &output));
        }
        C::abi_decode_returns(&output).map_err(|error| {
            ChainError::copy_ended(format!("{to} did not answer {}: {error}", C::SIGNATURE))
        })
    }

    /// Finds out whether a call succeeds, and what it returns or reverts with.
    pub fn probe(&self, to: Address, input: Bytes) -> Result<(bool, Bytes), ChainError> {
        self.probe_at(BlockId::latest(), to, input)
    }

    /// The same at a block of the copy.
    pub fn probe_at(
        &self,
        block: BlockId,
        to: Address,
        input: Bytes,
    ) -> Result<(bool, Bytes), ChainError> {
        let request = CallRequest {
            to: Some(to),
            input,
            ..CallRequest::default()
        };
        self.probe_with(block, request)
    }

    /// The same of a whole call.
    pub fn probe_with(
        &self,
        block: BlockId,
        request: CallRequest,
    ) -> Result<(bool, Bytes), ChainError> {
        let outcome = self.chain.call(request, block, &Overrides::default())?;
        Ok((outcome.success, outcome.output))
    }

    /// A call of an account that has enough for it.
    pub fn request(
        &mut self,
        from: Address,
        to: Address,
        input: Bytes,
        value: U256,
    ) -> Result<CallRequest, ChainError> {
        self.lend(from)?;
        Ok(CallRequest {
            from: Some(from),
            to: Some(to),
            input,
            value,
            // Without a price GASPRICE and BASEFEE are 0 in the estimate, and not in the transaction.
            max_fee_per_gas: Some(self.chain.gas_price()),
            ..CallRequest::default()
        })
    }

    /// The least units of gas that a call takes in that block, or why it fails.
    pub fn estimate(
        &self,
        what: &str,
        request: &CallRequest,
        block: BlockId,
    ) -> Result<u64, ChainError> {
        let gas = self
            .chain
            .estimate_gas(request.clone(), block, &Overrides::default());
        gas.map_err(|error| ChainError::on_copy(what, error))
    }

    /// Sends a transaction of anybody and mines it.
    pub fn send(
        &mut self,
        what: &str,
        from: Address,
        to: Address,
        input: Bytes,
        value: U256,
    ) -> Result<Receipt, ChainError> {
        let mut request = self.request(from, to, input, value)?;
        let pending = BlockId::pending();
        let limit = match self.gas {
            GasLimit::Exactly(units) => self.goes_through(what, &request, units)?,
            policy => policy.of(self.estimate(what, &request, pending)?),
        };
        self.highest_limit = self.highest_limit.max(limit);
        request.gas = Some(limit);
        let receipt = self.mined(what, from, request)?;
        if receipt.success {
            self.note_sent(receipt.transaction_hash);
            return Ok(receipt);
        }
        Err(match &receipt.halt {
            Some(halt) => {
                let note = receipt.note.clone().unwrap_or_else(|| halt.to_string());
                ChainError::halted(what, note)
            }
            None => ChainError::refused_on_copy(what, &receipt.output),
        })
    }

    /// Does on the copy what a command does on a chain, by the same function, with what `sender` sends there. It is
    /// done on this thread, which may block.
    ///
    /// # Errors
    /// What it says; that the copy cannot be served.
    pub fn live<T>(
        &mut self,
        sender: Address,
        work: impl AsyncFnOnce(&Client) -> Result<T, ChainError>,
    ) -> Result<T, ChainError> {
        self.lend(sender)?;
        let (before, id) = (self.chain.block_number(), self.chain.chain_id());
        let branch = self.chain.branch();
        let lent = InProcessChain::serve(replace(&mut self.chain, branch));
        let lent = Arc::new(lent.map_err(ChainError::copy_ended)?);
        let client = Client::of_lent(lent.clone(), id, sender);
        let done = now(work(&client));
        self.chain = lent.take_chain();
        for number in before.saturating_add(1)..=self.chain.block_number() {
            let block = self.chain.block(number.into());
            let sent = block.iter().flat_map(|block| &block.transactions);
            let limits = sent.clone().map(|sent| sent.envelope.gas_limit());
            self.highest_limit = limits.fold(self.highest_limit, u64::max);
            let receipts = sent.filter_map(|sent| self.chain.receipt(sent.hash));
            for receipt in receipts.collect::<Vec<_>>() {
                self.count(&receipt);
                if receipt.success {
                    self.note_sent(receipt.transaction_hash);
                }
            }
        }
        done
    }

    fn note_sent(&mut self, hash: B256) {
        let run = OnceLock::new();
        self.sent.push(Arc::new(SentTransaction { hash, run }));
    }

    /// Notes what sending a transaction changed of its sender.
    fn count(&mut self, receipt: &Receipt) {
        if let Some(sender) = self.senders.get_mut(&receipt.from) {
            let price = U256::from(receipt.effective_gas_price);
            let fee = price.saturating_mul(U256::from(receipt.gas_used));
            sender.fees = sender.fees.saturating_add(fee);
            sender.sent += 1;
        }
    }

    /// Sends a [`Self::request`] with its gas limit and mines it, also where it fails.
    pub fn mined(
        &mut self,
        what: &str,
        from: Address,
        request: CallRequest,
    ) -> Result<Receipt, ChainError> {
        let sent = self.chain.submit_unsigned(from, request);
        let hash = sent.map_err(|error| ChainError::on_copy(what, error))?;
        let receipt = self
            .chain
            .receipt(hash)
            .ok_or(CopyError::UnknownTransaction(hash))?;
        self.count(&receipt);
        Ok(receipt)
    }

    /// Sends a call with its gas limit and mines it, unless it would fail in the next block.
    ///
    /// # Errors
    /// The error of the copy.
    pub fn attempt(
        &mut self,
        what: &str,
        attempted: AttemptedCall,
    ) -> Result<CallAttempt, ChainError> {
        let AttemptedCall {
            from,
            to,
            input,
            value,
            gas,
        } = attempted;
        let mut request = self.request(from, to, input, value)?;
        request.gas = Some(gas);
        let next = BlockId::pending();
        let outcome = self
            .chain
            .call(request.clone(), next, &Overrides::default())?;
        let receipt = if outcome.success {
            Some(self.mined(what, from, request)?)
        } else {
            None
        };
        Ok(CallAttempt {
            gas_used: outcome.gas_used,
            receipt: receipt.filter(|receipt| receipt.success),
        })
    }

    /// The limit itself, or why the transaction fails with it: as with an estimate, no block is made for
    /// what fails, so that all limits see the same blocks.
    fn goes_through(
        &self,
        what: &str,
        request: &CallRequest,
        units: u64,
    ) -> Result<u64, ChainError> {
        let mut request = request.clone();
        request.gas = Some(units);
        let none = Overrides::default();
        let outcome = self.chain.call(request, BlockId::pending(), &none)?;
        match (outcome.success, outcome.halt) {
            (true, _) => Ok(units),
            (false, Some(halt)) => Err(ChainError::halted(what, halt)),
            (false, None) => Err(ChainError::refused_on_copy(what, &outcome.output)),
        }
    }

    /// Asks what a call answers in the next block, or reverts with.
    pub fn answer(&self, request: CallRequest) -> Result<Bytes, ChainError> {
        let outcome = self
            .chain
            .call(request, BlockId::pending(), &Overrides::default())?;
        Ok(outcome.output)
    }

    /// The instance whose upgrade fails when a call of the registry is sent, and how its step ended.
    pub fn failing(&self, request: CallRequest) -> (Option<Address>, Option<StepEnd>) {
        let kind = TraceKind::Call(CallOptions::default());
        let (next, overrides) = (BlockId::pending(), Overrides::default());
        let registry = request.to.unwrap_or_default();
        let called = self.chain.call(request.clone(), next, &overrides);
        let trap = called.ok().and_then(|outcome| outcome.note);
        let traced = self.chain.trace_call(request, next, &overrides, kind).ok();
        let frames = traced.and_then(|answer| call_tree::read_value(&answer.into_json()).ok());
        let frames = frames.unwrap_or_default();
        (
            failed_upgrade(&frames, registry),
            StepEnd::of(&frames, trap.as_deref()),
        )
    }

    /// The code of an account, empty if it has none.
    pub fn code(&self, account: Address) -> Result<Bytes, ChainError> {
        Ok(self.chain.account(account, BlockId::latest())?.code)
    }

    /// From now on the wall clock is not looked at: what is done twice is done at the same time.
    pub fn fix_time(&mut self) -> Result<(), ChainError> {
        let now = self.chain.next_timestamp();
        self.chain.set_timestamp_interval(Some(1));
        Ok(self.chain.set_next_timestamp(now)?)
    }

    /// Lets time pass.
    pub fn wait(&mut self, seconds: u64) -> Result<(), ChainError> {
        let then = self.chain.next_timestamp().saturating_add(seconds);
        self.chain.set_next_timestamp(then)?;
        Ok(self.chain.mine(1, None)?)
    }

    /// Does something and forgets it.
    pub fn discarded<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = (self.begun, self.senders.clone(), self.sent.clone());
        let id = self.chain.snapshot();
        let outcome = work(self);
        self.chain.revert(id);
        (self.begun, self.senders, self.sent) = before;
        outcome
    }

    /// The runs of all transactions that succeeded since the beginning, in order. Each is carried out again once.
    ///
    /// # Errors
    /// The error of the copy.
    pub fn runs(&self) -> Result<Vec<&TransactionRun>, ChainError> {
        let sent = self.sent.iter();
        sent.map(|sent| match sent.run.get() {
            Some(run) => Ok(run),
            None => {
                let run = self.run_again(sent.hash)?;
                Ok(sent.run.get_or_init(|| run))
            }
        })
        .collect()
    }

    /// Carries a transaction out again, and records its calls, instructions and hash inputs.
    fn run_again(&self, hash: B256) -> Result<TransactionRun, ChainError> {
        let mut copy = self.chain.branch();
        copy.count_instructions();
        copy.start_preimage_record();
        let traced = copy.trace(hash, TraceKind::Call(CallOptions::default()));
        let counted = copy.end_instruction_count().into_iter();
        let preimages = copy.end_preimage_record();
        let frames = call_tree::read_value(&traced?.into_json());
        Ok(TransactionRun {
            frames: frames.map_err(ChainError::copy_ended)?,
            instructions: counted.map(|(hash, code)| (hash.into(), code)).collect(),
            preimages,
        })
    }

    /// Lists what changed since the beginning.
    pub fn changes(&self) -> Result<Vec<SlotChange>, ChainError> {
        Ok(self
            .chain
            .slot_changes(self.begun.into(), BlockId::latest())?)
    }

    /// Accounts whose balance, nonce or code changed since the beginning, otherwise than by sending
    /// something here: loans, fees and nonces of senders are taken out to the wei.
    pub fn account_changes(&self) -> Result<Vec<AccountChange>, ChainError> {
        let latest = BlockId::latest();
        let mut all = self.chain.account_changes(self.begun.into(), latest)?;
        for one in &mut all {
            if let Some(sender) = self.senders.get(&one.address) {
                let with_fees = one.after.balance.saturating_add(sender.fees);
                one.after.balance = with_fees.saturating_sub(sender.lent);
                one.after.nonce = one.after.nonce.saturating_sub(sender.sent);
            }
        }
        all.retain(|AccountChange { before, after, .. }| {
            (before.balance, before.nonce, &before.code)
                != (after.balance, after.nonce, &after.code)
        });
        Ok(all)
    }

    /// Logs since the beginning: of that account, or of all.
    pub fn logs(&self, account: impl Into<Option<Address>>) -> Result<Vec<Log>, ChainError> {
        let accounts: Vec<Address> = account.into().into_iter().collect();
        let first = self.begun.saturating_add(1);
        let filter = Filter::new().from_block(first).address(accounts);
        let found = self.chain.logs(&filter)?;
        Ok(found.into_iter().map(|placed| placed.inner).collect())
    }
}

/// The events of that kind in a receipt.
pub fn events<E: SolEvent>(receipt: &Receipt) -> Vec<E> {
    let logs = receipt.logs.iter();
    logs.filter_map(|log| Some(E::decode_log(log).ok()?.data))
        .collect()
}

/// The first upgrade that the registry asked for and that failed.
pub fn failed_upgrade(frames: &[Frame], registry: Address) -> Option<Address> {
    let is_failed = |frame: &&Frame| {
        let is_upgrade = frame.input.starts_with(&upgradeToCall::SELECTOR);
        is_upgrade && frame.from == registry && frame.error.is_some()
    };
    frames.iter().find(is_failed)?.to
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{hex, keccak256};
    use stylus_chain::ChainConfig;

    #[test]
    fn a_transaction_is_carried_out_again_once_for_all_branches() {
        let mut chain = Chain::new(ChainConfig::default());
        chain.set_auto_impersonate(true);
        let mut simulation = Simulation::new(chain);
        let account = Address::repeat_byte(7);
        // PUSH1 7 PUSH0 MSTORE, PUSH1 32 PUSH0 KECCAK256 POP, PUSH0 PUSH0 LOG0: the call succeeds, so it is sent.
        let code = Bytes::from_static(&hex!("60075f5260205f20505f5fa0"));
        simulation.chain.set_code(account, code.clone());
        let send = |simulation: &mut Simulation| {
            let sent = simulation.send("a call", ANYBODY, account, Bytes::new(), U256::ZERO);
            sent.expect("it succeeds");
        };
        send(&mut simulation);
        let mut branch = simulation.branch();
        let [first] = simulation.runs().expect("runs")[..] else {
            panic!("one transaction was sent");
        };
        assert_eq!(first.frames[0].to, Some(account));
        let counted = &first.instructions[&CodeHash::of(&code)];
        assert_eq!(counted.runs.iter().sum::<u64>(), 10);
        let word = B256::with_last_byte(7);
        let hashed = first.preimages.by_hash.get(&keccak256(word));
        assert_eq!(hashed, Some(&word.into()));
        send(&mut branch);
        for (copy, count) in [(&simulation, 1), (&branch, 2)] {
            let runs = copy.runs().expect("runs");
            assert_eq!(runs.len(), count);
            assert!(std::ptr::eq(runs[0], first));
        }
        branch.begin_here();
        assert!(branch.runs().expect("runs").is_empty());
    }
}
