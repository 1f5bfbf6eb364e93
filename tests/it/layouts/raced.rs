//! A rival's upgrade in the middle of the look at the live instances.

use crate::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, mpsc};

use stylus_layout::Layout;
use stylus_upgrades::client::Client;
use stylus_upgrades::layout::{Documents, Store, Upgrade, Who, look};
use stylus_upgrades_harness::step;
use stylus_upgrades_tests::abi::ICounter::{initializeCall, migrateCall};

use crate::run_migration::proxy::{Failure, Proxy};

/// Where the new fields lie, and how many they are: more than are reported.
const FIRST: u64 = 100;
const FIELDS: u64 = 20;
/// Findings that are reported.
const REPORTED: usize = 16;

/// Whole words at these slots.
fn layout(slots: impl Iterator<Item = u64>) -> Layout {
    let items: Vec<Value> = slots
        .map(|slot| {
            json!({
                "label": format!("at{slot}"), "offset": 0, "slot": slot.to_string(),
                "type": "t_uint256"
            })
        })
        .collect();
    let word = json!({"label": "uint256", "encoding": "inplace", "numberOfBytes": "32"});
    let text = json!({"storage": items, "types": {"t_uint256": word}});
    Layout::from_json(&text.to_string()).expect("a layout")
}

#[tokio::test]
async fn what_is_found_at_an_instance_that_a_rival_upgrades_hides_nothing_of_another()
-> Result<(), HarnessError> {
    let harness = Harness::start().await?;
    let definition = harness.define("Counter").await?;
    let v1 = harness.build_and_deploy("contracts/counter_v1").await?;
    let v2 = harness.build_and_deploy("contracts/counter_v2").await?;
    definition.add_version("1.0", &v1, step::initial()).await?;
    let call = initializeCall {
        value: U256::from(7),
    };
    // Instances are looked at in the order of their addresses: the rival takes the first one.
    let mut instances = [
        definition.create_proxy("1.0", &call).await?,
        definition.create_proxy("1.0", &call).await?,
    ];
    instances.sort_by_key(|instance| instance.address());
    let [taken, left] = &instances[..] else {
        unreachable!("two were created")
    };
    let migration = migrateCall {
        step: U256::from(5),
    };
    definition
        .add_version("2.0", &v2, step::call("1.0", &migration))
        .await?;
    for instance in [taken, left] {
        for slot in FIRST..FIRST + FIELDS {
            let word = B256::with_last_byte(1);
            let write = (instance.address(), U256::from(slot), word);
            let _: Value = harness.chain().request("anvil_setStorageAt", write).await?;
        }
    }

    // The first look at a word waits until the rival has upgraded the instance.
    let (query, mut queried) = tokio::sync::mpsc::unbounded_channel();
    let (upgraded, was_upgraded) = mpsc::channel::<()>();
    let (was_upgraded, is_begun) = (Mutex::new(was_upgraded), AtomicBool::new(false));
    let relay = Proxy::start(harness.chain().url(), move |_, request| {
        if request.contains("eth_getStorageAt") && !is_begun.swap(true, Ordering::SeqCst) {
            query.send(()).expect("the rival waits");
            let was_upgraded = was_upgraded.lock().expect("alone");
            was_upgraded.recv().expect("the rival is done");
        }
        Failure::None
    });
    let client = Client::connect(&relay.url()).await?;
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::beside(folder.path());
    let documents = Documents::new(store, &client, harness.registry());
    let upgrade = Upgrade {
        registry: harness.registry(),
        name: "Counter",
        from: "1.0",
        to: "2.0",
        who: Who::All,
    };
    let (old, new) = (layout(0..1), layout((0..1).chain(FIRST..FIRST + FIELDS)));
    let rival = async {
        queried.recv().await.expect("words are looked at");
        taken.upgrade("2.0").await?;
        upgraded.send(()).expect("the look goes on");
        Ok::<_, HarnessError>(())
    };
    let (found, rivaled) = tokio::join!(look(&client, &documents, upgrade, &old, &new), rival);
    rivaled?;
    let found = found.expect("a chain that answers");
    assert!(found.notes.is_empty(), "{:?}", found.notes);
    assert_eq!(found.dirty.len(), REPORTED, "{:?}", found.dirty);
    for (dirty, slot) in found.dirty.iter().zip(FIRST..) {
        assert_eq!(dirty.instance, Some(left.address()), "{dirty:?}");
        assert_eq!(dirty.field, format!("at{slot}"));
        assert_eq!(dirty.value, Some(B256::with_last_byte(1)));
    }
    Ok(())
}
