//! The approver as people write it: an address, an address behind its chain as Safe shows it
//! (EIP-3770, `arb1:0x…`) or as CAIP-10 has it (`eip155:42161:0x…`).

use super::error::ExportError;
use alloy::primitives::ChainId;

/// Short names of EIP-3770 for Arbitrum's chains.
const SHORT_NAMES: [(&str, ChainId); 3] =
    [("arb1", 42_161), ("arb-nova", 42_170), ("arb-sep", 421_614)];
/// Before the chain id in CAIP-10.
const CAIP: &str = "eip155:";

/// An account, maybe with the chain that it is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The chain that was named.
    pub chain_id: Option<ChainId>,
    /// The address or alias, as it was written.
    pub name: String,
}

impl Account {
    /// Reads what was written.
    ///
    /// # Errors
    /// [`ExportError::ChainName`].
    pub fn parse(text: &str) -> Result<Self, ExportError> {
        let Some((chain, name)) = text.rsplit_once(':') else {
            return Ok(Self {
                chain_id: None,
                name: text.into(),
            });
        };
        let known = SHORT_NAMES.iter().find(|(short, _)| *short == chain);
        let number = || chain.strip_prefix(CAIP)?.parse().ok();
        match known.map(|(_, id)| *id).or_else(number) {
            Some(id) => Ok(Self {
                chain_id: Some(id),
                name: name.into(),
            }),
            None => Err(ExportError::ChainName { name: chain.into() }),
        }
    }

    /// Refuses an account on another chain than `chain_id`.
    ///
    /// # Errors
    /// [`ExportError::ChainId`].
    pub fn require_on(&self, chain_id: ChainId) -> Result<(), ExportError> {
        match self.chain_id.filter(|named| *named != chain_id) {
            None => Ok(()),
            Some(named) => Err(ExportError::ChainId {
                expected: chain_id.to_string(),
                found: named.to_string(),
                of: "--as",
            }),
        }
    }
}
