//! Runs the list of a proxy's obligations against every variant.
//!
//! | row | proxy | implementation | chain |
//! |---|---|---|---|
//! | `wasm_over_wasm` | UpgradeabilityProxy, WASM | WASM | our own |
//! | `wasm_over_evm` | UpgradeabilityProxy, WASM | EVM | our own |
//! | `bare_over_wasm` | Proxy, WASM | WASM | our own |
//! | `bare_over_evm` | Proxy, WASM | EVM | our own |
//! | `evm_over_wasm` | UpgradeabilityProxy, EVM | WASM | our own |
//! | `evm_over_evm` | UpgradeabilityProxy, EVM | EVM | our own |
//! | `evm_on_anvil` | UpgradeabilityProxy, EVM | EVM | real anvil |
//! | `original_over_wasm` | inherited-storage original, EVM | WASM | our own |
//! | `original_over_evm` | inherited-storage original, EVM | EVM | our own |
//! | `original_on_anvil` | inherited-storage original, EVM | EVM | real anvil |
//! | `openzeppelin_over_wasm` | ERC1967Proxy, EVM | WASM | our own |
//! | `openzeppelin_on_anvil` | ERC1967Proxy, EVM | EVM | real anvil |
//! | `transparent_4_over_wasm` | transparent proxy 4.x, which is adopted | WASM | our own |
//! | `transparent_4_on_anvil` | transparent proxy 4.x | EVM | real anvil |
//! | `transparent_5_over_wasm` | transparent proxy 5.x, which is adopted | WASM | our own |
//! | `transparent_5_on_anvil` | transparent proxy 5.x | EVM | real anvil |
//! | `uups_4_on_anvil` | ERC1967Proxy 4.x, which is adopted | EVM | real anvil |
//! | `solady_over_wasm` | minimal ERC-1967, EVM | WASM | our own |

use crate::spec::proxy::proxy_spec;

proxy_spec!(wasm_over_wasm, Upgradeability, Wasm, Stylus);
proxy_spec!(wasm_over_evm, Upgradeability, Evm, Stylus);
proxy_spec!(bare_over_wasm, Bare, Wasm, Stylus);
proxy_spec!(bare_over_evm, Bare, Evm, Stylus);
proxy_spec!(evm_over_wasm, Evm, Wasm, Stylus);
proxy_spec!(evm_over_evm, Evm, Evm, Stylus);
proxy_spec!(evm_on_anvil, Evm, Evm, Anvil);
proxy_spec!(original_over_wasm, Original, Wasm, Stylus);
proxy_spec!(original_over_evm, Original, Evm, Stylus);
proxy_spec!(original_on_anvil, Original, Evm, Anvil);
proxy_spec!(openzeppelin_over_wasm, OpenZeppelin, Wasm, Stylus);
proxy_spec!(openzeppelin_on_anvil, OpenZeppelin, Evm, Anvil);
proxy_spec!(transparent_4_over_wasm, Transparent4, Wasm, Stylus);
proxy_spec!(transparent_4_on_anvil, Transparent4, Evm, Anvil);
proxy_spec!(transparent_5_over_wasm, Transparent5, Wasm, Stylus);
proxy_spec!(transparent_5_on_anvil, Transparent5, Evm, Anvil);
proxy_spec!(uups_4_on_anvil, Uups4, Evm, Anvil);
proxy_spec!(solady_over_wasm, Solady, Wasm, Stylus);
