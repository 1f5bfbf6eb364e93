//! Networks of the manifest: which endpoint, registry and aliases count, that nothing is sent to
//! another chain, and that what a URL holds of the environment is written nowhere.

use crate::hostile::sandbox::{Run, Sandbox, blocks, node};
use crate::hostile::server::{Server, forward, reply};
use crate::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};
use stylus_devnode::spawn;

const KEY: &str = "0123456789abcdef0123";
const DEFINE: &str = "define A --migrate Admin";

fn with_key(sandbox: &Sandbox, words: &(impl Words + ?Sized), variables: &[(&str, &str)]) -> Run {
    let mut command = sandbox.command(words);
    command.args(["--json", "--private-key-path", "key"]);
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
        "# mine\nrpc = {:?}\n\n[aliases]\nAdmin = \"{admin}\"\n\n\
         [networks.two]\nchain_id = 412346\nrpc_url = \"{}/v2/${{RPC_KEY}}\"\n\
         explorer = \"https://explorer.example/\"\n",
        one.endpoint(),
        server.url(),
    );
    sandbox.write(MANIFEST, &manifest);
    let at_one = sandbox.done("registry deploy --save");
    assert!(at_one["link"].is_null(), "{at_one}");

    let there = [("RPC_KEY", KEY), ("STYLUS_UPGRADES_NETWORK", "two")];
    let no_registry = with_key(&sandbox, DEFINE, &there);
    assert_eq!(no_registry.exit, Some(2), "{no_registry:?}");
    assert_snapshot!(no_registry.refusal(), @"
    message: no registry is given
    expected: --registry, STYLUS_UPGRADES_REGISTRY, or registry in [networks.two]
    found: none of them
    next: --registry ADDRESS names one that is there, such as the one whose action you approve; stylus-upgrades registry deploy --save deploys a new one and names it in the manifest
    ");

    let deploy = "registry deploy --save --network two";
    let deployed = with_key(&sandbox, deploy, &there[..1]);
    assert_eq!(deployed.exit, Some(0), "{deployed:?}");
    let document = deployed.document();
    let link = format!("https://explorer.example/tx/{}", text(&document, "tx"));
    document.has(json!({"link": link}));
    texts(list(&document, "transactions"), "link");
    let written = sandbox.read(MANIFEST);
    assert!(written.starts_with("# mine"), "{written}");
    let tables: toml::Table = written.parse().expect("a manifest");
    for (table, said) in [(&tables, &at_one), (two_of(&tables), &document)] {
        let saved = table["registry"].as_str().expect("saved");
        assert!(
            saved.eq_ignore_ascii_case(text(said, "registry")),
            "{written}"
        );
    }

    let defined = with_key(&sandbox, DEFINE, &there);
    assert_eq!(defined.exit, Some(0), "{defined:?}");
    let status = |words: &str| {
        let document = with_key(&sandbox, words, &there[..1]).document();
        list(&document, "definitions").len()
    };
    assert_eq!(status("status --network two"), 1);
    assert_eq!(status("status"), 0, "on the other chain there is none");

    // For people the link stands in the place of the hash.
    let words = "history A --full --network two --private-key-path key";
    let shown = Run::of(sandbox.command(&words).envs(there));
    contains(&shown.stdout, &["https://explorer.example/tx/0x"]);

    let said = format!("{deployed:?}{no_registry:?}{defined:?}{shown:?}{written}");
    assert!(!said.contains(KEY), "the variable's value was written");
    let left = std::process::Command::new("grep")
        .args(["-r", KEY, "."])
        .current_dir(sandbox.folder())
        .output();
    assert!(left.expect("it runs").stdout.is_empty(), "it is in a file");
}

/// The table of the network `two`.
fn two_of(manifest: &toml::Table) -> &toml::Table {
    manifest["networks"]["two"].as_table().expect("a table")
}

