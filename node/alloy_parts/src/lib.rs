//! The parts of [alloy](https://docs.rs/alloy) that this workspace uses, under the same paths.
//!
//! The `alloy` crate itself is not used. Its features name optional signers (AWS, Google Cloud,
//! Ledger, Turnkey), and cargo then records all of them in `Cargo.lock`, although none is built:
//! 150 packages that a reviewer would have to look at.

pub use alloy_consensus as consensus;
pub use alloy_dyn_abi as dyn_abi;
pub use alloy_eips as eips;
pub use alloy_json_abi as json_abi;
pub use alloy_network as network;
pub use alloy_primitives::{self as primitives, hex};
pub use alloy_provider as providers;
pub use alloy_rlp as rlp;
pub use alloy_sol_types as sol_types;

/// JSON-RPC client and types.
pub mod rpc {
    pub use alloy_json_rpc as json_rpc;
    pub use alloy_rpc_client as client;
    pub use alloy_rpc_types as types;
}

/// Keys in memory and in encrypted files.
pub mod signers {
    pub use alloy_signer::*;
    pub use alloy_signer_local as local;
}

/// Transports of requests.
pub mod transports {
    pub use alloy_transport::*;
    pub use alloy_transport_http as http;

    /// Chooses ring as this process's TLS cryptography, unless another library has chosen already.
    /// Every HTTP client needs it, also one that asks `http://` only. Without the feature `tls` it
    /// does nothing.
    pub fn choose_tls_cryptography() {
        #[cfg(feature = "tls")]
        {
            // An error means that a provider is installed, which serves as well.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
    }

    /// The builder of an HTTP client for an endpoint. It reads the authorities that the system trusts only where a
    /// certificate may have to be verified, that of the endpoint or that of a proxy before it: reading them takes
    /// longer than most commands.
    pub fn http_client(endpoint: &reqwest::Url) -> reqwest::ClientBuilder {
        choose_tls_cryptography();
        let builder = reqwest::Client::builder();
        #[cfg(feature = "tls")]
        {
            const PROXIES: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
            let has_proxy = PROXIES.iter().any(|name| std::env::var_os(name).is_some());
            if endpoint.scheme() == "http" && !has_proxy {
                return builder.tls_certs_only([]);
            }
        }
        #[cfg(not(feature = "tls"))]
        let _ = endpoint;
        builder
    }
}

/// `alloy_sol_types::sol!`, with the paths of this crate in the code it generates.
#[macro_export]
macro_rules! sol {
    ($($t:tt)*) => {
        $crate::sol_types::sol! {
            #![sol(alloy_sol_types = $crate::sol_types)]
            $($t)*
        }
    };
}
