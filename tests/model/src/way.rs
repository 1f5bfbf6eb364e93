//! How a call reaches the registry, and which proxies it can order then.

use crate::scope::{Mutation, Scope};
use crate::state::{Content, Runs, State};
use crate::transition::Refusal;

/// How a call reaches the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// An account without code sends it.
    Direct,
    /// A contract does, which somebody calls.
    Contract,
    /// The same contract, which that proxy's code calls while a call of the proxy is in progress.
    Within(u8),
}

impl Way {
    /// What a proxy whose call is to be in progress refuses it with.
    pub(crate) fn begins(self, state: &State) -> Result<(), Refusal> {
        let Self::Within(proxy) = self else {
            return Ok(());
        };
        match state.accounts[usize::from(proxy)].runs {
            Runs::Version(_) => Ok(()),
            Runs::Stub | Runs::Program => Err(Refusal::UpgradeInProgress),
        }
    }
}

impl Scope {
    /// Refuses an order to a proxy: an adopted one would not notice that a call of it is in progress, the
    /// framework's does.
    pub(crate) fn order(&self, way: Way, proxy: u8) -> Result<(), Refusal> {
        let is_adopted = self.is_adopted(proxy);
        let by_contract = way != Way::Direct && !self.has(Mutation::OrdersByContracts);
        let in_its_call = way == Way::Within(proxy) && !self.has(Mutation::MovesInItsCall);
        match is_adopted {
            true if by_contract => Err(Refusal::DirectCallRequired),
            false if in_its_call => Err(Refusal::UpgradeInProgress),
            _ => Ok(()),
        }
    }

    /// Whether a content is executed only where an account without code sends it.
    pub fn needs_direct(&self, state: &State, content: Content) -> bool {
        match content {
            Content::Adopt(_) => true,
            Content::Transfer(of) | Content::Remove(of) => {
                self.is_adopted(of.proxy) && state.instance(of.proxy).is_some()
            }
            _ => false,
        }
    }
}
