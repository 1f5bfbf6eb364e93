//! Instances that go from one registry to another and back, and what is refused on the way.

use crate::prelude::*;

/// Two registries with a definition `A` at 1.0 each: `Admin` decides at the first, `Admin2` at the second.
pub(crate) struct Two {
    pub(crate) sandbox: Sandbox,
    pub(super) first: String,
    pub(super) second: String,
}

impl Two {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::with_counter("Admin", 0);
        let first = sandbox.saved("registry").to_lowercase();
        let deployed = sandbox.done("Admin2", "registry deploy");
        let second = text(&deployed, "registry").to_owned();
        let two = Self {
            sandbox,
            first,
            second,
        };
        two.at_second("define A --migrate Admin2");
        two.at_second("register A 1.0 counter-v1");
        two
    }

    /// A command of `Admin2` at the second registry.
    pub(super) fn at_second(&self, words: &str) -> Value {
        self.sandbox
            .done("Admin2", &format!("{words} --registry {}", self.second))
    }

    pub(crate) fn created(&self, kind: &str) -> String {
        let created = self
            .sandbox
            .done("Admin", &format!("{CREATE} --kind {kind}"));
        text(&created, "proxy").to_owned()
    }

    /// `Admin` transfers an instance to the second registry.
    pub(crate) fn transferred(&self, proxy: &str) -> Answer {
        self.sandbox
            .run("Admin", &format!("transfer {proxy} {}", self.second))
    }

    pub(crate) fn accepted(&self, proxy: &str) -> Value {
        let accept = format!("--accept {}", arrival(proxy));
        self.at_second(&format!(
            "adopt A {proxy} 1.0 --from {} {accept}",
            self.first
        ))
    }

    /// Whether history, code and slots of both registries are what they say, and nothing is wrong with either but
    /// that these came from elsewhere, which is accepted.
    fn assert_well(&self, arrived: &[String]) {
        let ids: Vec<String> = arrived.iter().map(|proxy| arrival(proxy)).collect();
        let accept = match ids.is_empty() {
            true => String::new(),
            false => format!("--accept {}", ids.join(",")),
        };
        for registry in [&self.first, &self.second] {
            for words in ["history A", "verify A --framework"] {
                let words = format!("{words} --registry {registry} {accept}");
                holds(&self.sandbox.done("Other", &words));
            }
            #[cfg(feature = "watch")]
            self.assert_examined(registry, &accept);
        }
    }

    /// Whether the doctor finds nothing but what came from elsewhere.
    #[cfg(feature = "watch")]
    fn assert_examined(&self, registry: &str, accept: &str) {
        let words = format!("doctor --registry {registry} {accept}");
        let examined = self.sandbox.run("Other", &words);
        let found = texts(list(&examined.document, "findings"), "id");
        assert!(
            found.iter().all(|id| id.starts_with("arrival:")),
            "{found:?}"
        );
    }
}

/// The id of the finding that a proxy came from elsewhere.
pub(super) fn arrival(proxy: &str) -> String {
    let proxy: Address = proxy.parse().expect("an address");
    format!("arrival:{proxy}")
}

#[test]
fn wasm_and_evm_proxies_go_to_another_registry_which_upgrades_them_and_come_back() {
    let two = Two::new();
    let Two {
        sandbox,
        first,
        second,
    } = &two;
    let proxies = [two.created("wasm"), two.created("evm")];
    let mut told = Vec::new();
    for proxy in &proxies {
        let refused = two.transferred(proxy);
        refused.is(3, "NotAccepted");
        let adopt = format!("adopt A {proxy} VERSION --from {first} --registry {second}");
        let next = refused.said("next").to_lowercase();
        contains(&next, &[&adopt.to_lowercase()]);
        told.push(refused.refusal());

        let unproven = two.sandbox.run(
            "Admin2",
            &format!("adopt A {proxy} 1.0 --from {first} --registry {second}"),
        );
        unproven.is(2, "Unconfirmed");
        told.push(unproven.notes());
        two.accepted(proxy)
            .has(json!({"executed": true, "from": first}));
        let given = two.transferred(proxy);
        let receiver = &given.ends(0)["receiver"];
        receiver.has(json!({"registry": second, "version": "1.0"}));
        assert_eq!(receiver["codehash"], receiver["runs"]);
        told.push(given.notes());
        let other = format!("transfer {proxy} {second} B");
        sandbox.run("Admin", &other).is(1, "NotAnInstance");
    }
    assert_snapshot!(told.join("\n\n"));
    two.assert_well(&proxies);
    assert!(sandbox.proxies().is_empty());
    let at_second = two.at_second("status A");
    let there = texts(list(&at_second["definitions"][0], "instances"), "proxy");
    let has_come = |proxy: &String| there.contains(&proxy.as_str());
    assert!(proxies.iter().all(has_come), "{at_second:#}");

    two.at_second("pause A");
    let ids: Vec<String> = proxies.iter().map(|proxy| arrival(proxy)).collect();
    let accept = format!("--accept {}", ids.join(","));
    two.at_second(&format!("resume A {accept}"));
    two.assert_well(&proxies);

    for proxy in &proxies {
        let accept = format!("--accept {}", arrival(proxy));
        let adopt = format!("adopt A {proxy} 1.0 --from {second} {accept}");
        sandbox.done("Admin", &adopt);
        let back = format!("transfer {proxy} {first}");
        two.at_second(&back);
        let again = two.at_second(&back);
        again.has(json!({"executed": true, "proxy": proxy}));
        assert!(again.get("tx").is_none(), "{again:#}");
    }
    two.assert_well(&proxies);
    sandbox.run("Admin", MIGRATE).is(1, "Arrival");
    sandbox
        .done("Admin", &format!("{MIGRATE} {accept}"))
        .has(json!({"executed": true}));
    assert_eq!(texts(&sandbox.instances("A"), "version"), ["2.0", "2.0"]);
    two.assert_well(&proxies);
}

