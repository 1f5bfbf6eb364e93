//! Transactions on their way into a block.

use super::{
    Chain,
    environment::{Asked, rejected, tx_env},
    mine::Takes,
};
use crate::{
    BlockId, CallRequest, ChainError, Overrides, PoolContent, PooledTransaction, RejectReason,
    pool::Pool, state_db::NOW,
};
use alloy_consensus::{
    SignableTransaction, Transaction, TxEnvelope, transaction::SignerRecoverable,
};
use alloy_primitives::{Address, B256, Signature, U256};
use alloy_rpc_types::TransactionRequest;
use revm::handler::validation::validate_initial_tx_gas;

/// Transactions that wait outside of the pool.
pub struct Aside(Pool);

/// Recovers the sender of a signed transaction: the costliest part of taking one in.
///
/// # Errors
/// [`RejectReason::BadSignature`].
pub fn recover(signed: TxEnvelope) -> Result<PooledTransaction, ChainError> {
    let recovered = signed.try_into_recovered();
    recovered.map_err(|_| RejectReason::BadSignature.into())
}

impl Chain {
    /// Adds a signed transaction; mines it at once when automine is on and its nonce is next.
    ///
    /// # Errors
    /// [`ChainError::Rejected`] when it can never or not now be included.
    pub fn submit(&mut self, signed: TxEnvelope) -> Result<B256, ChainError> {
        let signed = recover(signed)?;
        self.submit_recovered(signed)
    }

    /// The same for a transaction whose sender is known: [`recover`] can run on another thread.
    ///
    /// # Errors
    /// As [`Chain::submit`], but for the signature.
    pub fn submit_recovered(&mut self, new: PooledTransaction) -> Result<B256, ChainError> {
        let hash = *new.tx_hash();
        self.admit(&new, new.signer(), hash)?;
        let ready = new.nonce() == self.nonce(new.signer());
        self.check_source()?;
        if !ready && self.pool.is_full_for((new.signer(), new.nonce())) {
            return Err(RejectReason::PoolFull.into());
        }
        self.pool.insert(new)?;
        if self.settings.automine && ready {
            let mined = self.mine_block(false, Takes::Waiting).inspect_err(|_| {
                self.pool.remove(hash);
            });
            let refused = mined?;
            if let Some(reason) = refused.into_iter().find(|(other, _)| *other == hash) {
                return Err(reason.1);
            }
        }
        Ok(hash)
    }

    /// Adds a transaction of an impersonated account. Missing gas is estimated, a missing nonce is
    /// the next one, a missing price the current one.
    ///
    /// # Errors
    /// [`ChainError::NotImpersonated`], or as [`Chain::submit`] and [`Chain::estimate_gas`].
    pub fn submit_unsigned(
        &mut self,
        from: Address,
        request: CallRequest,
    ) -> Result<B256, ChainError> {
        let unsigned = self.unsigned_transaction(from, request)?;
        self.submit_recovered(unsigned)
    }

    /// The transaction that [`Chain::submit_unsigned`] adds.
    ///
    /// # Errors
    /// [`ChainError::NotImpersonated`], or as [`Chain::estimate_gas`].
    pub fn unsigned_transaction(
        &self,
        from: Address,
        mut request: CallRequest,
    ) -> Result<PooledTransaction, ChainError> {
        if !self.is_impersonated(from) {
            return Err(ChainError::NotImpersonated(from));
        }
        request.from = Some(from);
        if request.gas.is_none() {
            let pending = BlockId::pending();
            request.gas =
                Some(self.estimate_gas(request.clone(), pending, &Overrides::default())?);
        }
        request
            .nonce
            .get_or_insert_with(|| self.pending_nonce(from));
        let envelope = self.unsigned(from, request)?;
        Ok(PooledTransaction::new_unchecked(envelope, from))
    }

