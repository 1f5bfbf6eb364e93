//! Executions that are recorded: mined transactions again, and calls.

use super::{
    Chain,
    environment::{Asked, arbos_version, gas_cap, reject, transaction_price, tx_env},
    simulate::facts_of,
};
use crate::{
    BlockId, CallRequest, ChainError, MinedTransaction, Overrides, TraceKind,
    evm::{Executed, execute},
    precompiles,
    trace::{Trace, Tracer, prestate},
    view::{Overlay, StateView},
};
use alloy_primitives::{Address, B256};
use serde_json::{Value, json};
use std::cell::RefCell;

/// Bytes of an account in a prestate, besides its code, and of a slot.
const ACCOUNT_BYTES: usize = 256;
const SLOT_BYTES: usize = 140;

impl Chain {
    /// Executes a mined transaction again and gives the recording in the named tracer's form.
    ///
    /// # Errors
    /// [`ChainError::UnknownTransaction`]; [`ChainError::NotSupported`] for blocks of a loaded dump;
    /// [`ChainError::TraceLimit`] for recordings that become too long.
    pub fn trace(&self, hash: B256, kind: TraceKind) -> Result<Trace, ChainError> {
        self.check_time()?;
        let unknown = ChainError::UnknownTransaction(hash);
        let (record, at) = self.ledger.locate(hash).ok_or(unknown.clone())?;
        let transaction = record.block.transactions.get(at).ok_or(unknown)?;
        let before = record.before.get(at).copied();
        let before = before.ok_or(ChainError::NotSupported(
            "tracing in blocks of a loaded dump",
        ))?;
        let parent = record.block.header.number.saturating_sub(1);
        let view = self.view_at(before, parent);
        let facts = facts_of(&record.block.header);
        let recent = RefCell::default();
        let mut session = self.session(&view, &recent, &facts);
        session.gas_cap = Some(gas_cap(&view));
        session.message_price = transaction_price(&transaction.envelope, facts.base_fee);
        session.posting = self.posting(&view, &transaction.envelope, &facts);
        session.is_transaction = true;
        session.tracer = Some(Box::new(Tracer::new(kind, self.state_db.budget())));
        let mut cfg = self.cfg_env(&view);
        cfg.disable_eip3607 = true;
        let tx = tx_env(
            &transaction.envelope,
            transaction.from,
            self.config.chain_id,
        );
        let (asked, limit) = (Asked::of(&tx), self.code_size_limit());
        let executed = execute(view, session, self.block_env(&view, &facts), cfg, tx)
            .map_err(|error| reject(error, &asked, &facts, limit))?;
        let of = (&view, facts.coinbase);
        let recording = self.recording(executed, of, kind)?;
        Ok(match kind {
            TraceKind::Flat(_) => Trace::Json(placed(recording.into_json(), Some(transaction))),
            _ => recording,
        })
    }

    /// Executes a call and gives the recording in the named tracer's form.
    ///
    /// # Errors
    /// As [`Chain::call`] and [`Chain::trace`].
    pub fn trace_call(
        &self,
        request: CallRequest,
        id: BlockId,
        overrides: &Overrides,
        kind: TraceKind,
    ) -> Result<Trace, ChainError> {
        let overlay = Overlay::new(overrides);
        let simulation = self.simulation(&request, id, overrides, overlay.as_ref())?;
        let gas = self.gas_of(&simulation);
        let executed = self.simulate(
            &simulation,
            gas,
            Some(Tracer::new(kind, self.state_db.budget())),
        )?;
        let of = (&simulation.view, simulation.facts.coinbase);
        let recording = self.recording(executed, of, kind)?;
        Ok(match kind {
            TraceKind::Flat(_) => Trace::Json(placed(recording.into_json(), None)),
            _ => recording,
        })
    }

    /// The recording in its kind's form; `view` is the state before the execution, in a block with that coinbase.
    fn recording(
        &self,
        executed: Executed,
        (view, coinbase): (&StateView<'_>, Address),
        kind: TraceKind,
    ) -> Result<Trace, ChainError> {
        self.charge(executed.tracer.as_ref().map_or(0, |tracer| tracer.bytes()))?;
        if let TraceKind::Prestate(options) = kind {
            // Codes are shown whole: counted before they are written.
            let shown = executed.changes.iter().map(|(at, account)| {
                let code = view
                    .info(*at)
                    .map_or(0, |info| view.code(info.code_hash).len());
                ACCOUNT_BYTES + 2 * code + SLOT_BYTES * account.storage.len()
            });
            self.charge(shown.sum())?;
            return Ok(Trace::Json(prestate(
                view,
                &executed.changes,
                coinbase,
                options,
            )));
        }
        let debug = self.config.debug_precompiles;
        let precompiles = precompiles::addresses(arbos_version(view), debug);
        let recording = executed
            .tracer
            .and_then(|tracer| tracer.finish(&executed.fees, &executed.result, precompiles));
        Ok(recording.unwrap_or(Trace::Json(Value::Null)))
    }
}

/// The entries name the mined transaction and its block, with plain numbers; those of a call name none.
fn placed(mut entries: Value, transaction: Option<&MinedTransaction>) -> Value {
    let block_hash = transaction.map(|transaction| transaction.block_hash);
    let hash = transaction.map(|transaction| transaction.hash);
    for entry in entries.as_array_mut().into_iter().flatten() {
        entry["blockHash"] = json!(block_hash);
        entry["blockNumber"] = transaction.map_or(0, |mined| mined.block_number).into();
        entry["transactionHash"] = json!(hash);
        entry["transactionPosition"] = transaction.map_or(0, |mined| mined.index).into();
    }
    entries
}
