//! `eth_sendRawTransaction`, `eth_sendTransaction` and similar methods.

use alloy::consensus::transaction::Recovered;
use alloy::consensus::{SignableTransaction, Transaction, TxEnvelope};
use std::sync::Arc;
use std::time::Duration;

use alloy::eips::eip2718::{Decodable2718, Eip2718Error, Encodable2718};
use alloy::network::TxSignerSync;
use alloy::primitives::{Address, B256, Bytes};
use alloy::rlp::Header;
use alloy_rpc_types::TransactionRequest;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use stylus_chain::{Chain, RejectReason};
use tokio::time::{Instant, timeout_at};

use super::admission::admit;
use super::answer::ok;
use super::args::RpcArgs;
use super::change::ChainInstance;
use super::fill::{built, fill, sender};
use super::method::RpcMethod::{Change, Read};
use super::method::{MethodTable, RpcContext, RpcRequest, RpcResult};
use super::request;
use crate::accounts::DevAccounts;
use crate::executor::CallerShare;
use crate::node::DevNode;
use crate::rpc_error::RpcError;
use crate::terminal;
use crate::view::NodeView;

pub(super) const METHODS: MethodTable = &[
    ("eth_signTransaction", Read(sign)),
    ("eth_sendUnsignedTransaction", Change(send_unsigned)),
];

/// Most gas of a transaction that is quick.
const QUICK_GAS: u64 = 100_000;

/// The time for which Nitro's sequencer holds a transaction whose nonce is not the next one.
const NONCE_GAP: Duration = Duration::from_secs(1);

/// The methods that take transactions. Senders of signed ones are recovered before the chain's thread is asked, so
/// that several connections share the work.
pub(super) fn register(module: &mut RpcModule<RpcContext>) -> Result<(), RegisterMethodError> {
    module.register_async_method(
        "eth_sendRawTransaction",
        |params, context, caller| async move {
            let signed = recovered(&RpcArgs::new(
                "eth_sendRawTransaction",
                &params,
                context.admission,
            )?)?;
            let (from, gas) = (Some(signed.signer()), signed.gas_limit());
            let request = RpcRequest {
                context: &context,
                share: &CallerShare::from_extensions(&caller),
            };
            let send = move |node: &mut DevNode| submit(node, signed.clone());
            ok(send_transaction(request, from, gas, send).await?)
        },
    )?;
    module.register_async_method(
        "eth_sendTransaction",
        |params, context, caller| async move {
            let args = RpcArgs::new("eth_sendTransaction", &params, context.admission)?;
            let transaction: TransactionRequest = args.get(0, "transaction")?;
            let (from, gas) = (transaction.from, transaction.gas.unwrap_or(u64::MAX));
            let request = RpcRequest {
                context: &context,
                share: &CallerShare::from_extensions(&caller),
            };
            let send = move |node: &mut DevNode| send_request(node, transaction.clone());
            ok(send_transaction(request, from, gas, send).await?)
        },
    )?;
    Ok(())
}

/// Sends a transaction of `gas` units, as [`send_in_order`] does, and tells authors why one is refused: no block does.
pub(super) async fn send_transaction(
    request: RpcRequest<'_>,
    from: Option<Address>,
    gas: u64,
    send: impl Fn(&mut DevNode) -> Result<B256, RpcError> + Send + Sync + 'static,
) -> Result<B256, RpcError> {
    let sent = send_in_order(request, from, gas, send).await;
    if let Err(error) = &sent {
        terminal::refused(&error.to_string());
    }
    sent
}

/// Sends a transaction. One that comes before its predecessors is held for a while, as by Nitro's sequencer, and sent
/// again with each new block. It is held on while what another one of its sender lacks on a fork is read.
async fn send_in_order(
    request: RpcRequest<'_>,
    from: Option<Address>,
    gas: u64,
    send: impl Fn(&mut DevNode) -> Result<B256, RpcError> + Send + Sync + 'static,
) -> Result<B256, RpcError> {
    let RpcRequest { context, share } = request;
    let (send, instance) = (Arc::new(send), ChainInstance::default());
    let attempt = async || {
        let send = send.clone();
        let work = move |node: &mut DevNode| send(node);
        context.change_of(share, &instance, quick(gas), work).await
    };
    let first = {
        let _under_way = from.map(|from| context.under_way.enter(from));
        attempt().await
    };
    let Err(RpcError::NonceGap(RejectReason::NonceTooHigh { address, found, .. })) = first else {
        return first;
    };
    let Some(_place) = context.waiting.place(address, found) else {
        return first;
    };
    let mut events = context.events.follow();
    let mut until = Instant::now() + NONCE_GAP;
    loop {
        let again = attempt().await;
        if !matches!(again, Err(RpcError::NonceGap(_))) {
            return again;
        }
        if timeout_at(until, events.news()).await.is_err() {
            if !context.under_way.has(address) {
                return again;
            }
            until = Instant::now() + NONCE_GAP;
        }
        events.skip();
    }
}

/// A transaction with its sender, or why it cannot be read.
pub(super) type DecodedTransaction = Result<Recovered<TxEnvelope>, RpcError>;

