//! What came from elsewhere, led through genuine registries until the finding says less than there is to say.

use super::arrivals::UNPROVEN;
use super::transfer::{Two, arrival};
use crate::prelude::*;
use stylus_upgrades_interface::reasons::step as step_kind;
use stylus_upgrades_interface::registry::{Code, Step};

/// Who decides at the first registry, and at what is forged; who does at the second.
pub(super) const ADMIN: usize = 0;
const ADMIN_2: usize = 1;

impl Two {
    pub(super) fn registries(&self) -> [Address; 2] {
        [&self.first, &self.second].map(|one| one.parse().expect("an address"))
    }

    /// The account of that number calls somebody.
    #[track_caller]
    pub(super) fn calls(&self, who: usize, to: Address, call: &impl SolCall) {
        let from = self.sandbox.node.addresses()[who];
        let input = call.abi_encode().into();
        let receipt = self.sandbox.sent(from, to, input, 30_000_000);
        assert!(receipt.success, "{receipt:?}");
    }

    fn nonce(&self, registry: Address, proxy: Address) -> u64 {
        let details = abi::instanceDetailsCall { proxy };
        self.sandbox.ask(registry, details).nonce
    }

    /// A definition `A` accepts it at that version, in its state at the registry that has it.
    fn accepts(&self, to: (usize, Address), from: Address, proxy: Address, version: &str) {
        let accept = abi::acceptTransferCall {
            name: "A".into(),
            proxy,
            version: version.into(),
            registry: from,
            nonce: self.nonce(from, proxy),
        };
        self.calls(to.0, to.1, &accept);
    }

    /// It is given to the definition `A` of another registry, which has accepted it.
    pub(super) fn gives(&self, from: (usize, Address), to: Address, proxy: Address) {
        let give = abi::transferProxyCall {
            name: "A".into(),
            proxy,
            to,
            definition: "A".into(),
            nonce: self.nonce(from.1, proxy),
        };
        self.calls(from.0, from.1, &give);
    }

    /// What `status` says at the second registry.
    fn told(&self) -> String {
        let words = format!("status A --registry {}", self.second);
        let answer = self.sandbox.run("Admin2", &words);
        format!("{}{}", answer.document, answer.stderr)
    }
}

