//! What open pages receive: an endpoint that goes away and its return, a chain that takes blocks back.
//! And what they do then.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stylus_devnode::{NodeConfig, NodeError, NodeHandle, spawn};
use stylus_upgrades_harness::home;

use super::process::Console;
use crate::run_migration::proxy::{Failure, Proxy};

/// A node at a port below those that the system gives whoever asks for any free one, so that it can be
/// started there again.
fn at_a_port_of_its_own() -> NodeHandle {
    let first = 20_000 + (std::process::id() % 10_000) as u16;
    (first..first + 2_000)
        .find_map(|port| {
            let config = NodeConfig {
                port,
                ..NodeConfig::default()
            };
            match spawn(config) {
                Ok(node) => Some(node),
                Err(NodeError::AddressInUse { .. }) => None,
                Err(error) => panic!("{error}"),
            }
        })
        .expect("a free port")
}

/// Asks until the chain answers, or does not.
fn until_gone(console: &Console, is_gone: bool) -> Value {
    let begun = Instant::now();
    loop {
        let news = console.news("", "");
        if news["gone"].is_string() == is_gone {
            return news;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{news}");
    }
}

#[test]
fn an_endpoint_that_is_gone_and_comes_back_is_reported() {
    let node = at_a_port_of_its_own();
    let (endpoint, port) = (node.endpoint(), node.address().port());
    let folder = tempfile::tempdir().expect("a folder");
    let console = Console::of_nobody(folder.path(), &node, &endpoint);
    until_gone(&console, false);
    drop(node);
    until_gone(&console, true);
    let page = console.get("/");
    assert_eq!(page.status, 502, "{page:?}");
    assert!(page.body.contains("<dt>next</dt>"), "{}", page.body);
    let config = NodeConfig {
        port,
        ..NodeConfig::default()
    };
    let _node = spawn(config).expect("the same port");
    until_gone(&console, false);
}

#[test]
fn an_endpoint_that_takes_requests_and_never_answers_is_reported_and_its_return_too() {
    let node = spawn(NodeConfig::default()).expect("a free port");
    let hangs = Arc::new(AtomicBool::new(false));
    let is_hanging = hangs.clone();
    let endpoint = Proxy::start(&node.endpoint(), move |_, _| {
        match is_hanging.load(Ordering::Relaxed) {
            true => Failure::Late(Duration::from_secs(120)),
            false => Failure::None,
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let console = Console::of_nobody(folder.path(), &node, &endpoint.url());
    until_gone(&console, false);
    hangs.store(true, Ordering::Relaxed);
    let why = until_gone(&console, true)["gone"].to_string();
    assert!(why.contains("no answer within "), "{why}");
    hangs.store(false, Ordering::Relaxed);
    until_gone(&console, false);
}

#[test]
fn a_reorganisation_without_events_is_reported() {
    let node = spawn(NodeConfig::default()).expect("a free port");
    let begin = node.with_chain(|chain| {
        let begin = chain.snapshot();
        chain.mine(3, None).map(|_| begin)
    });
    let begin = begin.expect("the chain").expect("blocks");
    let folder = tempfile::tempdir().expect("a folder");
    let console = Console::of_nobody(folder.path(), &node, &node.endpoint());
    let page = console.get("/").body;
    let [block, hash] = ["data-block", "data-hash"].map(|name| {
        let (_, rest) = page.split_once(&format!("{name}=\"")).expect(name);
        rest.split_once('"').expect("its end").0.to_owned()
    });
    assert_eq!(console.news(&block, &hash)["changed"], false);
    node.with_chain(move |chain| {
        assert!(chain.revert(begin));
        chain.mine(4, Some(9))
    })
    .expect("the chain")
    .expect("blocks");
    let news = console.news(&block, &hash);
    assert_eq!(news["changed"], true, "{block} {hash}: {news}");
}

/// The console's script on a page without a browser: what it asks for when the registry has new
/// events.
const HEARD: &str = "
const [script, costly] = process.argv.slice(1);
const asked = [];
const main = { dataset: { block: '1', hash: '0x00' }, replaceWith() {}, focus() {} };
if (costly === 'costly') main.dataset.costly = '';
const news = { textContent: '' };
const context = {
  document: { getElementById: (id) => ({ main, news, connect: {} })[id] || null, querySelector: () => null, querySelectorAll: () => [], body: { dataset: {} } },
  addEventListener() {}, dispatchEvent() {}, Event: class {}, window: {},
  navigator: { locks: { request: async (_, ...rest) => rest.pop()({}) } },
  location: { href: 'http://127.0.0.1/page' }, URL, URLSearchParams, setInterval() {},
  setTimeout: (then, after, ...rest) => setTimeout(then, after, ...rest).unref(),
  DOMParser: class { parseFromString() { return { getElementById: () => main }; } },
  fetch: async (path) => {
    asked.push(path);
    const isNews = path.startsWith('/api/news');
    const news = `{\"changed\":${asked.filter((path) => path.startsWith('/api/news')).length === 1}}`;
    return { status: 200, text: async () => (isNews ? news : '') };
  },
};
require('node:vm').runInNewContext(require('node:fs').readFileSync(script, 'utf8'), context);
setTimeout(() => {
  const pages = asked.filter((path) => !path.startsWith('/api/')).length;
  console.log(JSON.stringify({ pages, asked: asked.length - pages, news: news.textContent }));
}, 200);
";

#[test]
fn a_page_that_costs_much_is_not_requested_again_by_itself() {
    let heard = |kind: &str| -> Value {
        let script = home().join("scripts/src/console/assets/console.js");
        let mut command = Command::new("node");
        let output = command.args(["-e", HEARD]).arg(script).arg(kind).output();
        let output = output.expect("node");
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).expect("a document")
    };
    let plain = heard("plain");
    assert_eq!(plain, json!({"pages": 1, "asked": 1, "news": ""}));
    let costly = heard("costly");
    let says = "There is news on the chain: open this page again to see it.";
    assert_eq!(costly, json!({"pages": 0, "asked": 1, "news": says}));
}
