//! For `export-abi` alone: prints the interface. Nothing of this is on chain.

use core::fmt;

use stylus_sdk::abi::GenerateAbi;

/// The type whose text the SDK's `print_from_args` prints for `#[implements(Lazy)]`.
#[derive(Debug)]
pub struct LazyStylusAbiStruct;

impl GenerateAbi for LazyStylusAbiStruct {
    const NAME: &'static str = "Lazy";

    fn fmt_abi(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interface ILazy {\n    function sweep(string calldata map, bytes32[] calldata keys) external returns (uint256);\n\n    function remaining(string calldata map) external view returns (uint256);\n\n    error UnknownMap(string);\n}\n")
    }

    fn fmt_constructor_signature(_: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}
