//! The accounts that a registry created, as its events tell. The chain counts the same in its account's nonce.

use super::Registry;
use crate::client::ChainError;
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_interface::registry::IRegistry::IRegistryEvents as Event;

/// WASM proxies, the admins of definitions, and the pause stub of UUPS proxies. The orders contract creates EVM proxies.
#[derive(Debug, Clone, Default)]
pub struct Created {
    /// Their number.
    pub count: u64,
    has_stub: bool,
}

impl Created {
    /// One more event.
    pub fn feed(&mut self, event: &Event) {
        match event {
            Event::ProxyCreated(event) => {
                self.count += u64::from(event.kind == proxy_kind::WASM);
            }
            Event::AdminCreated(_) => self.count += 1,
            Event::InstanceAdopted(event) => {
                let needs_stub = event.kind == proxy_kind::UUPS && !self.has_stub;
                self.has_stub |= needs_stub;
                self.count += u64::from(needs_stub);
            }
            _ => {}
        }
    }
}

/// Returns how much `registry` created, as the nonce of its account says. It begins at 1.
///
/// # Errors
/// What the endpoint says.
pub async fn counted(registry: Registry<'_>) -> Result<u64, ChainError> {
    Ok(registry
        .client
        .transactions_of(registry.address)
        .await?
        .saturating_sub(1))
}
