//! The obligations of every proxy, whichever code it and its implementation have.

use alloy::primitives::{Address, B256, Bytes, LogData, U256, keccak256};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::{SolCall, SolEvent};
use stylus_upgrades_harness::{HarnessError, Revert};

use super::subject::Subject;
use stylus_upgrades_tests::proxies::probe;

/// One module per row with one test per obligation.
macro_rules! proxy_spec {
    ($row:ident, $proxy:ident, $code:ident, $on:ident) => {
        mod $row {
            use crate::spec::subject::{Code, On, Row};
            use stylus_upgrades_tests::proxies::Proxy;
            $crate::spec::proxy::proxy_spec!(@ Row(Proxy::$proxy, Code::$code, On::$on);
                returns_calldata_of_every_length_unchanged,
                returns_data_of_every_length_unchanged,
                reverts_byte_for_byte,
                forwards_short_and_nearly_own_selectors,
                passes_value_on_and_keeps_it,
                takes_plain_transfers,
                shows_the_implementation_its_own_address_and_the_caller,
                keeps_storage_in_the_proxy_alone,
                logs_as_the_emitter_with_0_to_4_topics,
                holds_the_implementation_in_its_slot,
                adds_no_log_and_no_write_of_its_own,
                calls_another_proxy_as_itself,
                answers_a_contract_in_evm_code,
                can_be_entered_again_in_the_middle_of_a_call,
                leaves_nothing_behind_when_it_reverts,
            );
        }
    };
    (@ $make:expr; $($obligation:ident,)*) => {
        $(
            #[tokio::test]
            async fn $obligation() -> Result<(), stylus_upgrades_harness::HarnessError> {
                $crate::spec::proxy::$obligation(&$make.make().await?).await
            }
        )*
    };
}
pub(crate) use proxy_spec;

type Done = Result<(), HarnessError>;

/// Lengths at which word-wise code goes wrong, and one that is larger than any buffer.
const LENGTHS: [usize; 6] = [0, 1, 31, 32, 33, 1 << 20];

/// The probe's pattern: the same in Solidity, in WASM and here.
fn pattern(length: usize) -> Bytes {
    let seed = keccak256("probe");
    let mut data = Vec::with_capacity(length.next_multiple_of(32));
    let mut i = 0u64;
    while data.len() < length {
        let counted = B256::from(U256::from(i));
        data.extend_from_slice((seed ^ counted).as_slice());
        i += 1;
    }
    data.truncate(length);
    data.into()
}

/// The probe passes a call on.
fn pass(to: Address, data: impl Into<Bytes>) -> probe::passCall {
    let data = data.into();
    probe::passCall { to, data }
}

/// The probe fails with so many bytes of its pattern.
fn fail(length: usize) -> probe::failCall {
    let length = U256::from(length);
    probe::failCall { length }
}

impl Subject {
    fn request(&self, data: impl Into<Bytes>) -> TransactionRequest {
        TransactionRequest::default()
            .to(self.proxy)
            .input(data.into().into())
    }

    /// What the proxy returns to raw calldata.
    async fn call(&self, data: impl Into<Bytes>) -> Result<Bytes, HarnessError> {
        self.chain.call(self.request(data)).await
    }

    /// What the proxy reverts with.
    async fn revert(&self, data: impl Into<Bytes>) -> Revert {
        match self.call(data).await {
            Err(HarnessError::Reverted(revert)) => revert,
            other => panic!("expected a revert, found {other:?}"),
        }
    }

    async fn logs(
        &self,
        request: TransactionRequest,
    ) -> Result<Vec<(Address, LogData)>, HarnessError> {
        let receipt = self.chain.send(request).await?;
        Ok(receipt
            .logs()
            .iter()
            .map(|log| (log.address(), log.data().clone()))
            .collect())
    }
}

pub(crate) async fn returns_calldata_of_every_length_unchanged(it: &Subject) -> Done {
    for length in LENGTHS {
        let data = pattern(length);
        assert!(
            it.call(data.clone()).await? == data,
            "{length} bytes of calldata came back changed"
        );
    }
    Ok(())
}

pub(crate) async fn returns_data_of_every_length_unchanged(it: &Subject) -> Done {
    for length in LENGTHS {
        let query = probe::giveCall {
            length: U256::from(length),
        };
        assert!(
            it.call(query.abi_encode()).await? == pattern(length),
            "{length} bytes were returned changed"
        );
    }
    Ok(())
}

