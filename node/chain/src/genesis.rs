//! Block 0: a nitro devnode after its set-up script.

use crate::{
    ChainConfig,
    arbos::{
        LAYOUT, STATE, l1_blocks,
        versions::{self, Genesis},
    },
    state_db::StateDb,
};
use alloy_primitives::{Address, Bytes, U256, address, hex, keccak256};

/// Account of the dev key that Arbitrum's scripts use.
pub(crate) const DEV_ACCOUNT: Address = address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E");
/// Transactions of the set-up script that the dev account sent.
const DEV_NONCE: u64 = 6;
/// Deployer of the CREATE2 deployer; its nonce is used up.
const CREATE2_SENDER: Address = address!("3fab184622dc19b6109349b94811493bf2a45362");
const CREATE2_DEPLOYER: Address = address!("4e59b44847b379578588920ca78fbf26c0b4956c");
const STYLUS_DEPLOYER: Address = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");
const CACHE_MANAGER: Address = address!("a6e41ffd769491a42a6e5ce453259b93983a22ef");
/// Bytes of the deployer's init code before its runtime code.
const STYLUS_DEPLOYER_CONSTRUCTOR: usize = 32;
const MULTICALL3: Address = address!("cA11bde05977b3631167028862bE2a173976CA11");
/// Deployer of Multicall3; its nonce is used up.
const MULTICALL3_SENDER: Address = address!("05f32b3cc3888453ff71b01135b34ff8e41263f2");
/// Gas per second that ArbOS starts with.
const SPEED_LIMIT: u64 = 7_000_000;
/// Bytes of the programs that the cache manager takes, as on the live chains.
const CACHE_SIZE: u64 = 512 << 20;
/// Wei that a bid loses each second, as on the live chains.
const CACHE_DECAY: u64 = 10_322_197_911;
/// The slot in which the cache manager has both: the size in the lowest 64 bits, the decay from bit 128 on.
const CACHE_SETTINGS: U256 = U256::ZERO;

/// Writes the state of block 0.
pub(crate) fn initialize(state_db: &mut StateDb, config: &ChainConfig) {
    let genesis = Genesis {
        version: config.arbos_version,
        chain_id: config.chain_id,
        base_fee: config.base_fee,
        speed_limit: config.l2_speed_limit.unwrap_or(SPEED_LIMIT),
        owners: vec![Address::ZERO, DEV_ACCOUNT],
        cache_managers: vec![CACHE_MANAGER],
    };
    versions::initialize(state_db, &genesis);
    let l1_price = U256::from(config.l1_price);
    state_db.set_slot(STATE, LAYOUT.l1_price_per_unit, l1_price);
    let l1_block_number = config.l1_block_number.unwrap_or(config.number);
    l1_blocks::begin(
        state_db,
        l1_block_number,
        keccak256(config.chain_id.to_be_bytes()),
    );

    let dev_balance = config.dev_balance;
    account(state_db, DEV_ACCOUNT, dev_balance, DEV_NONCE, Bytes::new());
    account(state_db, CREATE2_SENDER, U256::ZERO, 1, Bytes::new());
    let create2 = include_str!("../genesis/Create2Deployer.hex");
    account(state_db, CREATE2_DEPLOYER, U256::ZERO, 2, code(create2));
    account(state_db, STYLUS_DEPLOYER, U256::ZERO, 1, stylus_deployer());
    let multicall3 = include_str!("../genesis/Multicall3.hex");
    account(state_db, MULTICALL3_SENDER, U256::ZERO, 1, Bytes::new());
    account(state_db, MULTICALL3, U256::ZERO, 1, code(multicall3));
    let manager = include_str!("../genesis/CacheManager.hex");
    account(state_db, CACHE_MANAGER, U256::ZERO, 1, code(manager));
    let settings = U256::from(CACHE_SIZE) | (U256::from(CACHE_DECAY) << 128);
    state_db.set_slot(CACHE_MANAGER, CACHE_SETTINGS, settings);
    for (address, balance) in &config.accounts {
        state_db.edit_account(*address, |account| account.balance = *balance);
    }
}

fn account(state_db: &mut StateDb, address: Address, balance: U256, nonce: u64, code: Bytes) {
    let code_hash = state_db.add_code(code);
    state_db.edit_account(address, |account| {
        (account.balance, account.nonce, account.code_hash) = (balance, nonce, code_hash);
    });
}

/// The init code with which the CREATE2 deployer creates the Stylus deployer (salt 0) at its address on every chain.
pub fn stylus_deployer_init_code() -> Bytes {
    code(include_str!("../genesis/StylusDeployer.hex"))
}

/// Returns the code that the deployer's init code leaves on the chain.
fn stylus_deployer() -> Bytes {
    let init = stylus_deployer_init_code();
    init.slice(STYLUS_DEPLOYER_CONSTRUCTOR.min(init.len())..)
}

/// Byte code from a file of hex digits. The files are part of the build; a test decodes them.
fn code(digits: &str) -> Bytes {
    hex::decode(digits.trim()).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::b256;

    #[test]
    fn the_committed_byte_code_decodes() {
        assert_eq!(
            code(include_str!("../genesis/Create2Deployer.hex")).len(),
            69
        );
        // The length that stylus-tools expects.
        assert_eq!(stylus_deployer().len(), 2_269);
        // The hash of its code on every chain that has it.
        assert_eq!(
            keccak256(code(include_str!("../genesis/Multicall3.hex"))),
            b256!("d5c15df687b16f2ff992fc8d767b4216323184a2bbc6ee2f9c398c318e770891")
        );
        assert!(!code(include_str!("../genesis/CacheManager.hex")).is_empty());
    }
}
