//! Migration scripts, and what they may not do with the proxy whose storage they run on.
//! (`upgrade::marks` tests what they may not write.)

use crate::prelude::*;
use stylus_upgrades_harness::step;
use stylus_upgrades_interface::migratable::IMigratable::NotInUpgrade;

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
