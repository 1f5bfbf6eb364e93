//! The sources of a `.wasm` file that goes on chain.

use clap::Args;

/// The sources of a `.wasm` file that goes on chain.
#[derive(Debug, Default, Args)]
pub struct GivenModuleArgs {
    /// Continue only if the .wasm file is what this crate builds to, with the [wasm-opt] of its Stylus.toml: its folder,
    /// or the name of a contract in this workspace. Then all that is known of the crate holds
    #[arg(
        id = "built-from",
        long = "source",
        value_name = "SOURCE",
        requires = "source"
    )]
    pub built_from: Option<String>,
}
