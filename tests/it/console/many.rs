//! Thousands of instances and hundreds of versions: pages show the newest of them, and ask the endpoint for
//! as much as they show.

use crate::prelude::*;
use std::time::Instant;

use super::process::{Console, Response};
use crate::layouts::project::Project;
use crate::run_migration::proxy::{Failure, Proxy};

/// Instances that are created beside the one that is there.
const INSTANCES: u32 = 3_000;
/// Versions that are registered beside the one that is there.
const VERSIONS: u32 = 200;
/// Transactions of a block.
const BLOCK: usize = 500;
/// Requests of a page that was drawn before, at most, however long its lists are.
const REQUESTS_MAX: u64 = 300;

/// Sends calls of the registry from the account that decides alone, many in a block.
fn send(project: &Project, calls: Vec<Vec<u8>>, gas: u64) {
    let admin = project.node.addresses()[0];
    let registry: Address = project.saved("registry").parse().expect("an address");
    let failed = project.node.with_chain(move |chain| {
        chain.impersonate(admin);
        chain.set_block_gas_limit(gas * (BLOCK as u64 + 1));
        chain.set_automine(false);
        let nonce = chain.account(admin, BlockId::latest()).expect("it").nonce;
        let mut failed = 0;
        for (block, calls) in calls.chunks(BLOCK).enumerate() {
            let mut hashes = Vec::new();
            for (at, call) in calls.iter().enumerate() {
                let request = CallRequest {
                    to: Some(registry),
                    gas: Some(gas),
                    gas_price: Some(chain.gas_price() * 2),
                    input: Bytes::from(call.clone()),
                    nonce: Some(nonce + (block * BLOCK + at) as u64),
                    ..CallRequest::default()
                };
                hashes.push(chain.submit_unsigned(admin, request).expect("submitted"));
            }
            while chain.has_waiting() {
                chain.mine(1, None).expect("mined");
            }
            let receipts = hashes.into_iter().map(|hash| chain.receipt(hash));
            failed += receipts
                .filter(|one| !one.as_ref().is_some_and(|one| one.success))
                .count();
        }
        chain.set_automine(true);
        failed
    });
    assert_eq!(failed.expect("the chain"), 0, "transactions failed");
}

/// Calls that create instances of version 1.0, with these salts.
fn instances(salts: std::ops::Range<u32>) -> Vec<Vec<u8>> {
    let initialize = |at: u32| {
        let word = U256::from(at).to_be_bytes::<32>();
        let selector = &keccak256("initialize(uint256)")[..4];
        Bytes::from([selector, &word].concat())
    };
    let call = |at: u32| {
        let salt = B256::from(U256::from(at));
        calls::create_proxy("Note", "1.0", proxy_kind::EVM, salt, initialize(at))
    };
    salts.map(|at| call(at).abi_encode()).collect()
}

#[tokio::test]
async fn pages_of_thousands_of_instances_and_hundreds_of_versions_are_answered() {
    let project = Project::with_note();
    let code = project.code("1.0").await;
    let begun = Instant::now();
    let versions = (1..=VERSIONS).map(|at| {
        let from = match at {
            1 => "1.0".to_owned(),
            at => format!("1.{}", at - 1),
        };
        let step = stylus_upgrades::registry::nothing(&from);
        calls::add_version("Note", format!("1.{at}"), &code, step).abi_encode()
    });
    send(&project, versions.collect(), 3_000_000);
    send(&project, instances(1_000..1_000 + INSTANCES), 3_000_000);
    println!("{:?} for the chain", begun.elapsed());

    let endpoint = Proxy::start(&project.node.endpoint(), |_, _| Failure::None);
    let console = Console::elsewhere(&project, &endpoint.url());
    let ask = |path: &str| -> Response {
        let (begun, before) = (Instant::now(), endpoint.answers());
        let page = console.get(path);
        assert_eq!(page.status, 200, "{path}: {page:?}");
        println!(
            "{path}: after {:?}, {} requests, {} bytes",
            begun.elapsed(),
            endpoint.answers() - before,
            page.body.len()
        );
        page
    };
    let all = ["<td data-name=\"versions\">201</td>", "3,001 instances"];
    for round in ["cold", "warm"] {
        println!("{round}");
        let before = endpoint.answers();
        let page = ask("/");
        page.shows(&all);
        let page = ask("/definition?name=Note");
        page.shows(&[
            "50 of 3,001 are shown",
            "50 of 201 are shown",
            "? not checked",
            "<b>1.200</b>",
        ]);
        let rows = page.body.matches("<a href=\"/instance?proxy=").count();
        assert_eq!(rows, 50, "{}", page.body);
        if round == "warm" {
            let spent = endpoint.answers() - before;
            assert!(spent < 2 * REQUESTS_MAX, "{spent} requests for two pages");
        }
    }
    // What happens while the console runs is in the next page.
    send(&project, instances(0..1), 3_000_000);
    ask("/definition?name=Note").shows(&["50 of 3,002 are shown"]);
}
