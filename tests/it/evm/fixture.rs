//! A chain in this process, where every account sends.

use crate::prelude::*;
use stylus_chain::{CallOutcome, Chain, ChainConfig, Overrides, Receipt};
use stylus_upgrades::build::evm::{create2_address, create2_input, creation_code};
use stylus_upgrades_interface::chain::CREATE2_DEPLOYER;

/// Gas of a transaction, and of a call.
const GAS: u64 = 30_000_000;

/// A chain.
pub(super) struct Fixture {
    pub(super) chain: Chain,
}

/// The accounts that have money, by number.
pub(super) fn account(n: usize) -> Address {
    ChainConfig::default().accounts[n].0
}

/// Calldata of the orders contract and of admins: an account, and what it is called with.
pub(super) fn order(to: Address, data: &[u8]) -> Bytes {
    [to.into_word().as_slice(), data].concat().into()
}

/// What [`super::programs::echo`] returns.
pub(super) fn echoed(caller: Address, value: u64, data: &[u8]) -> Bytes {
    let value = U256::from(value).to_be_bytes::<32>();
    [caller.into_word().as_slice(), &value, data]
        .concat()
        .into()
}

impl Fixture {
    pub(super) fn new() -> Self {
        let config = ChainConfig {
            auto_impersonate: true,
            rpc_gas_cap: 1 << 50,
            ..ChainConfig::default()
        };
        Self {
            chain: Chain::new(config),
        }
    }

    /// Puts code where the CREATE2 deployer puts it.
    pub(super) fn create2(&mut self, code: &[u8]) -> Address {
        let input = create2_input(code);
        let sent = self.send(account(9), CREATE2_DEPLOYER, 0, input);
        assert!(sent.success, "{sent:?}");
        let address = create2_address(&creation_code(code));
        assert_eq!(*self.code(address), *code);
        address
    }

    /// Sends a transaction. Accounts without money get some.
    pub(super) fn send(
        &mut self,
        from: Address,
        to: Address,
        value: u64,
        input: impl Into<Bytes>,
    ) -> Receipt {
        if self.balance(from).is_zero() {
            self.chain.set_balance(from, U256::from(1u64 << 60));
        }
        let request = self.request(from, to, value, input.into());
        let hash = self.chain.submit_unsigned(from, request);
        let hash = hash.expect("the transaction is accepted");
        self.chain.receipt(hash).expect("the transaction is mined")
    }

    /// Sends a transaction that has to succeed.
    #[track_caller]
    pub(super) fn done(
        &mut self,
        from: Address,
        to: Address,
        value: u64,
        input: impl Into<Bytes>,
    ) -> Receipt {
        let receipt = self.send(from, to, value, input);
        assert!(receipt.success, "{receipt:?}");
        receipt
    }

    /// Sends a transaction that has to revert without data, and not for want of gas.
    #[track_caller]
    pub(super) fn refused(
        &mut self,
        from: Address,
        to: Address,
        value: u64,
        input: impl Into<Bytes>,
    ) {
        let receipt = self.send(from, to, value, input);
        assert!(!receipt.success, "{receipt:?}");
        assert_eq!(receipt.output, Bytes::new());
        assert!(receipt.halt.is_none(), "{:?}", receipt.halt);
    }

    /// Calls without a transaction, with as much gas as it takes.
    pub(super) fn call(&self, from: Address, to: Address, input: impl Into<Bytes>) -> CallOutcome {
        let mut request = self.request(from, to, 0, input.into());
        request.gas = Some(1 << 40);
        let latest = BlockId::latest();
        let outcome = self.chain.call(request, latest, &Overrides::default());
        outcome.expect("the call is accepted")
    }

    /// Asks a view.
    #[track_caller]
    pub(super) fn ask<C: SolCall>(&self, to: Address, question: &C) -> C::Return {
        let outcome = self.call(account(8), to, question.abi_encode());
        assert!(outcome.success, "{outcome:?}");
        C::abi_decode_returns(&outcome.output).expect("the answer decodes")
    }

    pub(super) fn code(&self, address: Address) -> Bytes {
        let account = self.chain.account(address, BlockId::latest());
        account.expect("latest exists").code
    }

    pub(super) fn balance(&self, address: Address) -> U256 {
        let account = self.chain.account(address, BlockId::latest());
        account.expect("latest exists").balance
    }

    pub(super) fn slot(&self, address: Address, slot: B256) -> B256 {
        let word = self.chain.storage(address, slot.into(), BlockId::latest());
        word.expect("latest exists")
    }

    fn request(&self, from: Address, to: Address, value: u64, input: Bytes) -> CallRequest {
        CallRequest {
            from: Some(from),
            to: Some(to),
            value: U256::from(value),
            input,
            gas: Some(GAS),
            ..CallRequest::default()
        }
    }
}
