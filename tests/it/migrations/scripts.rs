//! Migration scripts, and what they may not do with the proxy whose storage they run on.
//! (`upgrade::marks` tests what they may not write.)

use crate::prelude::*;
use stylus_upgrades_harness::step;
use stylus_upgrades_interface::migratable::IMigratable::NotInUpgrade;
use stylus_upgrades_interface::registry::IRegistry::CodeChanged;

use crate::upgrade::{Done, hostile};

#[tokio::test]
async fn a_script_does_not_run_a_migration_of_the_implementation() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, step::nothing("1.0")).await?;
    for inner in [
        data(&hostile::migrate(vec![])),
        data(&IHostile::initializeCall { actions: vec![] }),
    ] {
        let delegate = IHostile::delegateCall {
            target: it.first.address,
            data: inner.clone(),
        };
        let version = format!("2.0-{}", inner[0]);
        let script = step::script("1.0", &it.second, &delegate);
        it.definition
            .add_version(&version, &it.second, script)
            .await?;
        assert_reverts(it.instance.upgrade(&version).await, NotInUpgrade {});
    }
    assert_eq!(it.instance.version().await?, "1.0");
    Ok(())
}

#[tokio::test]
async fn a_script_whose_code_changed_since_it_was_approved_does_not_run() -> Done {
    let harness = Harness::start().await?;
    let it = hostile(&harness, step::nothing("1.0")).await?;
    let script = harness.deploy(it.first.artifact.clone()).await?;
    let nothing = act(vec![]);
    let way = step::script("2.0", &script, &nothing);
    it.definition.add_version("3.0", &it.second, way).await?;
    let chain = harness.chain();
    let other = Bytes::from_static(&[0x00]);
    chain
        .request::<_, Option<bool>>("anvil_setCode", (script.address, other.clone()))
        .await?;
    let changed = CodeChanged {
        account: script.address,
        expected: script.codehash,
        found: keccak256(&other),
    };
    assert_reverts(it.instance.upgrade("3.0").await, changed);
    assert_eq!(it.instance.version().await?, "1.0");
    Ok(())
}
