//! The gas of an operation after one, ten, … ten thousand instances, versions and approvals. An
//! ordinary run goes to three hundred. The long run goes to ten thousand and records
//! `tests/snapshots/scale_registry.json`, from which `docs/evidence/registry-scale.md` is written.

use crate::prelude::*;
use std::fmt::Write as _;

use stylus_chain::Overrides;
use stylus_upgrades_harness::home;
use stylus_upgrades_interface::limits::OPEN_ACTIONS_MAX;
use stylus_upgrades_test_support::page::compare;
use stylus_upgrades_tests::snapshot::{self, Figures};
use stylus_upgrades_tests::tools::figures::tools;

use super::fixture::{Fixture, account, initial_step, is, plain};

/// How much there is when the ordinary run measures.
const SHORT: [u32; 4] = [1, 10, 100, 300];
/// How much there is when the long run measures.
const LONG: [u32; 5] = [1, 10, 100, 1_000, 10_000];
/// The dearest of a curve may cost so many per mille more than its cheapest.
const TOLERANCE: u64 = 20;
/// So many instances lag before anything is measured.
const FIRST_TO_LAG: u32 = 6;
/// Accounts of the widest policy.
const LEAVES: usize = 64;

/// Gas by operation and by how much there was, in order of the operations.
#[derive(Default)]
struct Curves {
    flat: BTreeMap<String, Vec<(u32, u64)>>,
    /// What grows up to a bound, by what it is.
    bounded: Figures,
}

impl Curves {
    fn note(&mut self, operation: &str, count: u32, gas: u64) {
        let curve = self.flat.entry(operation.to_owned()).or_default();
        curve.push((count, gas));
    }

    /// Figures for the snapshot.
    fn figures(&self) -> Figures {
        let mut figures = self.bounded.clone();
        for (operation, curve) in &self.flat {
            for (count, gas) in curve {
                figures.insert(format!("{operation}, {count:>5}, gas"), *gas);
            }
        }
        figures
    }

    /// Panics unless every curve is flat. Where there is nothing or one thing before, less is read
    /// and written: an empty list has no neighbor. So the curve counts from ten on.
    fn assert_flat(&self) {
        let mut steep = String::new();
        for (operation, curve) in &self.flat {
            let gas = curve.iter().filter(|(count, _)| *count >= 10);
            let gas: Vec<u64> = gas.map(|(_, gas)| *gas).collect();
            let (Some(least), Some(most)) = (gas.iter().min(), gas.iter().max()) else {
                continue;
            };
            println!("{operation}: {curve:?}");
            if most * 1_000 > least * (1_000 + TOLERANCE) {
                let _ = writeln!(steep, "{operation}: {curve:?}");
            }
        }
        assert!(steep.is_empty(), "not flat:\n{steep}");
    }
}

fn is_long() -> bool {
    stylus_upgrades_test_support::long()
}

/// A number as five characters that all cost the same as calldata.
fn label(n: u32) -> String {
    format!("v{n:05}")
}

/// A word without zero bytes.
fn salt(n: u32) -> B256 {
    B256::new(keccak256(n.to_be_bytes()).0.map(|byte| byte.max(1)))
}

/// An account without zero bytes.
fn member(n: u32) -> Address {
    Address::from_word(salt(n))
}

/// Creates a definition whose policies are all the same.
fn define(fixture: &mut Fixture, name: &str, policy: &str) {
    fixture.accepted(0, &calls::create_definition(name, policy));
}

/// Gas of a view beyond that of its calldata.
fn view<C: SolCall>(fixture: &Fixture, call: &C) -> u64 {
    let request = CallRequest {
        to: Some(fixture.registry),
        input: call.abi_encode().into(),
        ..CallRequest::default()
    };
    let called = fixture
        .chain
        .call(request, BlockId::latest(), &Overrides::default())
        .expect("a call");
    assert!(called.success, "{}", called.output);
    called.gas_used
}

fn page(count: u32) -> (u32, u32) {
    (count.saturating_sub(10), 10)
}

/// Versions: added one after the other, each reached from the one before.
fn versions(fixture: &mut Fixture, code: &Code, counts: &[u32], curves: &mut Curves) {
    define(fixture, "V", &is(account(0)));
    let mut now = 0;
    for count in counts {
        while now < *count {
            now += 1;
            let call = calls::add_version(
                "V",
                label(now),
                code,
                if now == 1 {
                    initial_step()
                } else {
                    plain(&label(now - 1))
                },
            );
            let gas = fixture.accepted(0, &call).gas;
            if now == *count {
                curves.note("addVersion, among versions", now, gas);
            }
        }
        let name = || String::from("V");
        let version = label(now);
        let gas = view(fixture, &calls::get_version(name(), version));
        curves.note("getVersion, among versions", now, gas);
        let (start, count) = page(now);
        let gas = view(fixture, &calls::versions(name(), start, count));
        if now >= 10 {
            curves.note("versions, a page of ten, among versions", now, gas);
        }
        let gas = view(fixture, &IRegistry::definitionCall { name: name() });
        curves.note("definition, among versions", now, gas);
    }
}

