//! For `export-abi` alone: prints the interface. Nothing of this is on chain.

use core::fmt;

use stylus_sdk::abi::GenerateAbi;

/// The type whose text the SDK's `print_from_args` prints for `#[implements(Migratable)]`.
#[derive(Debug)]
pub struct MigratableStylusAbiStruct;

impl GenerateAbi for MigratableStylusAbiStruct {
    const NAME: &'static str = "Migratable";

    fn fmt_abi(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interface IMigratable {\n    function isMigrated(string calldata version) external view returns (bool);\n}\n")
    }

    fn fmt_constructor_signature(_: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}
