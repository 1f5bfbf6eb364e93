//! Networks of the manifest: which endpoint, registry and aliases count, that nothing is sent to
//! another chain, and that what a URL holds of the environment is written nowhere.

use crate::hostile::sandbox::{MANIFEST, Run, Sandbox, node};
use crate::hostile::server::{Server, forward, reply};
use crate::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};
use stylus_devnode::spawn;

const KEY: &str = "0123456789abcdef0123";
const DEFINE: [&str; 4] = ["define", "A", "--migrate", "Admin"];

/// A folder with the key of the first account, and that manifest.
fn folder(manifest: &str) -> Sandbox {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    sandbox.write(MANIFEST, manifest);
    sandbox
}

fn with_key(sandbox: &Sandbox, words: &(impl Words + ?Sized), variables: &[(&str, &str)]) -> Run {
    let words = &words.list()[..];
    let words = [words, &["--json", "--private-key-path", "key"]].concat();
    let mut command = sandbox.command(&words);
    Run::of(command.envs(variables.iter().copied()))
}

#[test]
fn a_network_has_its_own_endpoint_registry_aliases_and_explorer() {
    let (one, two) = (node(), node());
    let sandbox = Sandbox::with_node(&one);
    let admin = one.accounts().mnemonic()[0].address();
    let host = two.address().to_string();
    let server = Server::new(move |request, stream| {
        assert!(request.path.contains(KEY), "{}", request.path);
        forward(stream, request, &host)
    });
    // The variable is only looked at where the network is used.
    let manifest = format!(
        "# ours\nrpc = {:?}\n\n[aliases]\nAdmin = \"{admin}\"\n\n\
         [networks.two]\nchain_id = 412346\nrpc_url = \"{}/v2/${{RPC_KEY}}\"\n\
         explorer = \"https://explorer.example/\"\n",
        one.endpoint(),
        server.url(),
    );
    sandbox.write(MANIFEST, &manifest);
    let at_one = sandbox.done("registry deploy --save");
    assert!(at_one["link"].is_null(), "{at_one}");

    let there = [("RPC_KEY", KEY), ("STYLUS_UPGRADES_NETWORK", "two")];
    let no_registry = with_key(&sandbox, &DEFINE, &there);
    assert_eq!(no_registry.exit, Some(2), "{no_registry:?}");
    let expected = no_registry.error("expected");
    assert!(expected.contains("[networks.two]"), "{expected}");

    let deploy = "registry deploy --save --network two";
    let deployed = with_key(&sandbox, &deploy, &there[..1]);
    assert_eq!(deployed.exit, Some(0), "{deployed:?}");
    let document = deployed.document();
    let tx = document["tx"].as_str().expect("a transaction");
    let link = format!("https://explorer.example/tx/{tx}");
    assert_eq!(document["link"], link, "{document}");
    for sent in document["transactions"].as_array().expect("all") {
        assert!(sent["link"].is_string(), "{sent}");
    }
    let written = std::fs::read_to_string(sandbox.path(MANIFEST)).expect("a manifest");
    assert!(written.starts_with("# ours"), "{written}");
    let tables: toml::Table = written.parse().expect("a manifest");
    let same = |saved: &toml::Value, said: &serde_json::Value| {
        let (saved, said) = (saved.as_str().expect("saved"), said.as_str().expect("said"));
        assert!(saved.eq_ignore_ascii_case(said), "{saved} {said}");
    };
    same(&tables["registry"], &at_one["registry"]);
    same(
        &tables["networks"]["two"]["registry"],
        &document["registry"],
    );

    let defined = with_key(&sandbox, &DEFINE, &there);
    assert_eq!(defined.exit, Some(0), "{defined:?}");
    let status = |network: &[&str]| {
        let run = with_key(&sandbox, &[&["status"], network].concat(), &there[..1]);
        run.document()["definitions"].as_array().map(Vec::len)
    };
    assert_eq!(status(&["--network", "two"]), Some(1));
    assert_eq!(status(&[]), Some(0), "on the other chain there is none");

    // For people the link stands in the place of the hash.
    let words = "history A --network two --private-key-path key";
    let shown = Run::of(sandbox.command(&words).envs(there));
    assert!(
        shown.stdout.contains("https://explorer.example/tx/0x"),
        "{shown:?}"
    );

    let said = format!("{deployed:?}{no_registry:?}{defined:?}{shown:?}{written}");
    assert!(!said.contains(KEY), "the variable's value was written");
    let left = std::process::Command::new("grep")
        .args(["-r", KEY, "."])
        .current_dir(sandbox.folder())
        .output();
    assert!(left.expect("it runs").stdout.is_empty(), "it is in a file");
}

