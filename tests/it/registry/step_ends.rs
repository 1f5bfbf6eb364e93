//! Where an instance is once its complex step has ended: at the version that it reached where that is current, else on
//! the stub, so that a version that was replaced never runs in public.

use crate::prelude::*;
use crate::registry::errors::in_progress;
use stylus_upgrades_interface::complex::IComplexMigration::{
    ContractPaused, endMigrationCall, progressCall,
};
use stylus_upgrades_tests::abi::points_v2::IPoints;

use super::adopted::fixture::runs;
use super::fixture::{Done, Fixture, account, complex, framework, initial_step, plain, refused};
use super::kinds::create;
use super::replay::agrees_with_the_views;

const HANDLER: usize = 4;
/// Anybody.
const STRANGER: usize = 8;

/// A proxy in the complex step from 1.0 to 2.0, which is current, with ether and members.
struct Step {
    fixture: Fixture,
    proxy: Address,
    /// The code of 1.0, and that of 2.0 and 3.0.
    codes: [Code; 2],
    held: U256,
}

impl Step {
    fn begun(kind: u8) -> Self {
        let mut fixture = Fixture::of_one();
        let [first, second, program] =
            ["points-v1", "points-v2", "points-cursor"].map(|package| fixture.deploy(package));
        fixture.add("1.0", &first, initial_step());
        let steward = account(0);
        let init = IPoints::initializeCall { steward };
        let proxy = create(&mut fixture, kind, &init);
        let award = calls::award(vec![account(1), account(2)], 3);
        fixture.accepted_by(proxy, 0, &award);
        fixture.give_ether(proxy);
        let held = fixture.balance(proxy);
        let way = complex("1.0", &program, account(HANDLER));
        fixture.migrates(0, &calls::migrate("A", "2.0", &second, way));
        let step = Self {
            fixture,
            proxy,
            codes: [first, second],
            held,
        };
        step.assert_at("1.0", instance_state::MIGRATING);
        step
    }

    /// 3.0 becomes current, in the middle of the step.
    fn replaced(&mut self) {
        let order = calls::migrate("A", "3.0", &self.codes[1], plain("2.0"));
        self.fixture.executes(0, &order);
        assert_eq!(self.fixture.follow().returned, 0, "it is in its step");
    }

    fn abort(&mut self) {
        let nonce = self.fixture.nonce(self.proxy);
        let abort = calls::abort_migration("A", self.proxy, nonce);
        self.fixture.executes(0, &abort);
        self.assert_at("1.0", instance_state::TURNING_BACK);
    }

    /// The handler does what is left, and ends the step.
    fn end(&mut self) -> Done<()> {
        let (proxy, handler) = (self.proxy, account(HANDLER));
        let progress = self.fixture.ask(proxy, &progressCall {}).expect("it");
        let going_back = self.fixture.instance(proxy).state == instance_state::TURNING_BACK;
        let left = if going_back {
            !progress.done.is_zero()
        } else {
            progress.done < progress.total
        };
        if left {
            self.fixture
                .accepted_by(proxy, HANDLER, &calls::migrate_next(20_000_000));
        }
        let done = self.fixture.send_to(handler, proxy, &endMigrationCall {});
        let done = done.expect("ended").with(());
        agrees_with_the_views(&self.fixture, "A");
        done
    }

    #[track_caller]
    fn assert_at(&self, version: &str, state: u8) {
        let found = self.fixture.instance(self.proxy);
        assert_eq!((found.version.as_str(), found.state), (version, state));
    }

    /// It ended on the stub: no call of a stranger reaches any version, and nothing leaves it.
    #[track_caller]
    fn assert_stopped(&mut self, done: &Done<()>, version: &str) {
        self.assert_at(version, instance_state::PAUSED);
        let stub = framework().stub.address;
        assert_eq!(runs(&self.fixture, self.proxy), stub);
        let upgraded = done.events::<Proxy::Upgraded>();
        assert!(upgraded.iter().all(|one| one.implementation == stub));
        assert_eq!(done.events::<IRegistry::InstancePaused>().len(), 1);
        for input in [
            data(&IPoints::membersCall {}),
            data(&calls::award(vec![account(STRANGER)], 9)),
            data(&endMigrationCall {}),
            Bytes::new(),
        ] {
            let sent = self.fixture.send_bytes(STRANGER, self.proxy, input);
            refused(sent, in_progress());
        }
        assert_eq!(self.fixture.balance(self.proxy), self.held);
    }

    /// Users have it again, with all that was in it.
    #[track_caller]
    fn assert_served(&self, version: &str, code: usize) {
        self.assert_at(version, instance_state::LIVE);
        let implementation = self.codes[code].implementation;
        assert_eq!(runs(&self.fixture, self.proxy), implementation);
        let members = self.fixture.ask(self.proxy, &IPoints::membersCall {});
        assert_eq!(members, Ok(U256::from(2)));
        assert_eq!(self.fixture.balance(self.proxy), self.held);
    }
}

const KINDS: [u8; 2] = [proxy_kind::WASM, proxy_kind::EVM];

