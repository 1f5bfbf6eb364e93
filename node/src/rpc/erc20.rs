//! `anvil_dealERC20`: gives somebody tokens by writing the slot that holds the balance.

use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::SolCall;
use stylus_chain::{AccountOverride, CallRequest, Overrides};

use super::args::Args;
use super::error::RpcError;
use super::{RpcResult, Table, done};
use crate::node::Node;

pub(super) const METHODS: Table = &[
    ("anvil_dealERC20", deal),
    ("hardhat_dealERC20", deal),
    ("anvil_dealErc20", deal),
    ("anvil_setERC20Balance", deal),
];

alloy::sol! {
    function balanceOf(address owner) external view returns (uint256);
}

const LATEST: BlockId = BlockId::Number(BlockNumberOrTag::Latest);

/// `(owner, token, amount)`.
fn deal(node: &mut Node, args: &Args) -> RpcResult {
    let (owner, token): (Address, Address) = (args.get(0, "owner")?, args.get(1, "token")?);
    let amount: U256 = args.get(2, "amount")?;
    let request = CallRequest {
        to: Some(token),
        input: Bytes::from(balanceOfCall { owner }.abi_encode()),
        ..CallRequest::default()
    };
    let (address, slot) = balance_slot(node, &request, amount)?.ok_or_else(|| {
        RpcError::Params(format!(
            "no slot that balanceOf({owner}) of {token} reads holds the balance alone"
        ))
    })?;
    node.chain
        .set_storage_at(address, slot.into(), amount.into());
    done()
}

/// Tries each slot that `balanceOf` reads: the one is right that makes it answer `amount`.
fn balance_slot(
    node: &Node,
    request: &CallRequest,
    amount: U256,
) -> Result<Option<(Address, B256)>, RpcError> {
    let (list, _) = node.chain.access_list(request.clone(), LATEST)?;
    let slots = list
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
        let outcome = node.chain.call(request.clone(), LATEST, &overrides)?;
        if outcome.success
            && balanceOfCall::abi_decode_returns(&outcome.output).is_ok_and(|found| found == amount)
        {
            return Ok(Some((address, slot)));
        }
    }
    Ok(None)
}
