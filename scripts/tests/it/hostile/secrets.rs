//! Credentials and keys that nobody else must see, wherever something goes wrong.

use crate::hostile::sandbox::{Run, Sandbox, node};
use crate::hostile::server::{Server, forward, respond};
use crate::prelude::*;

const REGISTRY: &str = "0x1111111111111111111111111111111111111111";
const SECRETS: [&str; 4] = [
    "passwordpassword",
    "0123456789abcdefsecret",
    "fedcba9876543210secret",
    "b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659",
];

/// URLs that lead to that host with a secret in each of the usual places.
fn urls(host: &str) -> [String; 4] {
    let [password, path, query, _] = SECRETS;
    [
        format!("http://user:{password}@{host}"),
        format!("http://{host}/v2/{path}"),
        format!("http://{host}/?apikey={query}"),
        format!("http://user:{password}@{host}/v2/{path}?apikey={query}"),
    ]
}

fn assert_hidden(run: &Run) {
    SECRETS.iter().for_each(|secret| run.hides(secret));
}

#[test]
fn no_error_of_an_endpoint_repeats_the_credentials_of_its_url() {
    // it sends back what it was asked for, as many do
    let [echo, garbage] = ["403 Forbidden", "200 OK"].map(|status| {
        Server::new(move |request, stream| {
            let words = format!("{} {}", request.path, SECRETS.join(" "));
            respond(stream, status, &words)
        })
    });
    let silent = Server::new(|_, _| {
        std::thread::sleep(Duration::from_secs(600));
        Ok(())
    });
    let sandbox = Sandbox::new();
    let nobody = "127.0.0.1:9".to_owned();
    let hosts = [echo.host(), garbage.host(), silent.host(), nobody];
    for url in hosts.iter().flat_map(|host| urls(host)) {
        let secrets = SECRETS.iter().filter(|secret| url.contains(**secret));
        let secrets: Vec<_> = secrets.collect();
        for json in ["--json", ""] {
            let words = format!("status --registry {REGISTRY} --rpc-timeout 1 {json}");
            let mut command = sandbox.command(&words);
            let run = Run::of(command.env("ETH_RPC_URL", &url).env("RUST_LOG", "trace"));
            assert_eq!(run.exit, Some(4), "{run:?}");
            secrets.iter().for_each(|secret| run.hides(secret));
        }
    }
}

#[test]
fn a_command_line_that_cannot_be_understood_is_reported_without_its_secrets() {
    let sandbox = Sandbox::new();
    let [.., url] = urls("host");
    let key = SECRETS[3];
    let wrong = format!(
        "statsu --private-key {key} --rpc-url {url}
         status --privat-key {key}
         --mnemonic passwordpassword 0123456789abcdefsecret status
         --password passwordpassword status
         --password=passwordpassword status
         status --nonsense --private-key {key}
         status {key} {url} --private-key {key}
         deploy --rpc-url {url}
         status --rpc_url {url}
         status --private-key {key} --private-key {key}"
    );
    for words in wrong.lines() {
        for json in ["", "--json"] {
            let run = sandbox.run(&format!("{words} {json}"));
            assert_eq!(run.exit, Some(2), "{words:?}: {run:?}");
            assert_hidden(&run);
        }
    }
}

#[test]
fn what_a_run_writes_to_disk_holds_neither_key_nor_credentials() {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    let key = sandbox.read("key");
    let key = key.trim_start_matches("0x");
    let host = node.address().to_string();
    let server = Server::new(move |request, stream| forward(stream, request, &host));
    let [.., url] = urls(&server.host());
    let words = format!("registry deploy --save --rpc-url {url} --json --private-key-path key");
    let mut command = sandbox.command(&words);
    let killed = Run::of(command.env("STYLUS_UPGRADES_KILL_AT", "sent:2"));
    assert_eq!(killed.exit, None, "{killed:?}");
    let journal = sandbox.path(".stylus-upgrades");
    assert_eq!(std::fs::read_dir(&journal).expect("a journal").count(), 1);
    assert_no_secret_below(&sandbox, key);
    let run = sandbox.run(&words);
    assert_eq!(run.exit, Some(0), "{run:?}");
    assert_hidden(&killed);
    assert_hidden(&run);
    assert_no_secret_below(&sandbox, key);
}

/// No file below the folder but the key file holds a secret.
fn assert_no_secret_below(sandbox: &Sandbox, key: &str) {
    for path in stylus_upgrades_test_support::files_below(sandbox.folder()) {
        if path == sandbox.path("key") {
            continue;
        }
        let bytes = std::fs::read(&path).expect("a file");
        let text = String::from_utf8_lossy(&bytes);
        for secret in SECRETS.iter().chain([&key]) {
            assert!(!text.contains(*secret), "{}", path.display());
        }
    }
}
