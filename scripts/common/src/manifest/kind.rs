//! `proxy`: which proxy instances are created with, unless a flag says another.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use stylus_upgrades_interface::reasons::proxy_kind;

/// Kinds of proxies that can be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Our WASM proxy: a Stylus program, which expires
    Wasm,
    /// Our minimal EVM proxy: it never expires; only the registry upgrades it
    Evm,
}

impl Kind {
    /// Its number in the registry.
    pub fn number(self) -> u8 {
        match self {
            Self::Wasm => proxy_kind::WASM,
            Self::Evm => proxy_kind::EVM,
        }
    }
}
