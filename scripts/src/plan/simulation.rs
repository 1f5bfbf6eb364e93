//! The copy of the chain on which the plan is carried out: everybody's transactions, without keys.

use super::error::PlanError;
use crate::call_tree::{self, Frame};
use crate::client::{Revert, with_margin};
use crate::governance::failed_upgrade;
use crate::model::{Block, Reader, Views};
use alloy::primitives::{Address, B256, Bytes, Log, U256};
use alloy::sol_types::{SolCall, SolEvent};
use std::collections::BTreeMap;
use stylus_chain::{
    AccountChange, BlockId, CallOptions, CallRequest, Chain, ChainError, LogFilter, Overrides,
    Receipt, SlotChange, TraceKind,
};

/// What every sender is lent here, in wei: fees are no matter of the plan.
const SIMULATED_BALANCE: U256 = U256::from_limbs([0, 0, 1 << 30, 0]);

/// The copy.
pub(super) struct Simulation {
    pub(super) chain: Chain,
    begun: u64,
    /// How much gas its transactions get.
    pub(super) gas: GasLimit,
    /// Units of gas that one of them got, at most.
    pub(super) highest_limit: u64,
    /// What sending alone changed of whoever sent something, since the beginning.
    senders: BTreeMap<Address, Sender>,
    /// The transactions that succeeded since the beginning, in order.
    sent: Vec<B256>,
}

/// What is no effect of a transaction but of sending it here.
#[derive(Debug, Clone, Copy, Default)]
struct Sender {
    /// Wei that it was lent.
    lent: U256,
    /// Wei that it paid for gas.
    fees: U256,
    /// Transactions that it sent.
    sent: u64,
}

/// How much gas a transaction gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GasLimit {
    /// What the estimate says.
    Estimate,
    /// That with the margin of our own transactions.
    Margin,
    /// So many units.
    Exactly(u64),
}

/// A copy at one of its blocks. It answers at once: [`now`] takes what it says.
#[derive(Clone, Copy)]
pub(super) struct AtBlock<'a> {
    simulation: &'a Simulation,
    block: BlockId,
}

/// What a copy answers.
pub(super) fn now<T>(answer: impl Future<Output = T>) -> T {
    futures::executor::block_on(answer)
}

impl Views for AtBlock<'_> {
    type Error = PlanError;

    async fn view<C: SolCall>(&self, account: Address, call: &C) -> Result<C::Return, PlanError> {
        self.simulation.ask_at(self.block, account, call)
    }

    async fn block(&self) -> Result<Block, PlanError> {
        let found = self.simulation.chain.block(self.block);
        let block = found.ok_or_else(|| PlanError::Answer {
            account: Address::ZERO,
            what: "a block of the copy",
            reason: "it is not there".into(),
        })?;
        Ok(Block {
            number: block.header.number,
            hash: block.hash,
            time: block.header.timestamp,
        })
    }

    fn is_refused(error: &PlanError) -> bool {
        matches!(error, PlanError::Refused { .. })
    }

    fn replaced(&self, block: Block) -> PlanError {
        PlanError::Answer {
            account: Address::ZERO,
            what: "the block of the copy",
            reason: format!("another one than {}", block.hash),
        }
    }
}

/// A transaction of the plan.
pub(super) struct Done {
    pub(super) receipt: Receipt,
}

impl Simulation {
    pub(super) fn new(chain: Chain) -> Self {
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

    /// The block that changes are counted from.
    pub(super) fn beginning(&self) -> BlockId {
        self.begun.into()
    }

    /// From now on what happened until now is no change.
    pub(super) fn begin_here(&mut self) {
        self.begun = self.chain.block_number();
        self.sent.clear();
        for sender in self.senders.values_mut() {
            *sender = Sender::default();
        }
    }

    /// Lends an account enough for all that it sends. It keeps what it owns, so that what it gains or
    /// loses is seen.
    fn lend(&mut self, from: Address) -> Result<(), PlanError> {
        if self.senders.contains_key(&from) {
            return Ok(());
        }
        let owned = self.chain.account(from, BlockId::latest())?.balance;
        let with_loan = owned.saturating_add(SIMULATED_BALANCE);
        // What is set before the next block belongs to the newest one: at the beginning a loan is part of
        // what the account had before.
        let lent = match self.chain.block_number() == self.begun {
            true => U256::ZERO,
            false => with_loan.saturating_sub(owned),
        };
        let sender = Sender {
            lent,
            ..Sender::default()
        };
        self.chain.set_balance(from, with_loan);
        self.senders.insert(from, sender);
        Ok(())
    }

    /// What the registry at that address says.
    pub(super) fn registry(&self, registry: Address) -> Reader<AtBlock<'_>> {
        self.registry_at(BlockId::latest(), registry)
    }

