//! What the registry orders proxies of OpenZeppelin to do, by their definition's [`admin`] and
//! through the interface of each kind.
//!
//! | kind | who obeys the admin | paused it runs |
//! |---|---|---|
//! | transparent 4.x | the proxy, whose admin slot holds it | the stub |
//! | transparent 5.x | its ProxyAdmin, which it owns | the stub |
//! | UUPS | its code, which it may upgrade | a stub of this registry's, which obeys the registry |

use alloy_primitives::Address;
use alloy_sol_types::{SolCall, Word};
use stylus_registry_core::{
    abi::{Reader, encode},
    admin, build,
    chain::{Reverts, ask, call, code_hash, has_code, keccak},
    create2, errors,
};
use stylus_upgrades_host::call::create2;
use stylus_upgrades_interface::{
    adopted::{
        IOwnable::{ownerCall, transferOwnershipCall},
        IProxiable::proxiableUUIDCall,
        IProxyAdmin::upgradeAndCallCall,
        ITransparentProxy::{changeAdminCall, implementationCall},
        IUpgradeableProxy::{UPGRADE_INTERFACE_VERSIONCall, upgradeToAndCallCall, upgradeToCall},
        proxy_admin_preimage,
    },
    ids::DefinitionId,
    reasons::proxy_kind,
    slots,
};

/// A proxy of one of the adopted kinds.
#[derive(Clone, Copy)]
pub(crate) struct Foreign {
    /// Its account.
    pub(crate) proxy: Address,
    /// One of [`proxy_kind`].
    pub(crate) kind: u8,
    /// The definition that orders it.
    pub(crate) definition: DefinitionId,
}

impl Foreign {
    /// Has it run the code at `implementation`, and `data` on that unless they are empty.
    pub(crate) fn upgrade(self, implementation: Address, data: &[u8]) -> Reverts<()> {
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

    /// Whether its code is UUPS 5.x, which has no `upgradeTo` and does not call without data.
    fn takes_empty_data(self) -> bool {
        let question = UPGRADE_INTERFACE_VERSIONCall::SELECTOR;
        self.kind == proxy_kind::UUPS
            && ask(self.proxy, &question).is_ok_and(|answer| !answer.is_empty())
    }

    /// Has it run the stub. One that answers otherwise after that did not obey.
    pub(crate) fn pause(self) -> Reverts<()> {
        self.upgrade(self.stub()?, &[])?;
        if self.is_paused() {
            Ok(())
        } else {
            Err(errors::not_supported(
                b"a proxy that does not obey this registry",
            ))
        }
    }

    /// Has it run the code at `implementation` behind the stub.
    pub(crate) fn resume(self, implementation: Address) -> Reverts<()> {
        if self.kind != proxy_kind::UUPS {
            return self.upgrade(implementation, &[]);
        }
        let word = implementation.into_word();
        call(self.proxy, &word.0, &[0; 32]).map(drop)
    }

    /// Lets another account decide what it runs. One whose owner is another one than that afterwards,
    /// as where ownership moves in two steps, is refused.
    pub(crate) fn hand_over(self, to: Address) -> Reverts<()> {
        let is_transparent_4 = self.kind == proxy_kind::TRANSPARENT_4;
        let (account, selector) = match self.kind {
            proxy_kind::TRANSPARENT_4 => (self.proxy, changeAdminCall::SELECTOR),
            proxy_kind::TRANSPARENT_5 => (proxy_admin(self.proxy), transferOwnershipCall::SELECTOR),
            _ => (self.proxy, transferOwnershipCall::SELECTOR),
        };
        admin::call(self.definition, account, &encode(&selector, &[to.into()]))?;
        let went = if is_transparent_4 {
            // only the admin is answered by the proxy itself
            !self.answers_its_admin()
        } else {
            let answer = ask(account, &ownerCall::SELECTOR);
            answer.is_ok_and(|data| Reader::new(&data).address(0) == Ok(to))
        };
        if went {
            Ok(())
        } else {
            Err(errors::not_supported(
                b"hand-over of a proxy whose owner stays",
            ))
        }
    }

    /// Whether a transparent proxy 4.x takes the definition's admin for its own: that one it answers by
    /// itself, everybody else reaches its code. Code that answers the same counts as well, so that a
    /// hand-over is refused rather than believed.
    fn answers_its_admin(self) -> bool {
        let answer = admin::ask(self.definition, self.proxy, &implementationCall::SELECTOR);
        answer.is_ok_and(|answer| answer.len() == 32)
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

    /// Whether it says that it runs the stub, in words that its other code does not have.
    fn is_paused(self) -> bool {
        match self.kind {
            // its admin is not forwarded
            proxy_kind::TRANSPARENT_4 => {
                let answer = admin::ask(self.definition, self.proxy, &implementationCall::SELECTOR);
                answer.is_ok_and(|data| Reader::new(&data).address(0) == Ok(build::STUB))
            }
            proxy_kind::TRANSPARENT_5 => {
                let answer = ask(self.proxy, &implementationCall::SELECTOR);
                answer == Err(errors::upgrade_in_progress())
            }
            // the code of an upgradeable contract answers this to nobody who asks the proxy
            _ => {
                let answer = ask(self.proxy, &proxiableUUIDCall::SELECTOR);
                answer.is_ok_and(|data| Reader::new(&data).word(0) == Ok(slots::IMPLEMENTATION))
            }
        }
    }
}

/// The stub that a UUPS proxy runs while it is paused, whether it was created or not.
pub(crate) fn uups_stub() -> Address {
    create2::created(Word::ZERO, build::UUPS_STUB_INIT_CODE_HASH)
}

/// The ProxyAdmin that a transparent proxy 5.x created.
fn proxy_admin(proxy: Address) -> Address {
    Address::from_word(keccak(&proxy_admin_preimage(proxy)))
}
