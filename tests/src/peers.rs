//! Contracts of others: a Safe and OpenZeppelin's TimelockController, which may decide about this project's, and
//! OpenZeppelin's proxies with the code behind them.

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::SolCall;

alloy::sol! {
    interface ISafe {
        event ExecutionSuccess(bytes32 indexed txHash, uint256 payment);
        function setup(address[] owners, uint256 threshold, address to, bytes data, address fallbackHandler, address paymentToken, uint256 payment, address paymentReceiver) external;
        function nonce() external view returns (uint256 nonce);
        function getTransactionHash(address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas, uint256 baseGas, uint256 gasPrice, address gasToken, address refundReceiver, uint256 nonce) external view returns (bytes32 hash);
        function execTransaction(address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas, uint256 baseGas, uint256 gasPrice, address gasToken, address refundReceiver, bytes signatures) external payable returns (bool success);
    }
    /// The contracts `Box`, `Box2`, `UupsBox` and `UupsBox2`.
    interface IBox {
        function initialize(uint256 start) external;
        function initialize(uint256 start, address first) external;
        function value() external view returns (uint256);
        function doubled() external view returns (uint256);
        function add() external;
        function migrate() external;
    }
    interface ISafeProxyFactory {
        function createProxyWithNonce(address singleton, bytes initializer, uint256 saltNonce) external returns (address proxy);
    }
    interface ITimelock {
        function schedule(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt, uint256 delay) external;
        function execute(address target, uint256 value, bytes payload, bytes32 predecessor, bytes32 salt) external payable;
    }
}

/// OpenZeppelin's transparent proxy 4.x, where npm has it.
pub const TRANSPARENT_4: &str =
    "@openzeppelin/contracts-v4/build/contracts/TransparentUpgradeableProxy.json";
/// The same of 5.x.
pub const TRANSPARENT_5: &str =
    "@openzeppelin/contracts/build/contracts/TransparentUpgradeableProxy.json";
/// Its ERC1967Proxy 4.x, which stands before UUPS code.
pub const UUPS_4: &str = "@openzeppelin/contracts-v4/build/contracts/ERC1967Proxy.json";
/// The same of 5.x.
pub const UUPS_5: &str = "@openzeppelin/contracts/build/contracts/ERC1967Proxy.json";

/// Creates a Safe in which two of the owners decide.
pub fn safe_of_two(
    singleton: Address,
    owners: Vec<Address>,
    handler: Address,
) -> ISafeProxyFactory::createProxyWithNonceCall {
    let setup = ISafe::setupCall {
        owners,
        threshold: U256::from(2),
        to: Address::ZERO,
        data: Bytes::new(),
        fallbackHandler: handler,
        paymentToken: Address::ZERO,
        payment: U256::ZERO,
        paymentReceiver: Address::ZERO,
    };
    ISafeProxyFactory::createProxyWithNonceCall {
        singleton,
        initializer: setup.abi_encode().into(),
        saltNonce: U256::ZERO,
    }
}

/// Asks for what the owners of a Safe sign so that it sends a call.
pub fn safe_hash(to: Address, data: Bytes, nonce: U256) -> ISafe::getTransactionHashCall {
    ISafe::getTransactionHashCall {
        to,
        value: U256::ZERO,
        data,
        operation: 0,
        safeTxGas: U256::ZERO,
        baseGas: U256::ZERO,
        gasPrice: U256::ZERO,
        gasToken: Address::ZERO,
        refundReceiver: Address::ZERO,
        nonce,
    }
}

/// Has it send the call that was signed.
pub fn safe_execution(to: Address, data: Bytes, signatures: Bytes) -> ISafe::execTransactionCall {
    ISafe::execTransactionCall {
        to,
        value: U256::ZERO,
        data,
        operation: 0,
        safeTxGas: U256::ZERO,
        baseGas: U256::ZERO,
        gasPrice: U256::ZERO,
        gasToken: Address::ZERO,
        refundReceiver: Address::ZERO,
        signatures,
    }
}

/// What these owners sign, in the order that a Safe wants.
///
/// # Errors
/// What the keys fail with.
pub fn signatures(
    mut owners: Vec<PrivateKeySigner>,
    hash: B256,
) -> Result<Bytes, alloy::signers::Error> {
    owners.sort_by_key(PrivateKeySigner::address);
    let mut signatures = Vec::new();
    for owner in owners {
        signatures.extend(owner.sign_hash_sync(&hash)?.as_bytes());
    }
    Ok(signatures.into())
}

/// Schedules a call of the timelock.
pub fn schedule(target: Address, data: Bytes, delay: u64) -> ITimelock::scheduleCall {
    ITimelock::scheduleCall {
        target,
        value: U256::ZERO,
        data,
        predecessor: B256::ZERO,
        salt: B256::ZERO,
        delay: U256::from(delay),
    }
}

/// Executes it.
pub fn execute(target: Address, payload: Bytes) -> ITimelock::executeCall {
    ITimelock::executeCall {
        target,
        value: U256::ZERO,
        payload,
        predecessor: B256::ZERO,
        salt: B256::ZERO,
    }
}