    /// The same as it was at a block of the copy.
    pub(super) fn registry_at(&self, block: BlockId, registry: Address) -> Reader<AtBlock<'_>> {
        let simulation = self;
        Reader::new(AtBlock { simulation, block }, registry)
    }

    /// Reads by a typed call.
    pub(super) fn ask<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, PlanError> {
        self.ask_at(BlockId::latest(), to, call)
    }

    fn ask_at<C: SolCall>(
        &self,
        block: BlockId,
        to: Address,
        call: &C,
    ) -> Result<C::Return, PlanError> {
        let (success, output) = self.probe_at(block, to, call.abi_encode().into())?;
        if !success {
            return Err(PlanError::refused(C::SIGNATURE, Revert::decode(&output)));
        }
        C::abi_decode_returns(&output).map_err(|error| PlanError::Answer {
            account: to,
            what: C::SIGNATURE,
            reason: error.to_string(),
        })
    }

    /// Whether a call succeeds, and what it returns or reverts with.
    pub(super) fn probe(&self, to: Address, input: Bytes) -> Result<(bool, Bytes), PlanError> {
        self.probe_at(BlockId::latest(), to, input)
    }

    fn probe_at(
        &self,
        block: BlockId,
        to: Address,
        input: Bytes,
    ) -> Result<(bool, Bytes), PlanError> {
        let request = CallRequest {
            to: Some(to),
            input,
            ..CallRequest::default()
        };
        let overrides = Overrides::default();
        let outcome = self.chain.call(request, block, &overrides)?;
        Ok((outcome.success, outcome.output))
    }

    /// Sends a transaction of anybody and mines it.
    pub(super) fn send(
        &mut self,
        what: &str,
        from: Address,
        to: Address,
        input: Bytes,
        value: U256,
    ) -> Result<Done, PlanError> {
        self.lend(from)?;
        // Without a price GASPRICE and BASEFEE are 0 in the estimate, and not in the transaction.
        let mut request = CallRequest {
            from: Some(from),
            to: Some(to),
            input,
            value,
            max_fee_per_gas: Some(self.chain.gas_price()),
            ..CallRequest::default()
        };
        let none = Overrides::default();
        let pending = BlockId::pending();
        let estimate = || self.chain.estimate_gas(request.clone(), pending, &none);
        let limit = match self.gas {
            GasLimit::Estimate => estimate(),
            GasLimit::Margin => estimate().map(with_margin),
            GasLimit::Exactly(units) => self.goes_through(request.clone(), units),
        };
        let sent = limit.and_then(|limit| {
            self.highest_limit = self.highest_limit.max(limit);
            request.gas = Some(limit);
            self.chain.submit_unsigned(from, request)
        });
        let hash = match sent {
            Ok(hash) => hash,
            Err(ChainError::Reverted { output, .. }) => {
                return Err(PlanError::refused(what, Revert::decode(&output)));
            }
            Err(ChainError::Halted(halt)) => {
                return Err(PlanError::halted(what, &halt.to_string()));
            }
            Err(error) => return Err(error.into()),
        };
        let receipt = self
            .chain
            .receipt(hash)
            .ok_or(ChainError::UnknownTransaction(hash))?;
        if let Some(sender) = self.senders.get_mut(&from) {
            let price = U256::from(receipt.effective_gas_price);
            let fee = price.saturating_mul(U256::from(receipt.gas_used));
            sender.fees = sender.fees.saturating_add(fee);
            sender.sent += 1;
        }
        if receipt.success {
            self.sent.push(hash);
            return Ok(Done { receipt });
        }
        Err(match &receipt.halt {
            Some(halt) => {
                let note = receipt.note.clone().unwrap_or_else(|| halt.to_string());
                PlanError::halted(what, &note)
            }
            None => PlanError::refused(what, Revert::decode(&receipt.output)),
        })
    }

    /// The limit itself, or why the transaction fails with it: as with an estimate, no block is made for
    /// what fails, so that all limits see the same blocks.
    fn goes_through(&self, mut request: CallRequest, units: u64) -> Result<u64, ChainError> {
        request.gas = Some(units);
        let none = Overrides::default();
        let outcome = self.chain.call(request, BlockId::pending(), &none)?;
        match (outcome.success, outcome.halt) {
            (true, _) => Ok(units),
            (false, Some(halt)) => Err(ChainError::Halted(halt)),
            (false, None) => Err(ChainError::Reverted {
                output: outcome.output,
                refusal: outcome.refusal,
            }),
        }
    }

    /// The instance whose upgrade fails when `from` sends that, if it is one.
    pub(super) fn failing(
        &self,
        from: Address,
        registry: Address,
        input: &Bytes,
    ) -> Option<Address> {
        let request = CallRequest {
            from: Some(from),
            to: Some(registry),
            input: input.clone(),
            ..CallRequest::default()
        };
        let kind = TraceKind::Call(CallOptions::default());
        let (latest, overrides) = (BlockId::latest(), Overrides::default());
        let traced = self.chain.trace_call(request, latest, &overrides, kind);
        failed_upgrade(&call_tree::read_value(&traced.ok()?).ok()?, registry)
    }

    /// From now on the wall clock is not looked at: what is done twice is done at the same time.
    pub(super) fn fix_time(&mut self) -> Result<(), PlanError> {
        let now = self.chain.next_timestamp();
        self.chain.set_timestamp_interval(Some(1));
        Ok(self.chain.set_next_timestamp(now)?)
    }

    /// Lets time pass.
    pub(super) fn wait(&mut self, seconds: u64) -> Result<(), PlanError> {
        let then = self.chain.next_timestamp().saturating_add(seconds);
        self.chain.set_next_timestamp(then)?;
        Ok(self.chain.mine(1, None)?)
    }

    /// Does something and forgets it.
    pub(super) fn discarded<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = (self.begun, self.senders.clone(), self.sent.clone());
        let id = self.chain.snapshot();
        let outcome = work(self);
        self.chain.revert(id);
        (self.begun, self.senders, self.sent) = before;
        outcome
    }

    /// The calls of every transaction that succeeded since the beginning.
    pub(super) fn traces(&self) -> Result<Vec<Vec<Frame>>, PlanError> {
        let calls = TraceKind::Call(CallOptions::default());
        let traced = self.sent.iter().map(|hash| {
            let answer = self.chain.trace(*hash, calls)?;
            call_tree::read_value(&answer).map_err(|reason| PlanError::Ended { reason })
        });
        traced.collect()
    }

    /// What changed since the beginning.
    pub(super) fn changes(&self) -> Result<Vec<SlotChange>, PlanError> {
        Ok(self
            .chain
            .slot_changes(self.begun.into(), BlockId::latest())?)
    }

    /// Accounts whose balance, nonce or code changed since the beginning, otherwise than by sending
    /// something here: loans, fees and nonces of senders are taken out to the wei.
    pub(super) fn account_changes(&self) -> Result<Vec<AccountChange>, PlanError> {
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

    /// Logs of an account since the beginning.
    pub(super) fn logs(&self, account: Address) -> Result<Vec<Log>, PlanError> {
        self.logs_of(vec![account])
    }

    /// Logs of those accounts since the beginning; of all where none is named.
    pub(super) fn logs_of(&self, addresses: Vec<Address>) -> Result<Vec<Log>, PlanError> {
        let filter = LogFilter {
            from_block: Some((self.begun + 1).into()),
            addresses,
            ..LogFilter::default()
        };
        let found = self.chain.logs(&filter)?;
        Ok(found.into_iter().map(|entry| entry.log).collect())
    }
}

impl Done {
    /// The first log of that kind.
    pub(super) fn event<E: SolEvent>(&self) -> Option<E> {
        self.events().into_iter().next()
    }

    /// All logs of that kind.
    pub(super) fn events<E: SolEvent>(&self) -> Vec<E> {
        let logs = self.receipt.logs.iter();
        logs.filter_map(|log| Some(E::decode_log(log).ok()?.data))
            .collect()
    }
}
