//! Properties of the chain: its versions, and how long an activation lasts.

use crate::client::{ChainError, Client};
use crate::model::Views;
use alloy::primitives::{Address, B256, address};
use alloy::sol;
use futures::try_join;
use serde::Serialize;
use stylus_chain::ProgramSlots;
use stylus_upgrades_interface::chain::{ARB_SYS, ARB_WASM, IArbWasm};

/// Seconds of a day.
pub const DAY: u64 = 86_400;
/// ArbOwnerPublic: what the chain's owner has set.
const ARB_OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
/// The offset that `arbOSVersion()` adds to the version of ArbOS.
const ARBOS_OFFSET: u64 = 55;

sol! {
    /// ArbSys (0x64).
    interface IArbSysVersion {
        function arbOSVersion() external view returns (uint256 version);
    }

    /// ArbOwnerPublic (0x6b).
    interface IArbOwnerPublic {
        function getScheduledUpgrade() external view returns (uint64 version, uint64 timestamp);
    }

    /// The parameters of ArbWasm (0x71).
    interface IArbWasmParameters {
        function expiryDays() external view returns (uint16 numDays);
        function keepaliveDays() external view returns (uint16 numDays);
    }
}

/// The properties of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainFacts {
    /// The endpoint, without what is secret in it.
    pub endpoint: String,
    /// Its id.
    pub chain_id: u64,
    /// The newest block.
    pub block: u64,
    /// Unix seconds of that block.
    pub time: u64,
    /// The version of ArbOS.
    pub arbos: u64,
    /// The version that programs must be activated for.
    pub stylus: u16,
    /// Days that an activation lasts.
    pub expiry_days: u16,
    /// Days after which it can be prolonged.
    pub keepalive_days: u16,
    /// The upgrade of ArbOS that is scheduled.
    pub scheduled: Option<Scheduled>,
    /// The Stylus parameters as ArbOS stores them.
    #[serde(skip)]
    pub params: B256,
}

/// An upgrade of ArbOS that is scheduled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Scheduled {
    /// The version.
    pub arbos: u64,
    /// Unix seconds at which it takes effect.
    pub time: u64,
}

impl ChainFacts {
    /// Asks the chain.
    ///
    /// # Errors
    /// What the chain says; a chain without Stylus does not answer.
    pub async fn read(client: &Client) -> Result<Self, ChainError> {
        let params = ProgramSlots::of(B256::ZERO).params;
        let (head, version, params, stylus, expiry_days, keepalive_days, scheduled) = try_join!(
            Views::block(&client),
            client.call(ARB_SYS, &IArbSysVersion::arbOSVersionCall {}),
            client.storage(ProgramSlots::ACCOUNT, params),
            client.call(ARB_WASM, &IArbWasm::stylusVersionCall {}),
            expiry_days(client),
            client.call(ARB_WASM, &IArbWasmParameters::keepaliveDaysCall {}),
            scheduled(client),
        )?;
        Ok(Self {
            params,
            endpoint: client.endpoint().to_string(),
            chain_id: client.chain_id(),
            block: head.number,
            time: head.time,
            arbos: version.saturating_to::<u64>().saturating_sub(ARBOS_OFFSET),
            stylus,
            expiry_days,
            keepalive_days,
            scheduled,
        })
    }

    /// Seconds that an activation lasts.
    pub fn expiry(&self) -> u64 {
        u64::from(self.expiry_days) * DAY
    }

    /// Seconds after which an activation can be prolonged.
    pub fn keepalive(&self) -> u64 {
        u64::from(self.keepalive_days) * DAY
    }
}

/// Days that an activation lasts.
///
/// # Errors
/// What the chain says; a chain without Stylus does not answer.
pub async fn expiry_days(client: &Client) -> Result<u16, ChainError> {
    let call = IArbWasmParameters::expiryDaysCall {};
    client.call(ARB_WASM, &call).await
}

async fn scheduled(client: &Client) -> Result<Option<Scheduled>, ChainError> {
    let call = IArbOwnerPublic::getScheduledUpgradeCall {};
    match client.call(ARB_OWNER_PUBLIC, &call).await {
        Ok(found) if found.version > 0 => Ok(Some(Scheduled {
            arbos: found.version,
            time: found.timestamp,
        })),
        // A chain that cannot tell has none that anybody could know of.
        Ok(_) => Ok(None),
        Err(error) if error.is_no_answer() => Ok(None),
        Err(error) => Err(error),
    }
}