    /// A transaction with the signature r = sender, s = 1, which makes its hash unique per sender.
    pub(super) fn unsigned(
        &self,
        from: Address,
        request: CallRequest,
    ) -> Result<TxEnvelope, ChainError> {
        let sender = U256::from_be_bytes(from.into_word().0);
        let signature = Signature::new(sender, U256::ONE, false);
        self.with_signature(request, signature)
    }

    /// A transaction with a signature of nobody's.
    pub(super) fn with_signature(
        &self,
        request: CallRequest,
        signature: Signature,
    ) -> Result<TxEnvelope, ChainError> {
        let default_cap = self.gas_price().max(u128::from(self.base_fee()));
        // A creation delegates nothing, and what delegates has no legacy price.
        let delegations = Some(request.authorization_list);
        let delegations = delegations.filter(|list| request.to.is_some() && !list.is_empty());
        let filled = TransactionRequest {
            chain_id: Some(self.chain_id()),
            nonce: Some(request.nonce.unwrap_or_default()),
            gas: Some(request.gas.unwrap_or_default()),
            gas_price: request.gas_price.filter(|_| delegations.is_none()),
            max_fee_per_gas: request.max_fee_per_gas.or(Some(default_cap)),
            max_priority_fee_per_gas: request.max_priority_fee_per_gas.or(Some(0)),
            to: Some(request.to.into()),
            value: Some(request.value),
            input: request.input.into(),
            access_list: request.access_list,
            authorization_list: delegations,
            ..TransactionRequest::default()
        };
        let unsigned = filled.build_typed_tx();
        let refused = |_| ChainError::Internal("a filled request is no transaction".into());
        Ok(unsigned.map_err(refused)?.into_signed(signature).into())
    }

    /// Returns true if a transaction of the pool has no signature of its sender, but that of [`Self::unsigned`].
    pub(super) fn is_unsigned(waiting: &PooledTransaction) -> bool {
        let signature = waiting.signature();
        let sender = U256::from_be_bytes(waiting.signer().into_word().0);
        (signature.r(), signature.s()) == (sender, U256::ONE)
    }

    /// Refuses what can be seen to be wrong with a transaction before it runs.
    ///
    /// # Errors
    /// As [`Chain::submit_recovered`].
    pub fn check(&self, new: &PooledTransaction) -> Result<(), ChainError> {
        Ok(self.admit(new, new.signer(), *new.tx_hash())?)
    }

    /// Refuses what can be seen to be wrong before execution, in Nitro's order (`PreCheckTx`, then `preCheck`).
    fn admit(&self, tx: &TxEnvelope, from: Address, hash: B256) -> Result<(), RejectReason> {
        let kind = tx.tx_type() as u8;
        if kind == 3 || (kind == 4 && self.arbos_version() < 40) {
            return Err(RejectReason::TypeNotSupported);
        }
        if let Some(found) = tx.chain_id().filter(|id| *id != self.chain_id()) {
            return Err(RejectReason::ChainId {
                expected: self.chain_id(),
                found,
            });
        }
        if tx.gas_limit() > self.settings.gas_limit {
            let limit = self.settings.gas_limit;
            return Err(RejectReason::BlockGasLimit {
                have: tx.gas_limit(),
                limit,
            });
        }
        let account = self.state_db.account(from, NOW).unwrap_or_default();
        let price = tx.max_fee_per_gas();
        if price < self.base_fee().into() {
            return Err(RejectReason::FeeTooLow {
                address: from,
                cap: price,
                base_fee: self.base_fee(),
            });
        }
        if tx.nonce() < account.nonce {
            let expected = account.nonce;
            return Err(RejectReason::NonceTooLow {
                address: from,
                expected,
                found: tx.nonce(),
            });
        }
        if tx.nonce() == u64::MAX {
            return Err(RejectReason::NonceMax(from));
        }
        if self.ledger.locate(hash).is_some() {
            return Err(RejectReason::AlreadyKnown(hash));
        }
        self.check_intrinsic_gas(tx, from)?;
        let want = U256::from(price)
            .saturating_mul(U256::from(tx.gas_limit()))
            .saturating_add(tx.value());
        if account.balance < want {
            return Err(RejectReason::Funds {
                address: from,
                have: account.balance,
                want,
            });
        }
        if let Some(tip) = tx.max_priority_fee_per_gas() {
            check_tip(tip, price, self.base_fee(), from)?;
        }
        if kind == 4 && tx.authorization_list().is_none_or(<[_]>::is_empty) {
            return Err(RejectReason::NoAuthorization(from));
        }
        let (size, limit) = (tx.input().len(), self.code_size_limit().saturating_mul(2));
        if tx.to().is_none() && size > limit {
            return Err(RejectReason::InitCodeTooLarge { size, limit });
        }
        Ok(())
    }