/// Instances: created one after the other, and all of them lagging behind at every count.
fn instances(fixture: &mut Fixture, code: &Code, counts: &[u32], curves: &mut Curves) {
    define(fixture, "I", &is(account(0)));
    let name = || String::from("I");
    let add = calls::add_version(name(), label(1), code, initial_step());
    fixture.accepted(0, &add);
    let (mut now, mut at) = (0, 1);
    let (mut lagging, mut last) = (Vec::new(), Address::ZERO);
    for count in counts {
        while now < *count {
            now += 1;
            let call = calls::create_proxy(name(), label(at), 0, salt(now), Bytes::new());
            let done = fixture.accepted(0, &call);
            last = done.returned.proxy;
            if now <= FIRST_TO_LAG {
                lagging.push(last);
            }
            if now == *count {
                curves.note("createProxy, among instances", now, done.gas);
            }
            if now == FIRST_TO_LAG {
                at += 1;
                activate(fixture, code, at);
            }
        }
        if now < FIRST_TO_LAG {
            continue;
        }
        at += 1;
        let gas = activate(fixture, code, at);
        curves.note("migrate, among instances", now, gas);
        let one = lagging.pop().expect("one at the first version");
        let rollout = calls::rollout(name(), [one]);
        let done = fixture.accepted(1, &rollout);
        assert_eq!(done.returned, 1);
        curves.note("rollout of one, among instances", now, done.gas);
        let gas = view(fixture, &IRegistry::instanceOfCall { proxy: last });
        curves.note("instanceOf, among instances", now, gas);
        let (start, count) = page(now);
        let page = calls::instances(name(), start, count);
        curves.note(
            "instances, a page of ten, among instances",
            now,
            view(fixture, &page),
        );
        let plan = IRegistry::planCall {
            instance: last,
            version: label(at),
        };
        curves.note("plan, among instances", now, view(fixture, &plan));
    }
}

/// Makes a version current that the first one and the one before reach in one step: who has lagged
/// longest is at the first one, and path and cost of its upgrade stay the same. What that costs.
fn activate(fixture: &mut Fixture, code: &Code, at: u32) -> u64 {
    let from = |older: u32| plain(&label(older));
    fixture.accepted(0, &calls::add_version("I", label(at), code, from(at - 1)));
    if at > 2 {
        fixture.accepted(0, &calls::add_step("I", label(at), from(1)));
    }
    fixture
        .accepted(0, &calls::migrate("I", label(at), code, from(at - 1)))
        .gas
}

/// Approvals: two of three decide again and again about roles of one length, each executed.
fn approvals(fixture: &mut Fixture, counts: &[u32], curves: &mut Curves) {
    let team: Vec<_> = (0..3).map(|who| is(account(who))).collect();
    define(fixture, "P", &format!("OutOf(2,{})", team.join(",")));
    let mut now = 0;
    for count in counts {
        while now < *count {
            now += 1;
            let call = calls::set_policy("P", label(now), is(member(7)));
            let [first, last] = [0, 1].map(|who| fixture.accepted(who, &call));
            assert!(!first.returned.executed && last.returned.executed);
            if now == *count {
                curves.note("the first approval, among approvals", now, first.gas);
                curves.note("the last approval, among approvals", now, last.gas);
            }
        }
    }
}

/// A policy that is changed as often.
fn policies(fixture: &mut Fixture, counts: &[u32], curves: &mut Curves) {
    define(fixture, "C", &is(account(0)));
    let mut now = 0;
    for count in counts {
        while now < *count {
            now += 1;
            let gas = fixture
                .accepted(0, &calls::set_policy("C", "migrate", is(member(now))))
                .gas;
            if now == *count {
                curves.note("setPolicy, among changes", now, gas);
            }
        }
    }
}

