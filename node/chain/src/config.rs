//! The configuration that a chain starts with.

use alloy_primitives::{Address, B256, U256, address};

/// Versions of ArbOS that a chain can start at or be upgraded to, all as Nitro released them. Those
/// between them are reserved for other chains or change nothing; an upgrade over them runs every step.
pub(crate) const ARBOS_VERSIONS: [u64; 10] = [30, 31, 32, 40, 41, 50, 51, 59, 60, 61];

/// Settings of a new chain. `Default` is the genesis of a nitro devnode after its script:
/// CREATE2 deployer, StylusDeployer, a cache manager, L1 price 0.
#[derive(Clone, Debug)]
pub struct ChainConfig {
    /// Chain id.
    pub chain_id: u64,
    /// ArbOS version at genesis, one of [`crate::Chain::ARBOS_VERSIONS`].
    pub arbos_version: u64,
    /// Funded accounts, with balances in wei; the dev account is funded in any case.
    pub accounts: Vec<(Address, U256)>,
    /// Balance of the dev account 0x3f1Eae7D… in wei (1 000 000 ETH: tests give from it).
    pub dev_balance: U256,
    /// Unix seconds of block 0; the wall clock when absent.
    pub timestamp: Option<u64>,
    /// Number of the first block.
    pub number: u64,
    /// Hash of the first block, where it is a block of another chain; worked out when absent.
    pub hash: Option<B256>,
    /// Coinbase of the first block.
    pub coinbase: Address,
    /// Base fee in wei.
    pub base_fee: u64,
    /// Gas per second above which the base fee rises, as on Nitro; when absent the base fee stays as it is.
    pub l2_speed_limit: Option<u64>,
    /// Wei that L1 takes for a unit of a transaction's compressed bytes, 16 units to a byte: each transaction pays for its
    /// own in gas, as on Nitro. 0 where L1 costs nothing.
    pub l1_price: u64,
    /// Gas limit of a block, as seen by GASLIMIT and in headers.
    pub gas_limit: u64,
    /// Largest deployed code in bytes; 24 576 when absent.
    pub code_size_limit: Option<usize>,
    /// Most bytes of EVM memory that one transaction or call may use at once; 4 GiB less one when
    /// absent.
    pub memory_limit: Option<u64>,
    /// The number that the NUMBER opcode and the Stylus `block_number` give: the L1 block number, which never
    /// falls by itself. `None` gives the number of the chain's own block instead.
    pub l1_block_number: Option<u64>,
    /// Accept unsigned transactions from every address.
    pub auto_impersonate: bool,
    /// Mine a block for every transaction that is submitted.
    pub automine: bool,
    /// Allow ArbDebug (0xff), as `AllowDebugPrecompiles` does on Nitro's dev chain.
    pub debug_precompiles: bool,
    /// Upper bound of gas in `call` and `estimate_gas` (Nitro's RPC cap).
    pub rpc_gas_cap: u64,
    /// The order in which waiting transactions are included.
    pub order: TransactionOrder,
    /// Most transactions in a block; no bound when absent.
    pub max_transactions: Option<u64>,
    /// Blocks whose timestamp may equal the parent's, as on Nitro. When false every block is at
    /// least one second younger.
    pub repeat_timestamps: bool,
}

impl Default for ChainConfig {
    fn default() -> Self {
        Self {
            chain_id: 412_346,
            arbos_version: 61,
            accounts: anvil_accounts(),
            dev_balance: U256::from(1_000_000u64) * U256::from(10u64.pow(18)),
            timestamp: None,
            number: 0,
            hash: None,
            coinbase: Address::ZERO,
            base_fee: 100_000_000,
            l2_speed_limit: None,
            l1_price: 0,
            gas_limit: 1 << 50,
            code_size_limit: None,
            memory_limit: None,
            l1_block_number: Some(1),
            auto_impersonate: false,
            automine: true,
            debug_precompiles: true,
            rpc_gas_cap: 50_000_000,
            order: TransactionOrder::Fifo,
            max_transactions: None,
            repeat_timestamps: true,
        }
    }
}

/// The order of waiting transactions, those of one sender by nonce in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransactionOrder {
    /// The one that arrived first, as Nitro's sequencer includes them.
    #[default]
    Fifo,
    /// The one with the largest fee per gas, as anvil includes them.
    Fees,
}

/// The ten accounts of the mnemonic "test test … junk", 10 000 ETH each.
fn anvil_accounts() -> Vec<(Address, U256)> {
    let balance = U256::from(10_000u64) * U256::from(10u64.pow(18));
    [
        address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
        address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
        address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
        address!("90F79bf6EB2c4f870365E785982E1f101E93b906"),
        address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
        address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
        address!("976EA74026E726554dB657fA54763abd0C3a0aa9"),
        address!("14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
        address!("23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
        address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720"),
    ]
    .map(|account| (account, balance))
    .to_vec()
}
