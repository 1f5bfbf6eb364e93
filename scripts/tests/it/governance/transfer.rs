//! Instances that go from one registry to another and back, and what is refused on the way.

use crate::prelude::*;
/// Two registries with a definition `A` at 1.0 each: `Admin` decides at the first, `Admin2` at the second.
struct Two {
    sandbox: Sandbox,
    first: String,
    second: String,
}

impl Two {
    fn new() -> Self {
        let sandbox = Sandbox::with_counter("Admin", 0);
        let first = sandbox.saved("registry").to_lowercase();
        let deployed = sandbox.done("Admin2", "registry deploy");
        let second = text(&deployed, "registry").to_owned();
        let two = Self {
            sandbox,
            first,
            second,
        };
        let define = "define A --migrate Admin2";
        two.at_second(&define);
        two.at_second("register A 1.0 counter-v1");
        two
    }

    /// A command of `Admin2` at the second registry.
    fn at_second(&self, words: &(impl Words + ?Sized)) -> Value {
        let words = &words.list()[..];
        let words = [words, &["--registry", &self.second]].concat();
        self.sandbox.done("Admin2", &words)
    }

    fn created(&self, kind: &str) -> String {
        let create = [&CREATE[..], &["--kind", kind]].concat();
        text(&self.sandbox.done("Admin", &create), "proxy").to_owned()
    }

    fn accepted(&self, proxy: &str) -> Value {
        self.at_second(&format!("adopt A {proxy} 1.0 --from {}", self.first))
    }

    /// Whether history, code and slots of both registries are what they say, and nothing is wrong with either.
    fn assert_well(&self) {
        for registry in [&self.first, &self.second] {
            for words in [&["history", "A"][..], &["verify", "A", "--framework"]] {
                let words = [words, &["--registry", registry]].concat();
                let told = self.sandbox.done("Other", &words);
                let checks = told["checks"].as_array().expect("checks");
                assert!(checks.iter().all(|one| one["ok"] == true), "{told:#}");
            }
            let words = format!("doctor --registry {registry}");
            let examined = self.sandbox.done("Other", &words);
            assert_eq!(examined["findings"], json!([]), "{examined:#}");
        }
    }
}

/// The instances of `A` that a registry has.
fn instances(status: &Value) -> Vec<&str> {
    let all = status["definitions"][0]["instances"].as_array();
    all.expect("instances")
        .iter()
        .map(|one| text(one, "proxy"))
        .collect()
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
    for (proxy, relay) in proxies.iter().zip([Value::Null, json!(first)]) {
        let refused = sandbox.run("Admin", &format!("transfer {proxy} {second}"));
        refused.is(3, "NotAccepted");
        let next = text(&refused.document["error"], "next").to_lowercase();
        let adopt =
            format!("stylus-upgrades adopt A {proxy} VERSION --from {first} --registry {second}");
        let adopt = adopt.to_lowercase();
        assert!(next.contains(&adopt), "{next}");

        let accepted = two.accepted(proxy);
        assert_eq!(
            (&accepted["executed"], &accepted["from"]),
            (&json!(true), &json!(first))
        );
        let given = sandbox.run("Admin", &format!("transfer {proxy} {second}"));
        assert_eq!(given.exit, Some(0), "{given:?}");
        let receiver = &given.document["receiver"];
        assert_eq!(
            (text(receiver, "registry"), text(receiver, "version")),
            (second.as_str(), "1.0")
        );
        assert_eq!(receiver["codehash"], receiver["runs"]);
        assert_eq!(receiver["relay"], relay);
        assert!(
            given.stderr.contains("migrate   Admin2"),
            "{}",
            given.stderr
        );
        assert_eq!(
            given.stderr.contains("will forward the receiver's calls"),
            relay != Value::Null
        );
    }
    two.assert_well();
    let at_first = sandbox.done("Other", "status A");
    assert!(instances(&at_first).is_empty(), "{at_first:#}");
    let at_second = sandbox.done("Other", &format!("status A --registry {second}"));
    let there = instances(&at_second);
    assert!(
        proxies.iter().all(|proxy| there.contains(&proxy.as_str())),
        "{at_second:#}"
    );

    // The EVM proxy obeys its new registry through the old one.
    two.at_second("pause A");
    two.at_second("resume A");
    two.assert_well();

    for proxy in &proxies {
        sandbox.done("Admin", &format!("adopt A {proxy} 1.0 --from {second}"));
        two.at_second(&format!("transfer {proxy} {first}"));
    }
    two.assert_well();
    let migrated = sandbox.done("Admin", &MIGRATE);
    assert_eq!(migrated["executed"], true);
    let at_first = sandbox.done("Other", "status A");
    assert_eq!(instances(&at_first).len(), 2);
    for proxy in &proxies {
        let status = sandbox.done("Other", &format!("status {proxy}"));
        assert_eq!(text(&status["instance"], "version"), "2.0");
    }
    two.assert_well();
}

