//! Proxies with genuine code and other people's data: whatever their code is, the tool refuses them until they are
//! accepted by id, and goes on to say where they came from.

use super::laundered::ADMIN;
use super::transfer::{Two, arrival};
use crate::prelude::*;
use stylus_upgrades_interface::ids::{DefinitionId, VersionIndex};
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_interface::registry_storage::{Find, Whole, definition, instance, member};

/// The first slot of a record of a registry.
struct Slot(U256);

impl Find for Slot {
    fn find(table: u8, first: B256, second: B256) -> Self {
        let root: &[u8] = slots::REGISTRY.as_slice();
        let key = [root, &[table], first.as_slice(), second.as_slice()];
        Self(keccak256(key.concat()).into())
    }
}

impl Slot {
    fn plus(&self, words: u64) -> B256 {
        (self.0 + U256::from(words)).into()
    }
}

impl Two {
    /// An account with the code and the storage of the first registry, which nobody deployed as one.
    pub(super) fn forged_registry(&self) -> Address {
        let forged = Address::repeat_byte(0xf0);
        let first: Address = self.first.parse().expect("an address");
        self.sandbox.mine();
        self.sandbox.chain(move |chain| {
            let code = chain.account(first, BlockId::latest()).expect("it").code;
            let range = chain.storage_range(first, BlockId::latest(), 0, B256::ZERO, usize::MAX);
            chain.set_code(forged, code);
            for (_, slot, value) in range.expect("its storage").slots {
                chain.set_storage_at(forged, slot, value.into());
            }
        });
        forged
    }

    /// A forged registry, and a proxy with the genuine code and forged words that it lists as its only instance of `A`.
    pub(super) fn forged_proxy(&self) -> (Address, Address) {
        let genuine: Address = self.created("wasm").parse().expect("an address");
        let registry = self.forged_registry();
        let proxy = Address::repeat_byte(0xf1);
        self.sandbox.chain(move |chain| {
            let account = chain.account(genuine, BlockId::latest()).expect("it");
            let word = |slot: B256| chain.storage(genuine, slot.into(), BlockId::latest());
            let implementation = word(slots::IMPLEMENTATION).expect("a word");
            chain.set_code(proxy, account.code);
            let words = [
                (slots::IMPLEMENTATION, implementation),
                (slots::ADMIN, registry.into_word()),
                (slots::INITIALIZED, slots::SET),
                (slots::migrated("1.0"), slots::SET),
            ];
            for (slot, word) in words {
                chain.set_storage_at(proxy, slot.into(), word);
            }
            // what the forged registry says of it
            let id = DefinitionId(keccak256("A"));
            let of = instance::find::<Slot>(proxy);
            let head = instance::Head {
                index: 1,
                kind: proxy_kind::WASM,
                version: VersionIndex(1),
                created: true,
                ..instance::Head::default()
            };
            let first = member::find::<Slot>(id, 1);
            assert_eq!(definition::HEAD.first(), 0);
            for (slot, word) in [
                (of.plus(instance::HEAD.first()), head.to_word().b256()),
                (of.plus(instance::DEFINITION.first()), id.0),
                (first.plus(member::PROXY.first()), proxy.into_word()),
            ] {
                chain.set_storage_at(registry, slot.into(), word);
            }
        });
        (registry, proxy)
    }

    /// What the second registry's definition is told of a proxy before it accepts it.
    fn examined(&self, proxy: &str, from: &str) -> Answer {
        let adopt = format!(
            "adopt A {proxy} 1.0 --from {from} --registry {}",
            self.second
        );
        let answer = self.sandbox.run("Admin2", &adopt);
        answer.is(2, "Unconfirmed");
        contains(&answer.document.to_string(), &[&arrival(proxy)]);
        answer
    }

    /// The same of one that a forged registry has: that is refused, and where it is trusted, the proxy is.
    fn refused(&self, proxy: &str, from: &str) {
        let adopt = format!("adopt A {proxy} 1.0 --from {from}");
        let words = format!("{adopt} --registry {}", self.second);
        let refused = self.sandbox.run("Admin2", &words);
        refused.is(1, "ConstructionHidden");
        self.examined(proxy, &trusted(from))
            .warns(&[UNPROVEN, "a registry of unknown origin"]);
    }

