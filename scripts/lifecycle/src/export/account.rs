//! The approver as people write it: an address, an address after its chain as Safe shows it
//! (EIP-3770, `arb1:0x…`) or as CAIP-10 has it (`eip155:42161:0x…`).

use super::other_chain;
use crate::client::ChainError;
use crate::error::Refusal;
use alloy::primitives::ChainId;

/// Short names of EIP-3770 for Arbitrum's chains.
const SHORT_NAMES: [(&str, ChainId); 3] =
    [("arb1", 42_161), ("arb-nova", 42_170), ("arb-sep", 421_614)];
/// Before the chain id in CAIP-10.
const CAIP: &str = "eip155:";

/// The address or alias of an account on the chain `here`, without the chain before it.
///
/// # Errors
/// `ExportChainName` for a chain that is not known, `ExportChainId` for another one.
pub fn account_on(here: ChainId, text: &str) -> Result<&str, ChainError> {
    let Some((chain, name)) = text.rsplit_once(':') else {
        return Ok(text);
    };
    let known = SHORT_NAMES.iter().find(|(short, _)| *short == chain);
    let number = || chain.strip_prefix(CAIP)?.parse().ok();
    match known.map(|(_, id)| *id).or_else(number) {
        Some(id) if id == here => Ok(name),
        Some(id) => Err(other_chain("--as", here, id)),
        None => {
            let message = format!("{chain} is no chain's short name that is known here");
            let refusal = Refusal::new("ExportChainName", message).with(
                "arb1, arb-nova, arb-sep, or eip155:CHAINID",
                chain,
                "give the address alone, or as eip155:CHAINID:0x…",
            );
            Err(refusal.usage().into())
        }
    }
}
