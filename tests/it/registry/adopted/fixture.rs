//! Proxies of OpenZeppelin from npm, and the code behind them.

use crate::prelude::*;
use stylus_upgrades::build::evm;
use stylus_upgrades::registry::definition_id;
use stylus_upgrades_interface::adopted::{IOwnable, IProxyAdmin, IUpgradeableProxy};
use stylus_upgrades_tests::peers;
pub(in crate::registry) use stylus_upgrades_tests::peers::IBox;

use crate::registry::fixture::{Fixture, Reverted, account, initial_step, step};

alloy::sol! {
    #[derive(Debug)]
    interface ICaller {
        function call(address to, bytes data) external;
    }
}

/// A kind of proxy, where npm has it, and the code behind it.
#[derive(Clone, Copy, Debug)]
pub(in crate::registry) struct Kind {
    pub(in crate::registry) kind: u8,
    pub(in crate::registry) proxy: &'static str,
    pub(in crate::registry) codes: [&'static str; 2],
}

const V4: &str = "@openzeppelin/contracts-v4/build/contracts";
const V5: &str = "@openzeppelin/contracts/build/contracts";

pub(in crate::registry) const TRANSPARENT_4: Kind = Kind {
    kind: proxy_kind::TRANSPARENT_4,
    proxy: peers::TRANSPARENT_4,
    codes: ["Box", "Box2"],
};
pub(in crate::registry) const TRANSPARENT_5: Kind = Kind {
    kind: proxy_kind::TRANSPARENT_5,
    proxy: peers::TRANSPARENT_5,
    codes: ["Box", "Box2"],
};
pub(in crate::registry) const UUPS_4: Kind = Kind {
    kind: proxy_kind::UUPS,
    proxy: peers::UUPS_4,
    codes: ["Uups4Box", "Uups4Box2"],
};
pub(in crate::registry) const UUPS_5: Kind = Kind {
    kind: proxy_kind::UUPS,
    proxy: peers::UUPS_5,
    codes: ["UupsBox", "UupsBox2"],
};
pub(in crate::registry) const KINDS: [Kind; 4] = [TRANSPARENT_4, TRANSPARENT_5, UUPS_4, UUPS_5];

/// Who created the proxies and hands them to the registry.
pub(in crate::registry) const OWNER: usize = 3;

/// The creation code in an artifact of npm, with the encoded arguments of its constructor.
pub(crate) fn creation(path: &str, arguments: &[u8]) -> Vec<u8> {
    let npm = Npm::install(&Lines).expect("the packages");
    let code = npm.creation_code(path, arguments);
    code.expect("creation code").into()
}

pub(in crate::registry) fn compiled(fixture: &mut Fixture, name: &str) -> Code {
    let solidity = Solidity::compile(&Lines).expect("compiled");
    let creation = &solidity.contract(name).expect("it").creation;
    fixture.deploy_code(creation)
}

impl Kind {
    /// A proxy over `code` that holds 7 and that `OWNER` decides about.
    pub(in crate::registry) fn create(self, fixture: &mut Fixture, code: &Code) -> Address {
        let (start, first) = (U256::from(7), account(OWNER));
        let init = match self.kind {
            proxy_kind::UUPS => IBox::initialize_1Call { start, first }.abi_encode(),
            _ => IBox::initialize_0Call { start }.abi_encode(),
        };
        self.create_with(fixture, code, init)
    }

    /// A proxy over `code` with that as its first call.
    pub(in crate::registry) fn create_with(
        self,
        fixture: &mut Fixture,
        code: &Code,
        init: Vec<u8>,
    ) -> Address {
        let (implementation, init) = (code.implementation, Bytes::from(init));
        let arguments = match self.kind {
            proxy_kind::UUPS => (implementation, init).abi_encode_params(),
            _ => (implementation, self.first_admin(fixture), init).abi_encode_params(),
        };
        let code = fixture.deploy_code(&creation(self.proxy, &arguments));
        code.implementation
    }

    /// The admin of a transparent proxy: 4.x a ProxyAdmin that the owner has deployed, 5.x the owner.
    fn first_admin(self, fixture: &mut Fixture) -> Address {
        if self.kind == proxy_kind::TRANSPARENT_5 {
            return account(OWNER);
        }
        let creation = creation(&format!("{V4}/ProxyAdmin.json"), &[]);
        let admin = fixture.deploy_code(&creation).implementation;
        // its deployer owns it; the fixture's deployer is another account
        let transfer = calls::give_to(account(OWNER));
        let owner = fixture
            .ask(admin, &IOwnable::ownerCall {})
            .expect("an owner");
        let given = fixture.send_to(owner, admin, &transfer);
        given.expect("its owner gives it away");
        admin
    }

