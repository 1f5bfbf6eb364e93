//! The copy of the chain on which the plan is carried out: everybody's transactions, without keys.

use super::error::PlanError;
use crate::client::{Client, Remote, Revert, with_margin};
use crate::governance::failed_upgrade;
use alloy::primitives::{Address, Bytes, Log, U256};
use alloy::sol_types::{SolCall, SolEvent};
use stylus_chain::{
    AccountChange, BlockId, CallOptions, CallRequest, Chain, ChainConfig, ChainError, LogFilter,
    Overrides, Receipt, SlotChange, TraceKind,
};

/// What every sender owns here, in wei: fees are no matter of the plan.
const SIMULATED_BALANCE: U256 = U256::from_limbs([0, 0, 1 << 30, 0]);

/// The copy.
pub(super) struct Simulation {
    pub(super) chain: Chain,
    begun: BlockId,
    /// How much gas its transactions get.
    pub(super) gas: GasLimit,
    /// Units of gas that the last one got.
    pub(super) last_limit: u64,
}

/// Carries out `work` on a copy of the newest block, on a thread that may block.
pub(super) async fn on_copy<T: Send + 'static>(
    client: &Client,
    work: impl FnOnce(Chain) -> Result<T, PlanError> + Send + 'static,
) -> Result<T, PlanError> {
    let (remote, config) = Remote::newest(client).await?;
    on_block(remote, config, work).await
}

/// The same on a copy of a block that was read.
pub(super) async fn on_block<T: Send + 'static>(
    remote: Remote,
    config: ChainConfig,
    work: impl FnOnce(Chain) -> Result<T, PlanError> + Send + 'static,
) -> Result<T, PlanError> {
    let work = tokio::task::spawn_blocking(move || work(Chain::fork(config, Box::new(remote))?));
    work.await.map_err(|error| PlanError::Ended {
        reason: error.to_string(),
    })?
}

/// How much gas a transaction gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GasLimit {
    /// What the estimate says.
    Estimate,
    /// That with the margin of our own transactions.
    Margin,
    /// As much as a transaction can use.
    Most,
}

/// A transaction of the plan.
pub(super) struct Done {
    pub(super) receipt: Receipt,
}

impl Simulation {
    pub(super) fn new(chain: Chain) -> Self {
        let begun = chain.block_number().into();
        Self {
            chain,
            begun,
            gas: GasLimit::Estimate,
            last_limit: 0,
        }
    }

    /// Reads by a typed call.
    pub(super) fn ask<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, PlanError> {
        let (success, output) = self.probe(to, call.abi_encode().into())?;
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
        let request = CallRequest {
            to: Some(to),
            input,
            ..CallRequest::default()
        };
        let overrides = Overrides::default();
        let outcome = self.chain.call(request, BlockId::latest(), &overrides)?;
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
        self.chain.set_balance(from, SIMULATED_BALANCE);
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
        let estimate = self.chain.estimate_gas(request.clone(), pending, &none);
        let sent = estimate.and_then(|estimate| {
            self.last_limit = match self.gas {
                GasLimit::Estimate => estimate,
                GasLimit::Margin => with_margin(estimate),
                GasLimit::Most => self.chain.config().rpc_gas_cap.max(with_margin(estimate)),
            };
            request.gas = Some(self.last_limit);
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
        if receipt.success {
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
        failed_upgrade(&traced.ok()?, registry)
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
        let id = self.chain.snapshot();
        let outcome = work(self);
        self.chain.revert(id);
        outcome
    }

    /// What changed since the beginning.
    pub(super) fn changes(&self) -> Result<Vec<SlotChange>, PlanError> {
        Ok(self.chain.slot_changes(self.begun, BlockId::latest())?)
    }

    /// Accounts whose balance, nonce or code changed since the beginning.
    pub(super) fn account_changes(&self) -> Result<Vec<AccountChange>, PlanError> {
        Ok(self.chain.account_changes(self.begun, BlockId::latest())?)
    }

    /// Logs of an account since the beginning.
    pub(super) fn logs(&self, account: Address) -> Result<Vec<Log>, PlanError> {
        self.logs_of(vec![account])
    }

    /// Logs of those accounts since the beginning; of all where none is named.
    pub(super) fn logs_of(&self, addresses: Vec<Address>) -> Result<Vec<Log>, PlanError> {
        let BlockId::Number(begun) = self.begun else {
            return Ok(Vec::new());
        };
        let filter = LogFilter {
            from_block: Some(begun),
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
