//! An instance (a proxy), with the calls that tests make.

use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Abi;

use crate::chain::Chain;
use crate::error::HarnessError;
use crate::receipt::Receipt;

/// A proxy made by a registry, called from one account.
#[derive(Debug, Clone)]
pub struct Instance<'h> {
    chain: &'h Chain,
    address: Address,
    caller: Address,
    creation: Receipt,
}

impl<'h> Instance<'h> {
    pub(crate) fn new(chain: &'h Chain, address: Address, creation: TransactionReceipt) -> Self {
        Self {
            chain,
            address,
            caller: chain.account(0),
            creation: creation.into(),
        }
    }

    /// Its address.
    pub fn address(&self) -> Address {
        self.address
    }

    /// The transaction that made it.
    pub fn creation(&self) -> &Receipt {
        &self.creation
    }

    /// The same proxy, called from another account.
    pub fn by(&self, caller: Address) -> Self {
        Self {
            caller,
            ..self.clone()
        }
    }

    /// What a function returns.
    ///
    /// # Errors
    /// As [`Chain::call`].
    pub async fn read<C: SolCall>(&self, call: &C) -> Result<C::Return, HarnessError> {
        self.chain.read_as(self.caller, self.address, call).await
    }

    /// Calls a function in a transaction.
    ///
    /// # Errors
    /// As [`Chain::send`].
    pub async fn send(&self, call: &impl SolCall) -> Result<Receipt, HarnessError> {
        self.send_with(call, U256::ZERO).await
    }

    /// The same with value in wei.
    ///
    /// # Errors
    /// As [`Chain::send`].
    pub async fn send_with(
        &self,
        call: &impl SolCall,
        value: U256,
    ) -> Result<Receipt, HarnessError> {
        Ok(self.chain.send(self.request(call, value)).await?.into())
    }

    /// The transaction that [`Instance::send`] would send, e.g. for [`Chain::send_anyway`].
    pub fn request(&self, call: &impl SolCall, value: U256) -> TransactionRequest {
        TransactionRequest::default()
            .with_from(self.caller)
            .with_to(self.address)
            .with_input(call.abi_encode())
            .with_value(value)
    }

    /// Upgrades it.
    ///
    /// # Errors
    /// What the proxy reverts with.
    pub async fn upgrade(&self, version: &str) -> Result<Receipt, HarnessError> {
        self.send(&Abi::upgradeToCall {
            version: version.to_owned(),
        })
        .await
    }

    /// Upgrades it with calldata for the last step, or for the new code afterwards.
    ///
    /// # Errors
    /// What the proxy reverts with.
    pub async fn upgrade_and_call(
        &self,
        version: &str,
        call: &impl SolCall,
    ) -> Result<Receipt, HarnessError> {
        self.upgrade_and_call_with(version, call.abi_encode().into(), U256::ZERO)
            .await
    }

    /// The same with raw calldata and value in wei.
    ///
    /// # Errors
    /// What the proxy reverts with.
    pub async fn upgrade_and_call_with(
        &self,
        version: &str,
        data: Bytes,
        value: U256,
    ) -> Result<Receipt, HarnessError> {
        self.send_with(
            &Abi::upgradeToAndCallCall {
                version: version.to_owned(),
                data,
            },
            value,
        )
        .await
    }

    /// The code it runs now.
    ///
    /// # Errors
    /// As [`Chain::call`].
    pub async fn implementation(&self) -> Result<Address, HarnessError> {
        self.read(&Abi::implementationCall {}).await
    }

    /// The version it is at.
    ///
    /// # Errors
    /// As [`Chain::call`].
    pub async fn version(&self) -> Result<String, HarnessError> {
        self.read(&Abi::implementationVersionCall {}).await
    }

    /// One of its storage slots.
    ///
    /// # Errors
    /// [`HarnessError::Rpc`].
    pub async fn storage(&self, slot: impl Into<U256>) -> Result<B256, HarnessError> {
        self.chain.storage(self.address, slot).await
    }
}