pub(crate) async fn reverts_byte_for_byte(it: &Subject) -> Done {
    for length in LENGTHS {
        let revert = it.revert(fail(length).abi_encode()).await;
        assert!(
            *revert.data() == pattern(length),
            "{length} bytes of revert data came changed"
        );
    }
    for data in [
        Bytes::from_static(&[0]),
        Bytes::from_static(&[0, 0, 0, 0]),
        pattern(68),
    ] {
        let revert = it
            .revert(probe::failWithCall { data: data.clone() }.abi_encode())
            .await;
        assert_eq!(*revert.data(), data);
    }
    Ok(())
}

pub(crate) async fn forwards_short_and_nearly_own_selectors(it: &Subject) -> Done {
    use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as own;
    for selector in [
        own::implementationCall::SELECTOR,
        own::registryCall::SELECTOR,
        own::implementationVersionCall::SELECTOR,
        own::upgradeToCall::SELECTOR,
        own::upgradeToAndCallCall::SELECTOR,
    ] {
        for short in 1..4 {
            let data = Bytes::copy_from_slice(&selector[..short]);
            assert_eq!(it.call(data.clone()).await?, data);
        }
        let mut dirty = selector;
        dirty[3] ^= 1;
        let found = it.call(dirty.to_vec()).await?;
        assert_eq!(found, Bytes::copy_from_slice(&dirty));
        let mut shifted = vec![0];
        shifted.extend(selector);
        assert_eq!(it.call(shifted.clone()).await?, Bytes::from(shifted));
    }
    Ok(())
}

pub(crate) async fn passes_value_on_and_keeps_it(it: &Subject) -> Done {
    let value = U256::from(7);
    let request = it.request(probe::contextCall {}.abi_encode()).value(value);
    let answer = it.chain.call(request.clone()).await?;
    let seen = probe::contextCall::abi_decode_returns(&answer).expect("the probe's context");
    assert_eq!(seen.value, value);
    it.chain.send(request).await?;
    assert_eq!(it.chain.balance(it.proxy).await?, value);
    assert_eq!(it.chain.balance(it.implementation).await?, U256::ZERO);
    Ok(())
}

pub(crate) async fn takes_plain_transfers(it: &Subject) -> Done {
    for value in [U256::ZERO, U256::from(5)] {
        let logs = it.logs(it.request(Bytes::new()).value(value)).await?;
        let received = probe::Received {
            sender: it.chain.account(0),
            value,
        };
        assert_eq!(logs, [(it.proxy, received.encode_log_data())]);
    }
    assert_eq!(it.chain.balance(it.proxy).await?, U256::from(5));
    Ok(())
}

pub(crate) async fn shows_the_implementation_its_own_address_and_the_caller(it: &Subject) -> Done {
    for account in [it.chain.account(0), it.chain.account(3)] {
        let request = it.request(probe::contextCall {}.abi_encode()).from(account);
        let answer = it.chain.call(request).await?;
        let seen = probe::contextCall::abi_decode_returns(&answer).expect("the probe's context");
        assert_eq!(seen.this, it.proxy);
        assert_eq!(seen.sender, account);
        assert_eq!(seen.value, U256::ZERO);
    }
    Ok(())
}

pub(crate) async fn keeps_storage_in_the_proxy_alone(it: &Subject) -> Done {
    let (slot, value) = (U256::from_be_bytes(keccak256("a slot").0), U256::from(99));
    it.chain
        .send(it.request(probe::storeCall { slot, value }.abi_encode()))
        .await?;
    assert_eq!(it.chain.storage(it.proxy, slot).await?, B256::from(value));
    assert_eq!(it.chain.storage(it.implementation, slot).await?, B256::ZERO);
    assert_eq!(it.chain.storage(it.sibling, slot).await?, B256::ZERO);
    let found = it.chain.read(it.proxy, &probe::loadCall { slot }).await?;
    assert_eq!(found, value);
    let found = it.chain.read(it.sibling, &probe::loadCall { slot }).await?;
    assert_eq!(found, U256::ZERO);
    Ok(())
}

pub(crate) async fn logs_as_the_emitter_with_0_to_4_topics(it: &Subject) -> Done {
    for (count, length) in [(0, 0), (1, 1), (2, 32), (3, 33), (4, 1000)] {
        let topics: Vec<B256> = (0..count).map(|i| keccak256([i])).collect();
        let data = pattern(length);
        let query = probe::emitLogCall {
            topics: topics.clone(),
            data: data.clone(),
        };
        let logs = it.logs(it.request(query.abi_encode())).await?;
        assert_eq!(logs, [(it.proxy, LogData::new_unchecked(topics, data))]);
    }
    Ok(())
}

