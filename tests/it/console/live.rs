//! What open pages receive: an endpoint that goes away and its return, a chain that takes blocks back.
//! And what they do then.

use crate::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::process::Console;
use crate::layouts::project::Project;
use crate::run_migration::proxy::{Failure, Proxy};

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
    let console = Console::of_nobody(&node, &endpoint.url());
    until_gone(&console, false);
    hangs.store(true, Ordering::Relaxed);
    let why = until_gone(&console, true)["gone"].to_string();
    assert!(why.contains("no answer within "), "{why}");
    hangs.store(false, Ordering::Relaxed);
    until_gone(&console, false);
}

#[test]
fn a_reorganization_without_events_is_reported() {
    let node = spawn(NodeConfig::default()).expect("a free port");
    let begin = node.with_chain(|chain| {
        let begin = chain.snapshot();
        chain.mine(3, None).map(|_| begin)
    });
    let begin = begin.expect("the chain").expect("blocks");
    let console = Console::of_nobody(&node, &node.endpoint());
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

#[test]
fn a_chain_that_was_reset_is_shown_as_it_is_now() {
    let project = Project::with_note();
    let begin = project.node.with_chain(|chain| {
        let begin = chain.snapshot();
        chain.mine(200, None).map(|_| begin)
    });
    let begin = begin.expect("the chain").expect("blocks");
    let console = Console::of(&project);
    let ask = |path: &str| {
        let page = console.get(path);
        assert_eq!(page.status, 200, "{path}: {page:?}");
        page.body
    };
    let paths = ["/", "/definition?name=Note", "/instance?proxy=note"];
    assert!(paths.map(ask).iter().all(|page| page.contains("1.0")));
    let reverted = project.node.with_chain(move |chain| chain.revert(begin));
    assert!(reverted.expect("the chain"));
    let begun = Instant::now();
    for page in paths.map(ask) {
        assert!(page.contains("1.0"), "{page}");
    }
    let waited = begun.elapsed();
    assert!(waited < Duration::from_secs(20), "after {waited:?}");
}