#[test]
fn a_step_into_the_current_version_ends_there() {
    for kind in KINDS {
        let mut step = Step::begun(kind);
        let sent = step.fixture.ask(step.proxy, &IPoints::membersCall {});
        let (from, to) = ("1.0".into(), "2.0".into());
        refused(sent, ContractPaused { from, to });
        let done = step.end();
        assert_eq!(done.events::<IRegistry::InstancePaused>(), []);
        step.assert_served("2.0", 1);
    }
}

#[test]
fn a_step_that_ends_after_another_version_became_current_ends_on_the_stub() {
    for kind in KINDS {
        let mut step = Step::begun(kind);
        step.replaced();
        let done = step.end();
        step.assert_stopped(&done, "2.0");
        let done = step.fixture.follow();
        assert_eq!(done.returned, 1);
        assert_eq!(done.events::<IRegistry::InstanceResumed>().len(), 1);
        step.assert_served("3.0", 1);
    }
}

#[test]
fn a_step_that_ends_in_a_pause_with_a_migration_meanwhile_goes_on_after_it() {
    for kind in KINDS {
        let mut step = Step::begun(kind);
        let done = step.fixture.pause(0);
        assert_eq!(done.skipped(), []);
        step.assert_at("1.0", instance_state::MIGRATING);
        step.replaced();
        let done = step.end();
        step.assert_stopped(&done, "2.0");
        assert_eq!(step.fixture.follow().returned, 0, "it is paused");
        step.fixture.accepted(0, &calls::resume("A", "3.0"));
        let stopped = step.fixture.ask(step.proxy, &IPoints::membersCall {});
        refused(stopped, in_progress());
        assert_eq!(step.fixture.follow().returned, 1);
        step.assert_served("3.0", 1);
    }
}

#[test]
fn a_step_that_ends_in_a_pause_runs_its_version_afterwards() {
    for kind in KINDS {
        let mut step = Step::begun(kind);
        step.fixture.pause(0);
        let done = step.end();
        step.assert_stopped(&done, "2.0");
        step.fixture.resume(0);
        step.assert_served("2.0", 1);
    }
}

#[test]
fn a_step_that_was_rolled_back_runs_what_it_ran_and_is_left_there() {
    for kind in KINDS {
        let mut step = Step::begun(kind);
        step.abort();
        step.end();
        step.assert_served("1.0", 0);
        let details = step.fixture.view(&calls::instance_details(step.proxy));
        assert!(details.expect("it").held);
        assert_eq!(step.fixture.follow().returned, 0);
        step.assert_served("1.0", 0);
        // until somebody migrates
        let order = calls::get_version("A", "2.0");
        let second = step.fixture.view(&order).expect("it");
        let again = calls::migrate("A", "2.0", &second.code, second.steps[0].clone());
        step.fixture.executes(0, &again);
        let details = step.fixture.view(&calls::instance_details(step.proxy));
        assert!(!details.expect("it").held);
        assert_eq!(step.fixture.follow().returned, 1);
        step.assert_at("1.0", instance_state::MIGRATING);
    }
}

#[test]
fn a_step_that_was_rolled_back_before_a_migration_ends_on_the_stub() {
    for kind in KINDS {
        let mut step = Step::begun(kind);
        step.abort();
        step.replaced();
        let done = step.end();
        step.assert_stopped(&done, "1.0");
        // it goes where the approvers said last, by the same step
        assert_eq!(step.fixture.follow().returned, 1);
        step.assert_at("1.0", instance_state::MIGRATING);
        let done = step.end();
        step.assert_stopped(&done, "2.0");
        assert_eq!(step.fixture.follow().returned, 1);
        step.assert_served("3.0", 1);
    }
}

#[test]
fn a_step_that_was_rolled_back_and_ends_in_a_pause_runs_what_it_ran_afterwards() {
    for kind in KINDS {
        let mut step = Step::begun(kind);
        step.abort();
        step.fixture.pause(0);
        let done = step.end();
        step.assert_stopped(&done, "1.0");
        step.fixture.resume(0);
        step.assert_served("1.0", 0);
        assert_eq!(step.fixture.follow().returned, 0, "held there");
    }
}

#[test]
fn code_that_is_gone_keeps_a_step_from_ending_until_another_version_is_current() {
    for kind in KINDS {
        let mut step = Step::begun(kind);
        let second = step.codes[1].clone();
        let third = step.fixture.deploy("points-v2");
        step.fixture
            .chain
            .set_code(second.implementation, Bytes::new());
        let next = calls::migrate_next(20_000_000);
        step.fixture.accepted_by(step.proxy, HANDLER, &next);
        let ended = step
            .fixture
            .send_to(account(HANDLER), step.proxy, &endMigrationCall {});
        ended.expect_err("its code is gone");
        step.assert_at("1.0", instance_state::MIGRATING);
        // the next version is the way out: what was replaced is not asked whether it runs
        let order = calls::migrate("A", "3.0", &third, plain("2.0"));
        step.fixture.executes(0, &order);
        let done = step.end();
        step.assert_stopped(&done, "2.0");
        assert_eq!(step.fixture.follow().returned, 1);
        step.codes[1] = third;
        step.assert_served("3.0", 1);
    }
}