pub(crate) async fn holds_the_implementation_in_its_slot(it: &Subject) -> Done {
    for proxy in [it.proxy, it.sibling] {
        let held = it.chain.storage(proxy, it.slot).await?;
        assert_eq!(held, it.implementation.into_word());
    }
    Ok(())
}

pub(crate) async fn adds_no_log_and_no_write_of_its_own(it: &Subject) -> Done {
    let state = async || -> Result<_, HarnessError> {
        let nonce: U256 = it
            .chain
            .request("eth_getTransactionCount", (it.proxy, "latest"))
            .await?;
        Ok((nonce, it.chain.storage(it.proxy, it.slot).await?))
    };
    let before = state().await?;
    assert_eq!(it.logs(it.request(pattern(100))).await?, []);
    assert_eq!(state().await?, before);
    Ok(())
}

pub(crate) async fn calls_another_proxy_as_itself(it: &Subject) -> Done {
    let value = U256::from(3);
    let context = probe::contextCall {}.abi_encode();
    let request = it.request(pass(it.sibling, context).abi_encode());
    let request = request.value(value);
    let answer = it.chain.call(request.clone()).await?;
    let passed = probe::passCall::abi_decode_returns(&answer).expect("the probe's answer");
    assert!(passed.ok);
    let seen = probe::contextCall::abi_decode_returns(&passed.answer).expect("the probe's context");
    assert_eq!(
        (seen.this, seen.sender, seen.value),
        (it.sibling, it.proxy, value)
    );
    it.chain.send(request).await?;
    assert_eq!(it.chain.balance(it.proxy).await?, U256::ZERO);
    assert_eq!(it.chain.balance(it.sibling).await?, value);

    let failing = pass(it.sibling, fail(33).abi_encode());
    let passed = it.chain.read(it.proxy, &failing).await?;
    assert_eq!((passed.ok, passed.answer), (false, pattern(33)));
    Ok(())
}

pub(crate) async fn answers_a_contract_in_evm_code(it: &Subject) -> Done {
    for length in [1, 33, 100_000] {
        let data = pattern(length);
        let call = pass(it.proxy, data.clone());
        let passed = it.chain.read(it.caller, &call).await?;
        assert!(
            passed.ok && passed.answer == data,
            "{length} bytes through a caller in EVM code"
        );
    }
    let call = pass(it.proxy, probe::contextCall {}.abi_encode());
    let passed = it.chain.read(it.caller, &call).await?;
    let seen = probe::contextCall::abi_decode_returns(&passed.answer).expect("the probe's context");
    assert_eq!((seen.this, seen.sender), (it.proxy, it.caller));
    Ok(())
}

pub(crate) async fn can_be_entered_again_in_the_middle_of_a_call(it: &Subject) -> Done {
    let slot = U256::from_be_bytes(keccak256("another slot").0);
    let inner = probe::storeCall {
        slot,
        value: U256::from(41),
    };
    let outer = probe::storeAroundCall {
        slot,
        value: U256::from(1),
        to: it.proxy,
        data: inner.abi_encode().into(),
    };
    it.chain.send(it.request(outer.abi_encode())).await?;
    let found = it.chain.storage(it.proxy, slot).await?;
    assert_eq!(found, B256::from(U256::from(42)));
    Ok(())
}

pub(crate) async fn leaves_nothing_behind_when_it_reverts(it: &Subject) -> Done {
    let failing = fail(32).abi_encode();
    let receipt = it
        .chain
        .send_anyway(it.request(failing.clone()).value(U256::from(1)))
        .await?;
    assert!(!receipt.status());
    assert!(receipt.logs().is_empty());
    assert_eq!(it.chain.balance(it.proxy).await?, U256::ZERO);

    let outer = pass(it.sibling, failing);
    let receipt = it
        .chain
        .send(it.request(outer.abi_encode()).value(U256::from(1)))
        .await?;
    assert!(receipt.logs().is_empty());
    assert_eq!(it.chain.balance(it.proxy).await?, U256::from(1));
    assert_eq!(it.chain.balance(it.sibling).await?, U256::ZERO);
    Ok(())
}
