//! A transaction as a command of Foundry's `cast`, for `--print`.

use crate::text::shell_word;
use alloy::network::TransactionBuilder;
use alloy::primitives::TxKind;
use alloy::rpc::types::TransactionRequest;

/// `cast send` with everything that is signed, but the key.
pub(super) fn as_command(what: &str, request: &TransactionRequest) -> String {
    let mut words = vec!["cast send".to_owned()];
    let mut flag = |name: &str, value: Option<String>| {
        words.extend(value.map(|value| format!("--{name} {value}")));
    };
    flag("chain", request.chain_id().map(|id| id.to_string()));
    flag("nonce", request.nonce().map(|nonce| nonce.to_string()));
    flag("gas-limit", request.gas_limit().map(|gas| gas.to_string()));
    let fee = request.max_fee_per_gas();
    flag("gas-price", fee.map(|fee| fee.to_string()));
    let tip = request.max_priority_fee_per_gas();
    flag("priority-gas-price", tip.map(|tip| tip.to_string()));
    let value = request.value().filter(|value| !value.is_zero());
    flag("value", value.map(|value| value.to_string()));
    let input = request.input().cloned().unwrap_or_default();
    match request.kind() {
        Some(TxKind::Call(to)) => words.push(format!("{to} {input}")),
        _ => words.push(format!("--create {input}")),
    }
    words.push(format!("# {}", shell_word(what)));
    words.join(" ")
}