    /// Refuses what has less gas than its bytes and lists cost before it runs.
    fn check_intrinsic_gas(&self, tx: &TxEnvelope, from: Address) -> Result<(), RejectReason> {
        let cfg = self.cfg_env(&self.head_view());
        let tx = tx_env(tx, from, self.config.chain_id);
        let no_floor = cfg.disable_eip7623;
        let checked = validate_initial_tx_gas(&tx, cfg.spec, no_floor, false, u64::MAX, None);
        checked.map(drop).map_err(|reason| {
            let facts = self.next_facts(self.head_time());
            rejected(reason, &Asked::of(&tx), &facts, self.code_size_limit())
        })
    }

    /// Nonce for the next transaction, waiting ones left out.
    pub fn nonce(&self, address: Address) -> u64 {
        self.state_db
            .account(address, NOW)
            .unwrap_or_default()
            .nonce
    }

    /// Nonce for the next transaction, waiting ones counted.
    pub fn pending_nonce(&self, address: Address) -> u64 {
        self.pool.next_nonce(address, self.nonce(address))
    }

    /// All waiting transactions.
    pub fn pool(&self) -> PoolContent<'_> {
        self.pool.content(|address| self.nonce(address))
    }

    /// Returns true if any transaction waits.
    pub fn has_waiting(&self) -> bool {
        !self.pool.is_empty()
    }

    /// A waiting transaction.
    pub fn pooled(&self, hash: B256) -> Option<PooledTransaction> {
        self.pool.get(hash).cloned()
    }

    /// Forgets a waiting transaction; false when it does not wait.
    pub fn drop_transaction(&mut self, hash: B256) -> bool {
        self.pool.remove(hash)
    }

    /// Takes the waiting transactions away for a while: no block takes them.
    #[must_use]
    pub fn set_aside(&mut self) -> Aside {
        Aside(std::mem::take(&mut self.pool))
    }

    /// Puts back what was set aside, before what arrived since. Of two with one sender and nonce the one that pays more
    /// waits.
    pub fn put_back(&mut self, Aside(waiting): Aside) {
        let since = std::mem::replace(&mut self.pool, waiting);
        for transaction in since.by_arrival() {
            let _ = self.pool.insert(transaction.clone());
        }
        self.look_whether_behind();
    }

    /// Notes whether transactions wait that can run.
    pub(super) fn look_whether_behind(&mut self) {
        let ready = self.pool.ready(self.config.order, |from| self.nonce(from));
        self.is_behind = !ready.is_empty();
    }

    /// Forgets all waiting transactions.
    pub fn drop_all_transactions(&mut self) {
        self.pool.clear();
    }
}

/// Refuses a tip above the fee cap. Above the base fee the tip is dropped before it is looked at (Nitro, `preCheck`, while
/// tips are not collected).
pub(super) fn check_tip(
    tip: u128,
    cap: u128,
    base_fee: u64,
    address: Address,
) -> Result<(), RejectReason> {
    let is_dropped = cap > base_fee.into();
    if tip > cap && !is_dropped {
        return Err(RejectReason::TipAboveFee { address, tip, cap });
    }
    Ok(())
}
