use super::Fees;
use crate::client::lag::Seen;
use crate::client::{Client, Endpoint};
use crate::ids::TxHash;
use crate::journal::Journal;
use crate::progress::{Progress, Silent};
use alloy::network::TransactionBuilder;
use alloy::primitives::Address;
use alloy::rpc::types::TransactionRequest;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

#[tokio::test(flavor = "multi_thread")]
async fn what_the_endpoint_takes_for_underpriced_is_offered_again_for_more() {
    let node = stylus_devnode::spawn(stylus_devnode::NodeConfig::default());
    let node = node.expect("a free port");
    let signer = node.accounts().mnemonic()[0].clone();
    let sent = Arc::new(MaySent::default());
    let endpoint = Endpoint::parse(&node.endpoint()).expect("a URL");
    let client = Client::connect_reporting(endpoint, sent.clone()).await;
    let client = client.expect("it answers").with_signer(signer);
    // An estimate is twice the base fee, and something for the tip.
    let estimated = client.fees().await.expect("fees");
    let at = |percent: u128| Fees {
        max: estimated.max * percent / 200,
        tip: 0,
    };
    let request = TransactionRequest::default()
        .with_to(Address::repeat_byte(7))
        .with_gas_limit(100_000);
    let offer = async |percent: u128| {
        let sender = client.sender("a call").expect("a key");
        client
            .offer("a call", request.clone(), (sender, 0), at(percent))
            .await
    };
    let error = offer(10).await.err().expect("it never suffices");
    assert!(error.is_told("Underpriced"), "{error}");
    assert!(sent.0.lock().expect("it").is_empty(), "it was refused");
    assert!(offer(70).await.is_ok(), "it suffices in the end");
    assert_eq!(sent.0.lock().expect("it").len(), 1);

    // What a copy is offered reaches no chain.
    let told = std::mem::take(&mut *sent.0.lock().expect("it"));
    let copy = client.clone().of_copy(client.clone());
    let (sender, request) = (copy.sender("a call").expect("a key"), request.clone());
    let offered = copy.offer("a call", request, (sender, 1), at(100)).await;
    assert!(
        offered.is_ok() && sent.0.lock().expect("it").is_empty(),
        "{told:?}"
    );
}

/// The transactions that may have been sent.
#[derive(Default)]
struct MaySent(Mutex<BTreeSet<TxHash>>);

impl Progress for MaySent {
    fn transaction(&self, tx: TxHash) {
        self.0.lock().expect("it").insert(tx);
    }
    fn not_sent(&self, tx: TxHash) {
        self.0.lock().expect("it").remove(&tx);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_in_the_queue_is_named_and_stays_in_the_journal() {
    // Nitro's sequencer keeps no transaction whose nonce is not the next one; other chains do.
    let keeps = stylus_devnode::NodeConfig {
        admission: stylus_devnode::AdmissionPolicy::Lenient,
        ..stylus_devnode::NodeConfig::default()
    };
    let node = stylus_devnode::spawn(keeps).expect("a free port");
    let signer = node.accounts().mnemonic()[0].clone();
    let sender = signer.address();
    let folder = tempfile::tempdir().expect("a folder");
    let client = Client::connect(&node.endpoint()).await.expect("it answers");
    let chain = (client.chain_id(), false);
    let journal = Journal::new(
        &folder.path().join("journals"),
        chain,
        sender,
        Arc::new(Silent),
    );
    let journal = Arc::new(journal.expect("a journal"));
    let client = client.with_signer(signer).with_journal(journal.clone());
    let fees = client.fees().await.expect("fees");
    let request = TransactionRequest::default()
        .with_to(Address::repeat_byte(7))
        .with_gas_limit(100_000);
    // The transaction before it is undone, so that it waits for nonce 0.
    let own = client
        .offer("a call", request.clone(), (sender, 1), fees)
        .await;
    let own = own.expect("it is taken");
    let error = client.receipt("a call", own.tx, Some(&own)).await;
    let error = error.expect_err("it waits");
    let report = crate::error::Report::of(&error);
    assert!(error.is_nonce_taken(), "{error}");
    assert!(
        report.message.contains("may still be"),
        "{}",
        report.message
    );
    assert!(
        report.message.contains(&own.tx.to_string()),
        "{}",
        report.message
    );
    client.clear("a call").await.expect("nothing else waits");
    let kept: Vec<_> = journal.in_flight().iter().map(|one| one.tx).collect();
    assert_eq!(kept, [own.tx]);
    // The next run does not wait for it: what that sends takes the free nonce, and both are mined.
    let settled = client.settle().await.expect("it waits for nothing");
    assert!(settled.is_empty(), "{settled:?}");
    let first = client.offer("a call", request, (sender, 0), fees).await;
    let first = first.expect("it is taken");
    let mined = client.receipt("a call", first.tx, Some(&first)).await;
    let mined = mined.expect("its nonce is the next one");
    Seen::default().receipt(&mined, u64::MAX); // whatever an endpoint says
    let found = client.settle().await.expect("all are mined");
    let found: Vec<_> = found.iter().map(|sent| sent.tx).collect();
    assert!(found.contains(&own.tx), "{found:?}");
}
