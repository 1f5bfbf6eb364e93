//! Orders of the registry to proxies of OpenZeppelin, by their definition's [`admin`] and
//! through the interface of each kind.
//!
//! | kind | who obeys the admin | paused it runs |
//! |---|---|---|
//! | transparent 4.x | the proxy, whose admin slot holds it | the stub |
//! | transparent 5.x | its ProxyAdmin, which it owns | the stub |
//! | UUPS | its code, which it may upgrade | a stub of this registry's, which obeys the registry |

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use stylus_upgrades_host::call::create2;
use stylus_upgrades_interface::{
    adopted::{
        IOwnable::{ownerCall, transferOwnershipCall},
        IProxiable::proxiableUUIDCall,
        IProxyAdmin::upgradeAndCallCall,
        ITransparentProxy::{adminCall, changeAdminCall, implementationCall},
        IUpgradeableProxy::{UPGRADE_INTERFACE_VERSIONCall, upgradeToAndCallCall, upgradeToCall},
        proxy_admin_preimage,
    },
    ids::DefinitionId,
    reasons::proxy_kind,
    slots,
};

use crate::{
    abi::{Reader, encode},
    admin, build,
    chain::{Reverts, ask, call, code_hash, has_code, keccak},
    create2, errors,
    instances::Instance,
};

/// A proxy of one of the adopted kinds.
#[derive(Clone, Copy, Debug)]
pub struct AdoptedProxy {
    proxy: Address,
    /// One of [`proxy_kind`].
    kind: u8,
    /// The definition that decides about it.
    definition: DefinitionId,
}

/// The side that decides about an adopted proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyOwnership {
    /// The definition's admin.
    Ours,
    /// Another account.
    Others,
    /// The code of a UUPS proxy has no owner but perhaps roles: only an order shows it.
    Unknown,
}

impl AdoptedProxy {
    /// A proxy that the definition may adopt.
    pub const fn candidate(definition: DefinitionId, proxy: Address, kind: u8) -> Self {
        Self {
            proxy,
            kind,
            definition,
        }
    }

    /// The proxy of an instance, if that was adopted.
    pub fn of(instance: &Instance) -> Option<Self> {
        instance.is_adopted().then_some(Self {
            proxy: instance.proxy,
            kind: instance.kind,
            definition: instance.definition,
        })
    }

    /// Returns true if a proxy that is being adopted runs the stub, as its former definition left it. The stub of a
    /// UUPS proxy obeys the registry that created it alone.
    pub fn comes_paused(self) -> bool {
        self.kind != proxy_kind::UUPS && self.is_paused()
    }

    /// Refuses a proxy whose admin is not the definition's, or that is paused and should not be, or the other way
    /// round. What follows could then seem to work without it.
    pub fn require_owned(self, paused: bool) -> Reverts<()> {
        if self.ownership() != ProxyOwnership::Others && self.is_paused() == paused {
            Ok(())
        } else {
            Err(errors::instance_not_obeying(self.proxy))
        }
    }

    /// Returns the side that decides about it, as it says itself.
    pub fn ownership(self) -> ProxyOwnership {
        let admin = admin::address(self.definition);
        let owner_of = |account| address_in(ask(account, &ownerCall::SELECTOR));
        let is_ours = match self.kind {
            proxy_kind::TRANSPARENT_4 => self.is_admin_of_transparent_4(),
            proxy_kind::TRANSPARENT_5 => {
                let proxy_admin = proxy_admin(self.proxy);
                has_code(code_hash(proxy_admin)) && owner_of(proxy_admin) == Some(admin)
            }
            _ => match owner_of(self.proxy) {
                Some(owner) => owner == admin,
                None => return ProxyOwnership::Unknown,
            },
        };
        if is_ours {
            ProxyOwnership::Ours
        } else {
            ProxyOwnership::Others
        }
    }

    /// The code that a transparent proxy 4.x runs, which it tells its admin alone.
    pub fn implementation(self) -> Option<Address> {
        let answer = admin::ask(self.definition, self.proxy, &implementationCall::SELECTOR);
        address_in(answer)
    }

    /// Pauses it and resumes it with the code at `implementation`. Its answers have to follow both orders.
    pub fn require_obedience(self, implementation: Address) -> Reverts<()> {
        self.pause()?;
        self.resume(implementation)?;
        if self.is_paused() {
            return Err(errors::instance_not_obeying(self.proxy));
        }
        Ok(())
    }

