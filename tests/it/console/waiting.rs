//! What was tried once is not tried again on the same block.

use super::process::{Console, with_open_action};
use crate::run_migration::proxy::{Failure, Proxy};

/// Requests that a trial takes, at least: code, storage and balances of the copy.
const SIMULATION_MIN: u64 = 10;

#[test]
#[ignore = "nightly: many pages of a console, about 12 s"]
fn a_simulation_runs_once_on_a_block_for_every_page_that_shows_it() {
    let (project, action) = with_open_action();
    let account = project.node.addresses()[1];
    let endpoint = Proxy::start(&project.node.endpoint(), |_, _| Failure::None);
    let console = Console::elsewhere(&project, &endpoint.url());
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
        let [first, again] = [spent(path), spent(path)];
        println!("{path}: {first} requests, {again} on the same block");
        assert!(again + SIMULATION_MIN < first, "{again} of {first}");
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