/// Actions that are open at once: as many as the approvers of the widest policy may propose.
fn pending(fixture: &mut Fixture, curves: &mut Curves) {
    let members: Vec<Address> = (0..LEAVES as u32).map(member).collect();
    for member in &members {
        fixture.give_ether(*member);
    }
    let leaves: Vec<_> = members.iter().map(|who| is(*who)).collect();
    define(fixture, "O", &format!("OutOf(2,{})", leaves.join(",")));
    let mut now = 0;
    let measured = [1, 10, 100, 1_000];
    for round in 0..OPEN_ACTIONS_MAX {
        for (position, member) in members.iter().enumerate() {
            now += 1;
            let call = calls::set_policy("O", label(now), is(self::member(7)));
            // the first action of everybody takes the first of his slots
            let first = fixture.send(*member, &call).expect("recorded");
            if position == 0 {
                let open = round + 1;
                let what =
                    format!("the first approval, as open action {open:>2} of its proposer, gas");
                curves.bounded.insert(what, first.gas);
            }
            if measured.contains(&now) {
                let approver = members[(position + 1) % LEAVES];
                let id = fixture.chain.snapshot();
                let last = fixture.send(approver, &call).expect("executed");
                assert!(last.returned.executed);
                curves.note("the last approval, among open actions", now, last.gas);
                assert!(fixture.chain.revert(id));
                let ready = IRegistry::readinessCall {
                    action: first.returned.action,
                };
                curves.note("readiness, among open actions", now, view(fixture, &ready));
            }
        }
    }
    let (start, count) = (0, 10);
    let name = String::from("O");
    let gas = view(fixture, &IRegistry::pendingCall { name, start, count });
    assert!(gas < 40_000_000, "the most there can be fits one call");
    let what = format!("pending, a page of ten, with {now} open, gas");
    curves.bounded.insert(what, gas);
}

fn measure(counts: &[u32]) -> Curves {
    let mut fixture = Fixture::new(&is(account(0)));
    let code = fixture.deploy("counter-v1");
    let mut curves = Curves::default();
    versions(&mut fixture, &code, counts, &mut curves);
    instances(&mut fixture, &code, counts, &mut curves);
    approvals(&mut fixture, counts, &mut curves);
    policies(&mut fixture, counts, &mut curves);
    pending(&mut fixture, &mut curves);
    curves
}

/// The page that is written from what the long run recorded.
fn written(recorded: &Value) -> String {
    let mut page = String::from(PREFACE);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let _ = writeln!(page, "Recorded {}.\n", text(&recorded["at"]));
    let figures = recorded["figures"].as_object().expect("figures");
    let gas = |value: &Value| value.as_u64().unwrap_or_default();
    let most = figures.values().map(gas).filter(|gas| *gas < CHART).max();
    let mut last = String::new();
    let _ = writeln!(page, "```text");
    for (sentence, value) in figures {
        let (what, count) = match sentence.trim_end_matches(", gas").rsplit_once(", ") {
            Some((what, count)) if count.trim().parse::<u32>().is_ok() => (what, count),
            _ => continue,
        };
        if what != last {
            let _ = writeln!(page, "{what}");
            last = what.to_owned();
        }
        let bar = gas(value) * 40 / most.unwrap_or(1).max(1);
        let _ = writeln!(
            page,
            "  {count} {:>9} {}",
            gas(value),
            "█".repeat(bar as usize)
        );
    }
    let _ = writeln!(page, "```\n\n{BOUNDED}\n\n| what | gas |\n|---|---:|");
    for (sentence, value) in figures {
        let what = sentence.trim_end_matches(", gas");
        let counted = what.rsplit_once(", ");
        if counted.is_none_or(|(_, count)| count.trim().parse::<u32>().is_err()) {
            let _ = writeln!(page, "| {what} | {} |", gas(value));
        }
    }
    page
}

#[test]
fn the_page_on_scale_is_what_the_long_run_recorded() {
    let path = home().join("docs/evidence/registry-scale.md");
    let recorded = home().join("tests/snapshots/scale_registry.json");
    let recorded = std::fs::read_to_string(recorded).expect("the snapshot");
    let page = written(&serde_json::from_str(&recorded).expect("JSON"));
    compare(&path, &page);
}

/// Gas of what stands in the chart.
const CHART: u64 = 1_000_000;
const PREFACE: &str = "# What the registry costs, however much there is

A test writes this page from the last run of `cargo test --workspace --test it -- --include-ignored
registry::scale`. Every ordinary run measures up to 300 of each and asserts that, from ten on, the
dearest costs at most 2 % more than the cheapest. Each number of existing items is followed by the gas of the
operation, on the local chain with nothing cached and with calldata of equal length without zero bytes.

With no or one existing item, less is read and written: the first version has no step, and the first instance
has no neighbor in its list. The differences from ten on are zero bytes in numbers.

`migrate` over many versions reads one more word for every 256 versions. A path costs what its steps cost, and
has at most 32 steps.

";
const BOUNDED: &str = "\
Two costs grow up to a bound. A proposal looks through the open actions of its proposer for a free place, at most
16. `pending` reads all open actions of a definition before it cuts a page, at most 16 for each of 64 approvers.";

#[test]
fn every_operation_costs_the_same_however_much_there_is() {
    let curves = measure(if is_long() { &LONG } else { &SHORT });
    curves.assert_flat();
    if is_long() {
        let tools = tools().expect("their versions");
        snapshot::record("scale_registry", &tools, &curves.figures()).expect("written");
    }
}