#[test]
fn flag_then_environment_then_network_then_the_top_of_the_manifest() {
    let counts: Vec<Arc<AtomicU64>> = (0..4).map(|_| Arc::default()).collect();
    let servers = counts.iter().map(|count| {
        let count = count.clone();
        Server::new(move |request, stream| {
            count.fetch_add(1, Ordering::Relaxed);
            reply(stream, request, "result", json!("0x7"))
        })
    });
    let servers: Vec<Server> = servers.collect();
    let [flag, environment, network, top] = [0, 1, 2, 3].map(|at| servers[at].url());
    let registry = "0x1111111111111111111111111111111111111111";
    let sandbox = Sandbox::with_node(&node());
    let manifest = format!(
        "rpc = {top:?}\nregistry = {registry:?}\n[networks.seven]\nchain_id = 8\n\
         rpc_url = {network:?}\nregistry = {registry:?}\n"
    );
    sandbox.write(MANIFEST, &manifest);
    let all = || -> Vec<u64> {
        let all = counts.iter();
        all.map(|count| count.load(Ordering::Relaxed)).collect()
    };
    // Which of them alone was requested.
    let requested = |words: &str, variables: &[(&str, &str)]| {
        let before = all();
        with_key(&sandbox, &format!("status {words}"), variables);
        let now = all().into_iter().zip(before).enumerate();
        let found = now.filter(|(_, (now, before))| now > before);
        match found.map(|(at, _)| at).collect::<Vec<_>>()[..] {
            [at] => Some(at),
            _ => None,
        }
    };
    let named = "--network seven";
    let variable = [("ETH_RPC_URL", environment.as_str())];
    let by_variable = [("STYLUS_UPGRADES_NETWORK", "seven")];
    // The flag counts before the variable.
    let other = [("STYLUS_UPGRADES_NETWORK", "nobody")];
    let both = format!("{named} --rpc-url {flag}");
    for (words, variables, expected) in [
        (&both[..], &variable[..], 0),
        (named, &variable, 1),
        (named, &[], 2),
        ("", &[], 3),
        ("", &variable, 1),
        ("", &by_variable, 2),
        (named, &other, 2),
    ] {
        let found = requested(words, variables);
        assert_eq!(found, Some(expected), "{words} {variables:?}");
    }
}

#[test]
fn nothing_is_sent_to_another_chain_than_the_one_that_is_meant() {
    let meant = node();
    let mut config = NodeConfig::default();
    config.chain.chain_id = 31_337;
    let other = spawn(config).expect("a free port");
    let sandbox = Sandbox::with_node(&meant);
    let (here, there) = (meant.endpoint(), other.endpoint());
    let networks = format!("[networks.main]\nchain_id = 42161\nrpc_url = {there:?}\n");
    let manifest = format!("chain_id = 412346\nrpc = {here:?}\n{networks}");
    sandbox.write(MANIFEST, &manifest);
    let at_other = format!("--rpc-url {there}");
    let mut told = Vec::new();
    for (words, expected) in [
        ("--network main", "chain 42161, as main says"),
        (&at_other, "chain 412346, as stylus-upgrades.toml says"),
    ] {
        let run = with_key(&sandbox, &format!("deploy counter-v1 {words}"), &[]);
        run.is(2, "OtherChain");
        told.push(run.refusal());
        let said = (run.error("expected"), run.error("found"));
        assert_eq!(said, (expected.to_owned(), "chain 31337".to_owned()));
    }
    assert_snapshot!(told.join("\n\n"));
    assert_eq!(blocks(&other), 0, "no block was made there");
    assert!(!sandbox.path(".stylus-upgrades").exists(), "nor a journal");
    sandbox.done("deploy counter-v1");
}

#[test]
fn an_empty_name_of_a_network_is_refused_and_nothing_is_sent() {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    let deploy = ["deploy", "counter-v1", "--network", ""];
    let variable = [("STYLUS_UPGRADES_NETWORK", "")];
    for (words, variables) in [(&deploy[..], &[][..]), (&deploy[..2], &variable[..])] {
        with_key(&sandbox, words, variables).is(2, "UnknownNetwork");
    }
    assert_eq!(blocks(&node), 0);
}

#[test]
fn an_endpoint_that_ends_on_another_chain_verifies_nothing() {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    sandbox.done("registry deploy --save");
    let host = node.address().to_string();
    let requests = Arc::new(AtomicU64::new(0));
    let server = Server::new(move |request, stream| {
        let is_asked = request.method() == "eth_chainId";
        match is_asked && requests.fetch_add(1, Ordering::Relaxed) > 0 {
            true => reply(stream, request, "result", json!("0x66eee")),
            false => forward(stream, request, &host),
        }
    });
    let run = with_key(&sandbox, &format!("status --rpc-url {}", server.url()), &[]);
    assert_eq!(run.exit, Some(4), "{run:?}");
    assert_snapshot!(run.refusal(), @"
    message: no answer from http://127.0.0.1:[port]: a contradictory answer: chain 421614, where it was chain 412346 before
    expected: an endpoint that answers what it is asked
    found: a contradictory answer: chain 421614, where it was chain 412346 before
    next: run the command again with another --rpc-url: it looks at the chain first
    ");
}
