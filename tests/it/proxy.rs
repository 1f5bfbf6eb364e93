//! The list of obligations of a proxy, held against every variant.
//!
//! | row | proxy | implementation | chain |
//! |---|---|---|---|
//! | `original_on_anvil` | inherited-storage original, EVM | EVM | real anvil |
//! | `openzeppelin_on_anvil` | ERC1967Proxy, EVM | EVM | real anvil |

use crate::spec::proxy::proxy_spec;

proxy_spec!(
    original_on_anvil,
    Row(Proxy::Original, Code::Evm, On::Anvil)
);
proxy_spec!(
    openzeppelin_on_anvil,
    Row(Proxy::OpenZeppelin, Code::Evm, On::Anvil)
);