#[test]
fn what_could_not_arrive_is_refused_before_anything_is_sent() {
    let two = Two::new();
    let Two {
        sandbox, second, ..
    } = &two;
    let proxy = two.created("evm");
    let before = sandbox.block();
    for (to, name) in [
        (&["Other"][..], "NoRegistry"),
        (&[two.first.as_str()], "NoRegistry"),
        (&[proxy.as_str()], "NoRegistry"),
        (&[second.as_str(), "B"], "NoDefinition"),
        (&[second.as_str()], "NotAccepted"),
    ] {
        let words = [&["transfer", &proxy][..], to].concat();
        let refused = sandbox.run("Admin", &words);
        assert_eq!(error(&refused), name, "{refused:?}");
    }
    // Not even a definition that exists adopts what another registry decides about.
    let adopt = ["adopt", "A", &proxy, "1.0", "--registry", second];
    let refused = sandbox.run("Admin2", &adopt);
    assert_eq!(error(&refused), "OfRegistry", "{refused:?}");
    let from = [&adopt[..], &["--from", second]].concat();
    let refused = sandbox.run("Admin2", &from);
    assert_eq!(error(&refused), "NotThere", "{refused:?}");
    assert_eq!(sandbox.block(), before, "nothing was sent");

    two.accepted(&proxy);
    two.at_second(&format!("adopt A {proxy} 1.0 --withdraw"));
    let refused = sandbox.run("Admin", &format!("transfer {proxy} {second}"));
    refused.is(3, "NotAccepted");
    two.accepted(&proxy);
    two.at_second("pause A");
    let refused = sandbox.run("Admin", &format!("transfer {proxy} {second}"));
    refused.is(3, "Paused");
}

#[test]
fn other_code_at_the_receiver_has_to_be_meant() {
    let two = Two::new();
    let Two {
        sandbox,
        first,
        second,
    } = &two;
    two.at_second("register A 2.0 counter-v2 --initial --accept=initializer-of-other");
    let proxy = two.created("wasm");
    two.at_second(&format!("adopt A {proxy} 2.0 --from {first}"));
    let refused = sandbox.run("Admin", &format!("transfer {proxy} {second}"));
    refused.is(2, "Unconfirmed");
    let meant = format!("transfer {proxy} {second} --accept other-code");
    let refused = sandbox.run("Admin", &meant);
    // Its data never came to 2.0, and the receiver's order to run that code says so.
    assert_eq!(refused.exit, Some(1), "{refused:?}");
    let status = sandbox.done("Other", &format!("status {proxy}"));
    assert_eq!(text(&status["instance"], "version"), "1.0");
}

#[test]
fn an_instance_that_obeys_is_not_removed() {
    let two = Two::new();
    let proxy = two.created("wasm");
    let refused = two
        .sandbox
        .run("Admin", &format!("transfer {proxy} --remove"));
    refused.is(1, "NotSupported");
}