    /// Upgrades it to `implementation` and calls that with `data`, unless they are empty.
    pub fn upgrade(self, implementation: Address, data: &[u8]) -> Reverts<()> {
        let (to, order) = if self.kind == proxy_kind::TRANSPARENT_5 {
            let values = [self.proxy.into(), implementation.into(), data.into()];
            let admin = proxy_admin(self.proxy);
            (admin, encode(&upgradeAndCallCall::SELECTOR, &values))
        } else if data.is_empty() && !self.takes_empty_data() {
            let values = [implementation.into()];
            (self.proxy, encode(&upgradeToCall::SELECTOR, &values))
        } else {
            let values = [implementation.into(), data.into()];
            (self.proxy, encode(&upgradeToAndCallCall::SELECTOR, &values))
        };
        admin::call(self.definition, to, &order).map(drop)
    }

    /// Upgrades it to the stub, and refuses a proxy that does not answer as the stub then.
    pub fn pause(self) -> Reverts<()> {
        self.upgrade(self.stub()?, &[])?;
        if self.is_paused() {
            Ok(())
        } else {
            Err(errors::instance_not_obeying(self.proxy))
        }
    }

    /// Upgrades it from the stub to `implementation`.
    pub fn resume(self, implementation: Address) -> Reverts<()> {
        if self.kind != proxy_kind::UUPS {
            return self.upgrade(implementation, &[]);
        }
        let word = implementation.into_word();
        call(self.proxy, &word.0, &[0; 32]).map(drop)
    }

    /// Gives it to another owner, and refuses a proxy whose owner is another one afterwards, as where
    /// ownership moves in two steps.
    pub fn transfer(self, to: Address) -> Reverts<()> {
        let (account, selector) = match self.kind {
            proxy_kind::TRANSPARENT_4 => (self.proxy, changeAdminCall::SELECTOR),
            proxy_kind::TRANSPARENT_5 => (proxy_admin(self.proxy), transferOwnershipCall::SELECTOR),
            _ => (self.proxy, transferOwnershipCall::SELECTOR),
        };
        admin::call(self.definition, account, &encode(&selector, &[to.into()]))?;
        let went = if self.kind == proxy_kind::TRANSPARENT_4 {
            !self.is_admin_of_transparent_4()
        } else {
            address_in(ask(account, &ownerCall::SELECTOR)) == Some(to)
        };
        if went {
            Ok(())
        } else {
            let what = b"transfer of a proxy whose owner stays";
            Err(errors::not_supported(what))
        }
    }

    /// Returns true if a transparent proxy 4.x answers to the definition's admin that this is its admin. It answers
    /// that to its admin alone; everybody else reaches its code.
    fn is_admin_of_transparent_4(self) -> bool {
        let answer = admin::ask(self.definition, self.proxy, &adminCall::SELECTOR);
        address_in(answer) == Some(admin::address(self.definition))
    }

    /// Returns true if its code is UUPS 5.x, which has no `upgradeTo` and does not call without data.
    fn takes_empty_data(self) -> bool {
        let question = UPGRADE_INTERFACE_VERSIONCall::SELECTOR;
        self.kind == proxy_kind::UUPS
            && ask(self.proxy, &question).is_ok_and(|answer| !answer.is_empty())
    }

    /// The code that it runs while it is paused.
    fn stub(self) -> Reverts<Address> {
        if self.kind != proxy_kind::UUPS {
            return Ok(build::STUB);
        }
        let stub = uups_stub();
        if has_code(code_hash(stub)) {
            return Ok(stub);
        }
        match create2(build::UUPS_STUB.init_code, &[0; 32], &[0; 32]) {
            Ok(created) if stub == created => Ok(stub),
            _ => Err(errors::nothing()),
        }
    }

    /// Returns true if it answers as a stub does, and as its other code does not.
    pub fn is_paused(self) -> bool {
        match self.kind {
            // its admin is answered by the proxy itself
            proxy_kind::TRANSPARENT_4 => self.implementation() == Some(build::STUB),
            proxy_kind::TRANSPARENT_5 => {
                let answer = ask(self.proxy, &implementationCall::SELECTOR);
                answer == Err(errors::upgrade_in_progress())
            }
            // ERC-1822: the code of an upgradeable contract does not answer this through a proxy
            _ => {
                let answer = ask(self.proxy, &proxiableUUIDCall::SELECTOR);
                answer.is_ok_and(|data| Reader::new(&data).word(0) == Ok(slots::IMPLEMENTATION))
            }
        }
    }
}

/// The stub that a UUPS proxy runs while it is paused, whether it was created or not.
fn uups_stub() -> Address {
    create2::created(B256::ZERO, build::UUPS_STUB_INIT_CODE_HASH)
}

/// The ProxyAdmin that a transparent proxy 5.x created.
fn proxy_admin(proxy: Address) -> Address {
    Address::from_word(keccak(&proxy_admin_preimage(proxy)))
}

/// The address that was answered, if one was.
fn address_in(answer: Reverts<alloc::vec::Vec<u8>>) -> Option<Address> {
    Reader::new(&answer.ok()?).address(0).ok()
}
