//! A proxy of OpenZeppelin and what stands behind it, as creation code: the demo runs wherever the
//! program is installed, and compiles nothing. A test compares the files with what npm and solc make.

/// `TransparentUpgradeableProxy` of `@openzeppelin/contracts` 5.7.0, as its package has it
/// (MIT, copyright 2016-2026 Zeppelin Group Ltd).
pub const TRANSPARENT_PROXY: &[u8] = include_bytes!("openzeppelin/TransparentUpgradeableProxy.bin");
/// `Box` of `tests/solidity/contracts/adopted/Box.sol`.
pub const BOX: &[u8] = include_bytes!("openzeppelin/Box.bin");
/// `Box2` of the same file.
pub const BOX_2: &[u8] = include_bytes!("openzeppelin/Box2.bin");

alloy::sol! {
    /// Both.
    interface IBox {
        function initialize(uint256 start) external;
        function value() external view returns (uint256);
        function doubled() external view returns (uint256);
        function migrate() external;
    }
}