#[test]
fn flag_then_environment_then_network_then_the_top_of_the_manifest() {
    let counts: Vec<Arc<AtomicU64>> = (0..4).map(|_| Arc::default()).collect();
    let servers: Vec<Server> = counts
        .iter()
        .map(|count| {
            let count = count.clone();
            Server::new(move |request, stream| {
                count.fetch_add(1, Ordering::Relaxed);
                reply(stream, request, "result", json!("0x7"))
            })
        })
        .collect();
    let [flag, environment, network, top] = [0, 1, 2, 3].map(|at| servers[at].url());
    let registry = "0x1111111111111111111111111111111111111111";
    let sandbox = folder(&format!(
        "rpc = {top:?}\nregistry = {registry:?}\n[networks.seven]\nchain_id = 8\n\
         rpc_url = {network:?}\nregistry = {registry:?}\n"
    ));
    let requested = |words: &[&str], variables: &[(&str, &str)]| {
        let before: Vec<u64> = counts
            .iter()
            .map(|count| count.load(Ordering::Relaxed))
            .collect();
        with_key(&sandbox, &[&["status"], words].concat(), variables);
        let now = counts.iter().map(|count| count.load(Ordering::Relaxed));
        let mut requested = now.zip(before).map(|(now, before)| now > before);
        requested.position_of_the_only()
    };
    let named = ["--network", "seven"];
    let variable = [("ETH_RPC_URL", environment.as_str())];
    let both = [&named[..], &["--rpc-url", &flag]].concat();
    assert_eq!(requested(&both, &variable), Some(0));
    assert_eq!(requested(&named, &variable), Some(1));
    assert_eq!(requested(&named, &[]), Some(2));
    assert_eq!(requested(&[], &[]), Some(3));
    assert_eq!(requested(&[], &variable), Some(1));
    let by_variable = [("STYLUS_UPGRADES_NETWORK", "seven")];
    assert_eq!(requested(&[], &by_variable), Some(2));
    let other = [("STYLUS_UPGRADES_NETWORK", "nobody")];
    assert_eq!(
        requested(&named, &other),
        Some(2),
        "the flag counts before it"
    );
}

/// Which of several was requested, if it was exactly one.
trait Only {
    fn position_of_the_only(&mut self) -> Option<usize>;
}

impl<I: Iterator<Item = bool>> Only for I {
    fn position_of_the_only(&mut self) -> Option<usize> {
        let found: Vec<_> = self.enumerate().filter(|(_, is)| *is).collect();
        match found[..] {
            [(at, _)] => Some(at),
            _ => None,
        }
    }
}

#[test]
fn nothing_is_sent_to_another_chain_than_the_one_that_is_meant() {
    let meant = node();
    let other = spawn(NodeConfig {
        chain: stylus_devnode::ChainConfig {
            chain_id: 31_337,
            ..Default::default()
        },
        ..NodeConfig::default()
    })
    .expect("a free port");
    let sandbox = Sandbox::with_node(&meant);
    sandbox.write(
        MANIFEST,
        &format!(
            "chain_id = 412346\nrpc = {:?}\n[networks.main]\nchain_id = 42161\nrpc_url = {:?}\n",
            meant.endpoint(),
            other.endpoint()
        ),
    );
    let deploy = ["deploy", "counter-v1"];
    let url = other.endpoint();
    let cases: [(&[&str], &str, &str); 2] = [
        (
            &["--network", "main"],
            "chain 42161, as main says",
            "chain 31337",
        ),
        (
            &["--rpc-url", &url],
            "chain 412346, as stylus-upgrades.toml says",
            "chain 31337",
        ),
    ];
    for (words, expected, found) in cases {
        let run = with_key(&sandbox, &[&deploy[..], words].concat(), &[]);
        assert_eq!(run.exit, Some(2), "{run:?}");
        assert_eq!(run.error("name"), "OtherChain");
        assert_eq!(run.error("expected"), expected);
        assert_eq!(run.error("found"), found);
        assert!(run.error("next").contains("--rpc-url"), "{run:?}");
    }
    let sent = other.with_chain(|chain| chain.block_number());
    assert_eq!(sent.expect("the chain"), 0, "no block was made there");
    assert!(!sandbox.path(".stylus-upgrades").exists(), "nor a journal");
    sandbox.done(&deploy);
}

#[test]
fn an_empty_name_of_a_network_is_refused_and_nothing_is_sent() {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    let deploy = ["deploy", "counter-v1"];
    let flag = [&deploy[..], &["--network", ""]].concat();
    let variable = [("STYLUS_UPGRADES_NETWORK", "")];
    for (words, variables) in [(&flag[..], &[][..]), (&deploy[..], &variable[..])] {
        let run = with_key(&sandbox, words, variables);
        assert_eq!(run.exit, Some(2), "{run:?}");
        assert_eq!(run.error("name"), "UnknownNetwork", "{run:?}");
    }
    let sent = node.with_chain(|chain| chain.block_number());
    assert_eq!(sent.expect("the chain"), 0);
}

#[test]
fn an_endpoint_that_ends_on_another_chain_verifies_nothing() {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    sandbox.done("registry deploy --save");
    let host = node.address().to_string();
    let requests = Arc::new(AtomicU64::new(0));
    let server = Server::new(move |request, stream| {
        let is_later =
            request.method() == "eth_chainId" && requests.fetch_add(1, Ordering::Relaxed) > 0;
        match is_later {
            true => reply(stream, request, "result", json!("0x66eee")),
            false => forward(stream, request, &host),
        }
    });
    let run = with_key(&sandbox, &["status", "--rpc-url", &server.url()], &[]);
    assert_eq!(run.exit, Some(4), "{run:?}");
    assert!(run.error("found").contains("chain 421614"), "{run:?}");
}
