//! What takes long: it is answered before it is there, and what was tried once is not tried again on the
//! same block.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use stylus_devnode::{NodeConfig, spawn};

use super::process::{Console, NOBODY, with_open_action};
use crate::run_migration::proxy::{Failure, Proxy};

/// Requests that a trial takes, at least: code, storage and balances of the copy.
const SIMULATION_MIN: u64 = 10;

#[test]
fn what_is_not_there_in_time_is_answered_with_what_says_so() {
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
    hangs.store(true, Ordering::Relaxed);
    let page = console.first("/definition?name=a%22b");
    assert_eq!(page.status, 200, "{page:?}");
    for shown in [
        // What is known already stays as it is once the page is there.
        "<title>a&quot;b – stylus-upgrades</title>",
        &format!("data-registry=\"{NOBODY}\""),
        "aria-busy=\"true\"",
        "Being read",
        "<noscript><meta http-equiv=\"refresh\" content=\"0;url=/definition?name=a%22b&amp;wait=5\">",
    ] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    // A path that a browser would take for another host.
    let page = console.first("//example.com/").body;
    assert!(
        page.contains("content=\"0;url=/example.com/?wait=5\""),
        "{page}"
    );
    // Whoever asks may wait, and a program need not.
    let held = console.held("/", 1);
    assert!(held.body.contains(" data-working"), "{held:?}");
    for path in ["/api/doctor", "/api/overview", "/api/plan?name=a&version=b"] {
        let answer = console.held(path, 0);
        assert_eq!(answer.status, 202, "{answer:?}");
        assert!(answer.head.contains("retry-after: 1"), "{answer:?}");
        let document: Value = serde_json::from_str(&answer.body).expect("a document");
        assert_eq!(document["reading"], true, "{document}");
    }
}

#[test]
#[ignore = "nightly: many pages of a console, about 12 s"]
fn a_simulation_runs_once_on_a_block_for_every_page_that_shows_it() {
    let (project, action) = with_open_action();
    let account = project.node.addresses()[1];
    let endpoint = Proxy::start(&project.node.endpoint(), |_, _| Failure::None);
    let folder = tempfile::tempdir().expect("a folder");
    let registry = project.saved("registry");
    let console = Console::elsewhere(folder.path(), &endpoint.url(), &registry);
    let spent = |path: &str| {
        let before = endpoint.answers();
        let page = console.get(path);
        assert_eq!(page.status, 200, "{page:?}");
        endpoint.answers() - before
    };
    let mine = || {
        let mined = project.node.with_chain(|chain| chain.mine(1, None));
        mined.expect("the chain").expect("a block");
    };
    let open = format!("/action?id={action}&account={account}");
    let before = format!("/before?id={action}&do=approve&account={account}");
    for path in [&open, &before] {
        mine();
        let [anew, again] = [spent(path), spent(path)];
        println!("{path}: {anew} requests, {again} on the same block");
        assert!(again + SIMULATION_MIN < anew, "{again} of {anew}");
    }
    let known = spent(&before);
    mine();
    spent(&open);
    let shared = spent(&before);
    println!("{known} requests where it was shown before, {shared} where the other page was");
    assert!(
        shared < known + SIMULATION_MIN,
        "{shared} requests, not {known}"
    );
}
