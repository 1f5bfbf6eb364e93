//! The part of a transaction's gas that pays for its bytes on L1.

use alloy_primitives::{Address, U256, address, keccak256};
use stylus_chain::{BlockId, Chain, ChainConfig, Receipt};

use crate::common::{ALICE, DEV, START, account, request, send};

/// Who holds what was paid for L1.
const L1_FUNDS: Address = address!("A4B00000000000000000000000000000000000f6");
/// Wei for a unit.
const PRICE: u64 = 1_000_000_000;
const TO: Address = Address::repeat_byte(0xb0);

fn chain(l1_price: u64) -> Chain {
    Chain::new(ChainConfig {
        l1_price,
        timestamp: Some(START),
        auto_impersonate: true,
        ..ChainConfig::default()
    })
}

/// Bytes that do not compress.
fn random(words: u64) -> Vec<u8> {
    let word = |at: u64| keccak256(at.to_be_bytes()).0;
    (0..words).flat_map(word).collect()
}

fn sent(chain: &mut Chain, input: Vec<u8>) -> Receipt {
    send(chain, ALICE, request(TO, input))
}

#[test]
fn a_transaction_pays_for_its_bytes_on_l1_and_says_so() {
    let (mut free, mut priced) = (chain(0), chain(PRICE));
    for input in [Vec::new(), random(32), random(128)] {
        let bytes = input.len() as u64;
        let (here, there) = (sent(&mut free, input.clone()), sent(&mut priced, input));
        assert_eq!(here.gas_used_for_l1, 0);
        assert_eq!(there.gas_used - there.gas_used_for_l1, here.gas_used);
        // 16 units to a byte, at ten times the price of gas; around the input there are at most 200 bytes.
        let least = bytes * 16 * PRICE / 100_000_000;
        let most = (bytes + 200) * 16 * PRICE / 100_000_000;
        assert!(
            (least..most).contains(&there.gas_used_for_l1) && there.gas_used_for_l1 > 0,
            "{} {least} {most}",
            there.gas_used_for_l1
        );
    }
    let block = priced.block(BlockId::latest()).expect("a block");
    let paid = U256::from(block.receipts[0].gas_used_for_l1) * U256::from(100_000_000);
    assert!(account(&priced, L1_FUNDS).balance >= paid);
    assert_eq!(account(&free, L1_FUNDS).balance, U256::ZERO);
}

#[test]
fn an_estimate_is_enough_for_the_part_of_l1() {
    let mut priced = chain(PRICE);
    let call = request(TO, random(64));
    let plain = chain(0).estimate_gas(call.clone(), BlockId::latest(), &Default::default());
    let estimate = priced.estimate_gas(call.clone(), BlockId::latest(), &Default::default());
    let (plain, estimate) = (plain.expect("enough"), estimate.expect("enough"));
    assert!(estimate > plain, "{estimate} {plain}");
    let mut call = call;
    call.gas = Some(estimate);
    let receipt = send(&mut priced, ALICE, call);
    assert!(receipt.success && receipt.gas_used <= estimate);
    // The padding of Nitro: a tenth of the price, and 256 units with a hundredth of all.
    assert!(estimate - plain < receipt.gas_used_for_l1 * 2);
}

/// The four bytes of a method, and its arguments.
fn calldata(signature: &str, arguments: &[u8]) -> Vec<u8> {
    [&keccak256(signature)[..4], arguments].concat()
}

#[test]
fn units_count_that_cost_less_than_a_gas_and_the_lowest_fee_is_the_infra_accounts() {
    // A unit costs a wei, and a gas 100,000,000.
    let mut priced = chain(1);
    let gas_info = Address::with_last_byte(0x6c);
    let input = calldata("getL1PricingUnitsSinceUpdate()", &[]);
    let units = |chain: &Chain| {
        let view = request(gas_info, input.clone());
        let outcome = chain.call(view, BlockId::latest(), &Default::default());
        U256::from_be_slice(&outcome.expect("an answer").output)
    };
    assert_eq!(units(&priced), U256::ZERO);
    let receipt = sent(&mut priced, random(4));
    assert_eq!(receipt.gas_used_for_l1, 0);
    let first = units(&priced);
    assert!(first > U256::from(4 * 32 * 16), "{first}");

    let infra = Address::repeat_byte(0x1f);
    let set = calldata("setInfraFeeAccount(address)", infra.into_word().as_slice());
    assert!(
        send(
            &mut priced,
            DEV,
            request(Address::with_last_byte(0x70), set)
        )
        .success
    );
    let before = account(&priced, infra).balance;
    let receipt = sent(&mut priced, Vec::new());
    let paid = U256::from(receipt.gas_used) * U256::from(100_000_000);
    assert_eq!(account(&priced, infra).balance - before, paid);
    assert!(units(&priced) > first);
}