/// Makes a predicate that is true if a transaction with so much gas is quick.
fn quick(gas: u64) -> impl Fn(&DevNode) -> bool + Copy + Send + 'static {
    move |node| gas <= QUICK_GAS && !node.chain.is_forked() && !node.chain.has_waiting()
}

/// The signed transaction of a request, with its sender.
pub(super) fn recovered(args: &RpcArgs) -> DecodedTransaction {
    decoded(&args.get(0, "signed transaction")?)
}

/// An encoded, signed transaction with its sender.
pub(super) fn decoded(raw: &Bytes) -> DecodedTransaction {
    let mut rest = raw.as_ref();
    let decoded = TxEnvelope::decode_2718(&mut rest);
    match decoded {
        Ok(envelope) if rest.is_empty() => Ok(stylus_chain::recover(envelope)?),
        decoded => Err(RpcError::Refused(undecoded(raw, decoded.err()))),
    }
}

/// Returns the reason why bytes are no transaction, in geth's words.
fn undecoded(raw: &[u8], error: Option<Eip2718Error>) -> String {
    /// From this byte on an encoding is that of a list.
    const LISTS: u8 = 0xc0;
    /// The type that delegates (EIP-7702), which creates nothing.
    const SET_CODE: u8 = 4;
    let list = match raw {
        [] => return "typed transaction too short".to_owned(),
        [first, ..] if *first >= LISTS => raw,
        [1..=4, list @ ..] => list,
        [0..0x80, ..] => return RejectReason::TypeNotSupported.to_string(),
        _ => return "rlp: expected input list for types.LegacyTx".to_owned(),
    };
    let mut payload = list;
    match Header::decode(&mut payload) {
        Err(alloy::rlp::Error::InputTooShort) => {
            "rlp: value size exceeds available input length".to_owned()
        }
        Ok(header) if header.payload_length < payload.len() => {
            "rlp: input contains more than one value".to_owned()
        }
        Ok(header) if header.payload_length == 0 => "unexpected EOF".to_owned(),
        Ok(_) if raw.first() == Some(&SET_CODE) && is_creation(payload) => {
            "rlp: input string too short for common.Address, decoding into (types.SetCodeTx).To"
                .to_owned()
        }
        _ => match error {
            Some(error) => format!("rlp: {error}"),
            None => "rlp: the transaction does not decode".to_owned(),
        },
    }
}

/// Returns true if the sixth field of a list, the receiver, is empty.
fn is_creation(mut fields: &[u8]) -> bool {
    /// An empty text.
    const EMPTY: u8 = 0x80;
    for _ in 0..5 {
        let Ok(header) = Header::decode(&mut fields) else {
            return false;
        };
        fields = fields.get(header.payload_length..).unwrap_or_default();
    }
    fields.first() == Some(&EMPTY)
}

/// Signs with a dev account's key, or sends as an impersonated account.
pub(super) fn send_request(
    node: &mut DevNode,
    request: TransactionRequest,
) -> Result<B256, RpcError> {
    let from = sender(&node.accounts, &request)?;
    if node.accounts.signer(from).is_some() {
        let envelope = fill_and_sign(&node.chain, &node.accounts, from, request)?;
        submit(node, Recovered::new_unchecked(envelope, from))
    } else {
        send_as(node, from, request)
    }
}

fn sign(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let request: TransactionRequest = args.get(0, "transaction")?;
    let from = sender(&view.accounts, &request)?;
    let envelope = fill_and_sign(&view.chain, &view.accounts, from, request)?;
    ok(Bytes::from(envelope.encoded_2718()))
}

/// Sends as any account, whether impersonated or not.
fn send_unsigned(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    let request: TransactionRequest = args.get(0, "transaction")?;
    let from = sender(&node.accounts, &request)?;
    if node.chain.is_impersonated(from) {
        return ok(send_as(node, from, request)?);
    }
    node.chain.impersonate(from);
    let sent = send_as(node, from, request);
    node.chain.stop_impersonating(from);
    ok(sent?)
}

fn send_as(
    node: &mut DevNode,
    from: Address,
    request: TransactionRequest,
) -> Result<B256, RpcError> {
    let unsigned = node
        .chain
        .unsigned_transaction(from, request::call(request)?)?;
    submit(node, unsigned)
}

/// Gives a transaction to the chain.
pub(super) fn submit(node: &mut DevNode, signed: Recovered<TxEnvelope>) -> Result<B256, RpcError> {
    admit(node, &signed)?;
    let hash = node.chain.submit_recovered(signed)?;
    node.accepted(hash);
    Ok(hash)
}

fn fill_and_sign(
    chain: &Chain,
    accounts: &DevAccounts,
    from: Address,
    request: TransactionRequest,
) -> Result<TxEnvelope, RpcError> {
    let request = fill(chain, from, request)?;
    let signer = accounts.signer(from).ok_or(RpcError::NoSigner(from))?;
    let mut unsigned = built(request)?;
    let signature = signer
        .sign_transaction_sync(&mut unsigned)
        .map_err(|error| RpcError::Internal(error.to_string()))?;
    Ok(unsigned.into_signed(signature).into())
}