    /// What the owner sends so that `to` decides from now on.
    pub(in crate::registry) fn give(self, fixture: &mut Fixture, proxy: Address, to: Address) {
        let owner = account(OWNER);
        let admin = Address::from_word(fixture.slot(proxy, slots::ADMIN));
        let new = IOwnable::transferOwnershipCall { newOwner: to };
        let given = match self.kind {
            proxy_kind::TRANSPARENT_4 => {
                let change = IFormerAdmin::changeProxyAdminCall {
                    proxy,
                    newAdmin: to,
                };
                fixture.send_to(owner, admin, &change).map(drop)
            }
            proxy_kind::TRANSPARENT_5 => fixture.send_to(owner, admin, &new).map(drop),
            _ => fixture.send_to(owner, proxy, &new).map(drop),
        };
        given.expect("given");
    }

    /// Who got it gives it to the definition again.
    pub(in crate::registry) fn give_back(self, fixture: &mut Fixture, proxy: Address) {
        let admin = Address::from_word(fixture.slot(proxy, slots::ADMIN));
        let new = calls::give_to(admin_of(fixture, "A"));
        fixture.accepted_by(admin, 7, &new);
    }

    /// The owner's own upgrade.
    pub(in crate::registry) fn upgrade_before(
        self,
        fixture: &mut Fixture,
        proxy: Address,
        implementation: Address,
    ) {
        let owner = account(OWNER);
        let admin = Address::from_word(fixture.slot(proxy, slots::ADMIN));
        let data = Bytes::new();
        let done = match self.kind {
            proxy_kind::TRANSPARENT_4 => {
                let upgrade = IFormerAdmin::upgradeCall {
                    proxy,
                    implementation,
                };
                fixture.send_to(owner, admin, &upgrade).map(drop)
            }
            proxy_kind::TRANSPARENT_5 => {
                let upgrade = IProxyAdmin::upgradeAndCallCall {
                    proxy,
                    implementation,
                    data,
                };
                fixture.send_to(owner, admin, &upgrade).map(drop)
            }
            _ if self.proxy.starts_with(V5) => {
                let upgrade = IUpgradeableProxy::upgradeToAndCallCall {
                    implementation,
                    data,
                };
                fixture.send_to(owner, proxy, &upgrade).map(drop)
            }
            _ => {
                let upgrade = IUpgradeableProxy::upgradeToCall { implementation };
                fixture.send_to(owner, proxy, &upgrade).map(drop)
            }
        };
        done.expect("upgraded by its own means");
    }
}

alloy::sol! {
    /// OpenZeppelin's ProxyAdmin 4.x, to its owner.
    interface IFormerAdmin {
        function upgrade(address proxy, address implementation) external;
        function changeProxyAdmin(address proxy, address newAdmin) external;
    }
}

/// The admin of a definition: to it proxies are given.
pub(in crate::registry) fn admin_of(fixture: &Fixture, name: &str) -> Address {
    evm::admin_address(fixture.registry, definition_id(name))
}

pub(in crate::registry) fn adopt(kind: u8, proxy: Address) -> IRegistry::adoptCall {
    calls::adopt("A", proxy, kind, "1.0")
}

/// The definition A with a version, and a proxy over its code that `OWNER` decides about.
pub(in crate::registry) fn created(kind: Kind) -> (Fixture, Code, Address) {
    let mut fixture = Fixture::of_one();
    let code = compiled(&mut fixture, kind.codes[0]);
    fixture.add("1.0", &code, initial_step());
    let proxy = kind.create(&mut fixture, &code);
    (fixture, code, proxy)
}

/// The definition A with a version, and a proxy that was adopted at it.
pub(in crate::registry) fn adopted(kind: Kind) -> (Fixture, Code, Address) {
    let (mut fixture, code, proxy) = created(kind);
    let other = compiled(&mut fixture, kind.codes[0]).implementation;
    kind.upgrade_before(&mut fixture, proxy, other);
    let admin = admin_of(&fixture, "A");
    kind.give(&mut fixture, proxy, admin);
    let done = fixture.send(account(0), &adopt(kind.kind, proxy));
    let done = done.unwrap_or_else(|error| panic!("{kind:?}: {error:?}"));
    assert_eq!(done.events::<IRegistry::InstanceAdopted>().len(), 1);
    (fixture, code, proxy)
}

/// Migrates to 2.0, and rolls out, unless an instance refuses.
pub(in crate::registry) fn migrate(
    fixture: &mut Fixture,
    code: &Code,
    kind: u8,
    data: Bytes,
) -> Result<(), Reverted> {
    let migrate = calls::migrate("A", "2.0", code, step("1.0", kind, data));
    fixture.tries(0, &migrate).map(drop)
}

pub(in crate::registry) fn runs(fixture: &Fixture, proxy: Address) -> Address {
    Address::from_word(fixture.slot(proxy, slots::IMPLEMENTATION))
}

pub(in crate::registry) fn value(fixture: &Fixture, proxy: Address) -> Result<U256, Reverted> {
    fixture.ask(proxy, &IBox::valueCall {})
}