#[test]
fn what_could_not_arrive_is_refused_before_anything_is_sent() {
    let two = Two::new();
    let Two {
        sandbox, second, ..
    } = &two;
    let proxy = two.created("evm");
    // INVALID; REVERT without data; STOP, which answers nothing.
    let codes = [
        (0xad, vec![0xfe]),
        (0xae, vec![0x5f, 0x5f, 0xfd]),
        (0xaf, vec![0]),
    ];
    let others = codes.map(|(byte, code)| {
        let account = Address::repeat_byte(byte);
        sandbox.set_code(account, code);
        account.to_string()
    });
    let before = sandbox.block();
    let first = &two.first;
    for (to, name) in [
        ("Other", "NoRegistry"),
        (&others[0], "NoRegistry"),
        (&others[1], "NoRegistry"),
        (&others[2], "NoRegistry"),
        (first, "SameRegistry"),
        (&proxy, "NoRegistry"),
        (&format!("{second} B"), "NoDefinition"),
        (second, "NotAccepted"),
    ] {
        let refused = sandbox.run("Admin", &format!("transfer {proxy} {to}"));
        assert_eq!(error(&refused), name, "{refused:?}");
    }
    // Not even a definition that exists adopts what another registry decides about.
    let adopt = format!("adopt A {proxy} 1.0 --registry {second}");
    let from = format!("{adopt} --from {second}");
    for (words, name) in [(&adopt, "OfRegistry"), (&from, "NotThere")] {
        let refused = sandbox.run("Admin2", words);
        assert_eq!(error(&refused), name, "{refused:?}");
    }
    // What comes next is done here: it has the flags that lead here.
    let refused = sandbox.run("Admin2", &adopt);
    let accept = format!("--registry {second} adopt A {proxy} 1.0 --from {first} ");
    contains(&refused.stderr.to_lowercase(), &[&accept.to_lowercase()]);
    assert_snapshot!(refused.refusal(), @"
    message: [address] is already managed by the registry [address]
    expected: --from with the registry that transfers it
    found: no --from
    next: nothing was sent; run stylus-upgrades adopt A [address] 1.0 --from [address] to accept it, then have that registry transfer it
    ");
    assert_eq!(sandbox.block(), before, "nothing was sent");

    // An account that answers the receiver to every question, and was never an instance.
    let receiver: Address = second.parse().expect("an address");
    let code = [
        &[0x73],
        &receiver[..],
        &[0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3],
    ]
    .concat();
    let stranger = Address::repeat_byte(0xb1);
    sandbox.set_code(stranger, code);
    sandbox
        .run("Admin", &format!("transfer {stranger} {second}"))
        .is(1, "NotAnInstance");

    two.accepted(&proxy);
    two.at_second(&format!("adopt A {proxy} 1.0 --withdraw"));
    two.transferred(&proxy).is(3, "NotAccepted");
    two.accepted(&proxy);
    // What changed since it was accepted is told before anything is sent.
    sandbox.done("Admin", MIGRATE);
    let stale = two.transferred(&proxy);
    stale.is(3, "NotAccepted");
    assert_snapshot!(stale.refusal(), @"
    message: A of [address] has not accepted [address] from [address] as it is now
    expected: an acceptance of [address] from [address] at its nonce 1
    found: one of its nonce 0: it has changed since
    next: nothing was sent; first there: stylus-upgrades adopt A [address] 1.0 --from [address] --registry [address]
    ");
}

#[test]
fn other_code_at_the_receiver_has_to_be_meant() {
    let two = Two::new();
    let Two {
        sandbox,
        first,
        second,
    } = &two;
    let [here, proxy] = [two.created("wasm"), two.created("wasm")];
    two.accepted(&here);
    two.transferred(&here).ends(0);
    // At the second registry, which refuses, the names are its own.
    let unknown = sandbox.run("Admin2", &format!("upgrade {here} next"));
    unknown.is(1, "VersionNotFound");
    assert_snapshot!(unknown.refusal(), @r#"
    message: "A" has no version "next"
    expected: one of 1.0
    found: next
    next: stylus-upgrades status A --registry [address] lists its versions
    "#);
    let next = unknown.said("next").to_lowercase();
    contains(
        &next,
        &[&format!("status a --registry {second} ").to_lowercase()],
    );

    let came = arrival(&here);
    two.at_second(&format!("{MIGRATE} --accept {came}"));
    // What was replaced is accepted by nobody.
    let replaced = format!("adopt A {proxy} 1.0 --from {first} --registry {second}");
    let replaced = format!("{replaced} --accept {}", arrival(&proxy));
    sandbox.run("Admin2", &replaced).is(1, "VersionNotCurrent");
    let accept = format!("--accept {}", arrival(&proxy));
    two.at_second(&format!("adopt A {proxy} 2.0 --from {first} {accept}"));
    two.transferred(&proxy).is(2, "Unconfirmed");
    // Its data never came to 2.0, and the receiver's order to run that code says so.
    let meant = format!("transfer {proxy} {second} --accept other-code");
    sandbox.run("Admin", &meant).ends(1);
    assert_eq!(sandbox.version(&proxy), "1.0");
}

#[test]
fn an_instance_that_obeys_is_not_removed() {
    let two = Two::new();
    let remove = format!("transfer {} --remove", two.created("wasm"));
    two.sandbox.run("Admin", &remove).is(1, "NotSupported");
}