/// A forged proxy goes to and fro between two genuine registries, more often than it is followed back.
#[test]
fn a_forged_proxy_that_went_through_many_genuine_registries_has_no_proven_birth() {
    let two = Two::new();
    let (forged, proxy) = two.forged_proxy();
    let [first, second] = two.registries();
    let places = [(ADMIN, first), (ADMIN_2, second)];
    let mut holder = (ADMIN, forged);
    for n in 0..16 {
        let next = places[n % 2];
        two.accepts(next, holder.1, proxy, "1.0");
        two.gives(holder, next.1, proxy);
        holder = next;
    }
    assert_eq!(holder.1, second);
    let arrival = arrival(&proxy.to_string());
    contains(&two.told(), &[&arrival, UNPROVEN]);
    // What holds of code and events is no tick behind which an arrival is found.
    let history = format!("history A --registry {}", two.second);
    let shown = two.sandbox.shown("Admin2", &history, 0);
    contains(&shown, &[&arrival]);
    // Without the entries.
    let lines = shown.lines();
    let checked: Vec<&str> = lines.filter(|line| !line.contains(" UTC  ")).collect();
    assert_snapshot!(masked(&checked.join("\n")), @"
    ✗ arrival:[address]: nothing proves the birth of [address]: its data may be anything, whatever its code is; expected: an instance that this registry created; found: 16 holders, and [address] before them: it is followed no further
        next      compare who created it, with which data, and what ran on these, as `stylus-upgrades --registry [address] status [address]` shows them; to accept it: --accept arrival:[address]; for the whole project: `arrivals` in the manifest
    · 9 checks of code and events hold, which say nothing of that
    ");
}

/// Another definition of the receiving registry accepts the proxy from a registry that had it before. So the forged one,
/// which had it last, is left out.
#[test]
fn a_holder_of_unknown_origin_is_named_whoever_else_accepted_the_proxy() {
    let two = Two::new();
    let forged = two.forged_registry();
    let proxy: Address = two.created("wasm").parse().expect("an address");
    let [first, second] = two.registries();
    two.accepts((ADMIN, forged), first, proxy, "1.0");
    two.gives((ADMIN, first), forged, proxy);
    two.accepts((ADMIN_2, second), forged, proxy, "1.0");
    two.at_second("define M --migrate Admin2");
    two.at_second("register M 1.0 counter-v1");
    let accept = abi::acceptTransferCall {
        name: "M".into(),
        proxy,
        version: "1.0".into(),
        registry: first,
        nonce: 0,
    };
    two.calls(ADMIN_2, second, &accept);
    two.gives((ADMIN, forged), second, proxy);
    contains(&two.told(), &[&arrival(&proxy.to_string()), UNPROVEN]);
}

/// An instance takes two steps at once, the first of which no receiver has. `direct`: afterwards a step past it is added,
/// which every receiver has.
fn by_a_detour(direct: bool) -> (Two, Address) {
    let two = Two::new();
    let proxy: Address = two.created("evm").parse().expect("an address");
    let [first, second] = two.registries();
    let register = "register A 2.0 counter-v2 --call migrate(uint256) 48879";
    two.sandbox.done("Admin", register);
    let query = abi::getVersionCall {
        name: "A".into(),
        version: "2.0".into(),
    };
    let found = two.sandbox.ask(first, query);
    let code: Code = found.code;
    let detour: Step = found.steps[0].clone();
    let plain = |from: &str| Step {
        from: from.into(),
        kind: step_kind::NONE,
        script: Address::ZERO,
        scriptCodehash: B256::ZERO,
        data: Bytes::new(),
    };
    for (version, step) in [("2.0", detour), ("3.0", plain("2.0"))] {
        let migrate = abi::migrateCall {
            name: "A".into(),
            version: version.into(),
            code: code.clone(),
            step,
        };
        two.calls(ADMIN, first, &migrate);
    }
    let rollout = abi::rolloutCall {
        name: "A".into(),
        proxies: vec![proxy],
    };
    two.calls(ADMIN, first, &rollout);
    if direct {
        let add = abi::addStepCall {
            name: "A".into(),
            version: "3.0".into(),
            step: plain("1.0"),
        };
        two.calls(ADMIN, first, &add);
    }
    let migrate = abi::migrateCall {
        name: "A".into(),
        version: "3.0".into(),
        code,
        step: plain("1.0"),
    };
    two.calls(ADMIN_2, second, &migrate);
    two.accepts((ADMIN_2, second), first, proxy, "3.0");
    two.gives((ADMIN, first), second, proxy);
    (two, proxy)
}

/// The line that tells of its upgrade.
fn upgrade_told(two: &Two, proxy: Address) -> String {
    let told = two.told();
    contains(&told, &[&arrival(&proxy.to_string()), "upgraded 1.0 → 3.0"]);
    let line = told.split("upgraded 1.0 → 3.0").nth(1).expect("the line");
    let ends = line.find(['"', '\n']).unwrap_or(line.len());
    line[..ends].to_owned()
}

#[test]
fn a_path_of_several_steps_that_the_receiver_does_not_have_is_marked() {
    let (two, proxy) = by_a_detour(false);
    let line = upgrade_told(&two, proxy);
    assert!(line.contains("  ! "), "{line}");
}

#[test]
fn a_step_that_was_added_after_an_upgrade_is_not_told_as_the_one_that_ran() {
    let (two, proxy) = by_a_detour(true);
    let line = upgrade_told(&two, proxy);
    assert!(line.contains("  ! "), "{line}");
}