    /// The second registry has it.
    fn has(&self, proxy: &str) {
        let status = self.at_second("status A");
        let there = texts(list(&status["definitions"][0], "instances"), "proxy");
        assert!(there.contains(&proxy.to_lowercase().as_str()), "{there:?}");
    }

    /// It is accepted by its id.
    fn taken(&self, proxy: &str, from: &str) {
        let adopt = format!(
            "adopt A {proxy} 1.0 --from {from} --accept {}",
            arrival(proxy)
        );
        self.at_second(&adopt).has(json!({"executed": true}));
    }

    /// A proxy of a forged registry is refused, accepted by its id and given. It stays a finding.
    fn arrives_unproven(&self, registry: Address, proxy: Address) {
        let (name, from) = (proxy.to_string(), registry.to_string());
        self.refused(&name, &from);
        self.taken(&name, &trusted(&from));
        let [_, second] = self.registries();
        self.gives((ADMIN, registry), second, proxy);
        self.has(&name);
        self.stays_a_finding(&name, UNPROVEN);
    }

    /// The second registry's instance is a finding in every command that looks at it.
    fn stays_a_finding(&self, proxy: &str, says: &str) {
        for words in [
            "status A",
            "verify A",
            #[cfg(feature = "watch")]
            "doctor",
            "check A counter-v2 --label 2.0 --call migrate(uint256) 5",
            "plan A 2.0 counter-v2 --call migrate(uint256) 5",
        ] {
            let words = format!("{words} --registry {}", self.second);
            let answer = self.sandbox.run("Admin2", &words);
            let told = format!("{}{}", answer.document, answer.stderr);
            contains(&told, &[&arrival(proxy), says]);
        }
    }
}

/// A registry that is trusted whatever its origin is.
fn trusted(registry: &str) -> String {
    format!("{registry} --trust-registry {registry}")
}

pub(super) const UNPROVEN: &str = "nothing proves the birth";

#[test]
fn a_forged_proxy_with_genuine_code_is_refused_and_stays_a_finding() {
    let two = Two::new();
    let (registry, proxy) = two.forged_proxy();
    two.arrives_unproven(registry, proxy);
}

#[test]
fn an_entry_in_the_orders_contract_proves_no_birth() {
    let two = Two::new();
    let registry = two.forged_registry();
    let call = abi::createProxyCall {
        name: "A".into(),
        version: "1.0".into(),
        kind: proxy_kind::EVM,
        salt: B256::ZERO,
        initData: Bytes::new(),
    };
    let address = abi::proxyAddressCall {
        name: "A".into(),
        kind: proxy_kind::EVM,
        salt: B256::ZERO,
    };
    let proxy = two.sandbox.ask(registry, address);
    two.calls(ADMIN, registry, &call);
    two.arrives_unproven(registry, proxy);
}

/// The proxy runs the receiver's own code when it arrives. In between it ran another.
#[test]
fn code_that_ran_in_between_is_shown_and_marked() {
    let two = Two::new();
    let proxy = two.created("evm");
    two.sandbox.done("Admin", MIGRATE);
    two.sandbox.done("Admin", ROLLBACK);
    let examined = two.examined(&proxy, &two.first);
    assert_snapshot!(examined.notes(), @"
    created by [address] as A 1.0 in [hash]
      initData [hex]
    upgraded 1.0 → 2.0 at [address] in [hash]: a function of the new code, data [hex]  ! 2.0 of A here is other code, or none
    upgraded 2.0 → 3.0 at [address] in [hash]: a script, data [hex]  ! 3.0 of A here is other code, or none
    ");
    two.taken(&proxy, &two.first);
    two.transferred(&proxy).ends(0);
    two.stays_a_finding(&proxy, "2.0 of A here is other code, or none");
}

/// Code and hashes are the receiver's, and no step was taken. What the creator wrote is shown.
#[test]
fn the_data_of_a_creation_are_shown_where_every_hash_is_equal() {
    let two = Two::new();
    let created = two.sandbox.done(
        "Admin",
        "create-proxy A 1.0 --init initialize(uint256) 48879",
    );
    let proxy = text(&created, "proxy").to_owned();
    let written = "000000000000000000000000000000000000000000000000000000000000beef";
    let examined = two.examined(&proxy, &two.first);
    assert_snapshot!(examined.notes(), @"
    created by [address] as A 1.0 in [hash]
      initData [hex]
    ");
    two.taken(&proxy, &two.first);
    two.transferred(&proxy).ends(0);
    two.stays_a_finding(&proxy, written);
}
