//! `anvil_dealERC20` and similar methods: they give an account tokens, or an allowance, and write the
//! slot that holds them.

use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::{SolCall, SolValue};
use stylus_chain::{AccountOverride, CallRequest, Chain, Overrides};

use super::answer::done;
use super::args::RpcArgs;
use super::method::RpcMethod::Change;
use super::method::{MethodTable, RpcResult};
use crate::node::DevNode;
use crate::rpc_error::RpcError;

pub(super) const METHODS: MethodTable = &[
    ("anvil_dealERC20", Change(deal)),
    ("hardhat_dealERC20", Change(deal)),
    ("anvil_dealErc20", Change(deal)),
    ("anvil_setERC20Balance", Change(deal)),
    ("anvil_setERC20Allowance", Change(allow)),
];

alloy::sol! {
    function balanceOf(address owner) external view returns (uint256);
    function allowance(address owner, address spender) external view returns (uint256);
}

/// `(owner, token, amount)`.
fn deal(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    let (owner, token): (Address, Address) = (args.get(0, "owner")?, args.get(1, "token")?);
    let question = format!("balanceOf({owner})");
    let input = balanceOfCall { owner }.abi_encode();
    write(node, token, &question, input, args.get(2, "amount")?)
}

/// `(owner, spender, token, amount)`.
fn allow(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    let (owner, spender): (Address, Address) = (args.get(0, "owner")?, args.get(1, "spender")?);
    let question = format!("allowance({owner}, {spender})");
    let input = allowanceCall { owner, spender }.abi_encode();
    write(
        node,
        args.get(2, "token")?,
        &question,
        input,
        args.get(3, "amount")?,
    )
}

/// Makes a view of a token answer `amount`.
fn write(
    node: &mut DevNode,
    token: Address,
    question: &str,
    input: Vec<u8>,
    amount: U256,
) -> RpcResult {
    let request = CallRequest {
        to: Some(token),
        input: input.into(),
        ..CallRequest::default()
    };
    let (address, slot) = slot_of(&node.chain, &request, amount)?.ok_or_else(|| {
        RpcError::Params(format!(
            "no slot that {question} of {token} reads holds its answer alone"
        ))
    })?;
    node.chain
        .set_storage_at(address, slot.into(), amount.into());
    done()
}

/// Tries each slot that a view reads: the one is right that makes it answer `amount`.
fn slot_of(
    chain: &Chain,
    request: &CallRequest,
    amount: U256,
) -> Result<Option<(Address, B256)>, RpcError> {
    let listed = chain.access_list(request.clone(), BlockId::latest(), &Overrides::default())?;
    let slots = listed
        .access_list
        .0
        .iter()
        .flat_map(|item| item.storage_keys.iter().map(|slot| (item.address, *slot)));
    for (address, slot) in slots {
        let written = AccountOverride {
            state_diff: Some([(slot, B256::from(amount))].into_iter().collect()),
            ..AccountOverride::default()
        };
        let overrides = Overrides {
            accounts: [(address, written)].into_iter().collect(),
            ..Overrides::default()
        };
        let outcome = chain.call(request.clone(), BlockId::latest(), &overrides)?;
        if outcome.success && U256::abi_decode(&outcome.output).is_ok_and(|found| found == amount) {
            return Ok(Some((address, slot)));
        }
    }
    Ok(None)
}
