//! Complex steps that who alone may begins by himself, to a version that is not current.

use crate::prelude::*;
use crate::registry::errors::{bad_policy, no_path};
use stylus_upgrades_interface::complex::IComplexMigration::endMigrationCall;
use stylus_upgrades_interface::reasons::invalid_policy;
use stylus_upgrades_tests::abi::points_v2::IPoints;

use super::{ATTACKER, VICTIM};
use crate::registry::fixture::{Fixture, account, complex, initial_step, plain, set_policy};
use crate::registry::kinds::create;
use crate::registry::replay::agrees_with_the_views;

const HANDLER: usize = 4;

/// Holds: it ends on the stub, goes on by `rollout`, and nothing that is decided meanwhile strands it or counts it wrong.
#[test]
fn a_step_to_a_version_that_is_not_current_strands_nobody() {
    for kind in [proxy_kind::WASM, proxy_kind::EVM] {
        let mut fixture = Fixture::of_one();
        let [first, second, program] =
            ["points-v1", "points-v2", "points-cursor"].map(|package| fixture.deploy(package));
        fixture.add("1.0", &first, initial_step());
        let steward = account(VICTIM);
        let proxy = create(&mut fixture, kind, &IPoints::initializeCall { steward });
        let award = calls::award(vec![account(1), account(2)], 3);
        fixture.accepted_by(proxy, VICTIM, &award);
        fixture.add("2.0", &second, complex("1.0", &program, account(HANDLER)));
        let direct = calls::upgrade_instance(proxy, "2.0", Bytes::new());
        fixture.accepted(VICTIM, &direct);
        assert_eq!(fixture.instance(proxy).state, instance_state::MIGRATING);
        // paused, resumed and rolled out in the middle of it: it stays there
        fixture.executes(VICTIM, &calls::pause_first("A", [proxy, proxy]));
        fixture.executes(VICTIM, &calls::resume("A", "1.0"));
        assert_eq!(fixture.follow().returned, 0);
        fixture.accepted_by(proxy, HANDLER, &calls::migrate_next(20_000_000));
        fixture.accepted_by(proxy, HANDLER, &endMigrationCall {});
        let found = fixture.instance(proxy);
        assert_eq!(
            (found.version.as_str(), found.state),
            ("2.0", instance_state::PAUSED)
        );
        let frozen = || bad_policy("NONE", 0, invalid_policy::STOPPED);
        fixture.refuses(VICTIM, &set_policy("migrate", "NONE"), frozen());

        // another version becomes current, to which no way leads from there
        let id = fixture.chain.snapshot();
        let order = calls::migrate("A", "3.0", &first, plain("1.0"));
        fixture.executes(VICTIM, &order);
        let done = fixture.follow();
        done.skips(proxy, no_path("2.0", "3.0").abi_encode());
        fixture.refuses(VICTIM, &set_policy("migrate", "NONE"), frozen());
        fixture.executes(VICTIM, &calls::add_step("A", "3.0", plain("2.0")));
        let done = fixture.rollout([proxy, proxy], 30_000_000).expect("it");
        assert_eq!(done.returned, 1);
        assert_eq!(fixture.instance(proxy).version, "3.0");
        fixture.executes(VICTIM, &set_policy("migrate", "NONE"));
        agrees_with_the_views(&fixture, "A");

        // or none does: anybody takes it from the stub, once
        assert!(fixture.chain.revert(id));
        let rollout = calls::rollout("A", [proxy, proxy]);
        assert_eq!(fixture.accepted(ATTACKER, &rollout).returned, 1);
        let found = fixture.instance(proxy);
        assert_eq!(
            (found.version.as_str(), found.state),
            ("2.0", instance_state::LIVE)
        );
        assert_eq!(fixture.accepted(ATTACKER, &rollout).returned, 0);
        fixture.executes(VICTIM, &set_policy("migrate", "NONE"));
        agrees_with_the_views(&fixture, "A");
    }
}
