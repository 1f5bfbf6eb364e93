//! Who may call what: every function that a part of the registry answers or executes, and every one that
//! UpgradeabilityStorage answers, has a row here. `docs/evidence/access.md` shows them.

mod decided;
mod others;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::process::Command;

use alloy::sol_types::{SolCall, SolInterface};
use stylus_upgrades_harness::home;
use stylus_upgrades_interface::complex::IComplexStep::{IComplexStepCalls, finishStepCall};
use stylus_upgrades_interface::parts::PARTS;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;

use decided::DECIDED;
use others::{OTHERS, PROXY};

const PAGE: &str = "docs/evidence/access.md";

/// One function.
struct Access {
    /// Its name.
    function: &'static str,
    /// Who may call it.
    who: &'static str,
    /// What it changes.
    changes: &'static str,
    /// The tests that show it, of the binary `it`: one of who is refused first.
    tests: &'static [&'static str],
}

const fn access(
    function: &'static str,
    who: &'static str,
    changes: &'static str,
    tests: &'static [&'static str],
) -> Access {
    Access {
        function,
        who,
        changes,
        tests,
    }
}

const MIGRATE: &str = "role `migrate`";
const DIRECTLY: &str =
    "role `migrate`; of adopted kinds it executes where an account without code sends it";
const ANYBODY: &str = "anybody";
const NOTHING: &str = "nothing";
const APPROVALS: &str = "registry::approvals::a_stranger_and_a_second_approval_are_refused";
const RECEIVES: &str =
    "registry::transfer::nobody_receives_what_was_not_accepted_and_nobody_takes_what_was_not_sent";

/// Which part answers a function, and which executes it.
fn of_parts() -> BTreeMap<&'static str, [&'static str; 2]> {
    let mut parts = BTreeMap::<_, [&str; 2]>::new();
    for part in PARTS {
        for answer in part.answers {
            parts.entry(answer.name()).or_default()[0] = part.package;
        }
        for answer in part.executes {
            parts.entry(answer.name()).or_default()[1] = part.package;
        }
    }
    parts
}

/// The rows of the registry's functions.
fn registry() -> impl Iterator<Item = &'static Access> {
    DECIDED.iter().chain(OTHERS)
}

fn names(of: impl Iterator<Item = &'static Access>) -> BTreeSet<&'static str> {
    let mut names = BTreeSet::new();
    for access in of {
        let new = names.insert(access.function);
        assert!(new, "two rows for {}", access.function);
    }
    names
}

#[test]
fn every_function_has_a_row() {
    assert_eq!(names(registry()), of_parts().into_keys().collect());
    let answered = [
        Proxy::implementationCall::SIGNATURE,
        Proxy::registryCall::SIGNATURE,
        Proxy::implementationVersionCall::SIGNATURE,
        Proxy::upgradeToCall::SIGNATURE,
        Proxy::upgradeToAndCallCall::SIGNATURE,
        finishStepCall::SIGNATURE,
    ];
    let selectors = Proxy::IUpgradeabilityProxyCalls::selectors().count();
    let all = selectors + IComplexStepCalls::selectors().count();
    assert_eq!(answered.len(), all, "the interface has another function");
    let name = |signature: &'static str| signature.split('(').next().expect("a name");
    assert_eq!(
        names(PROXY.iter()),
        answered.into_iter().map(name).collect()
    );
}

#[test]
fn every_test_that_is_named_is_there() {
    let it = std::env::current_exe().expect("the running program");
    let listed = Command::new(it).arg("--list").output().expect("the tests");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let there: BTreeSet<_> = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .collect();
    for access in registry().chain(PROXY) {
        assert!(!access.tests.is_empty(), "{}", access.function);
        for test in access.tests {
            assert!(there.contains(test), "{}: no test {test}", access.function);
        }
    }
}

/// The page.
fn page() -> String {
    let mut page = String::from(
        "# Who may call what\n\n\
         Every function that is answered or executed on chain: who may call it, what it changes, and the tests \
         that show it. A test writes this page. It takes the functions from the tables that dispatch calls, and \
         fails if one has no row: \
         `STYLUS_UPGRADES_UPDATE=1 cargo test -p stylus-upgrades-tests --test it registry::access`.\n\n\
         A role stands for the policy of the definition for that role. Each approver sends the same call or signs it, \
         and the approval that completes the policy executes it. Only `createProxy`, `submitSigned`, \
         `upgradeInstance`, `relay` and `upgradeToAndCall` take value.\n\n\
         ## Registry\n\n\
         | function | answered by | executed by | who may call it | what it changes | tests |\n\
         |---|---|---|---|---|---|\n",
    );
    for (function, [answers, executes]) in of_parts() {
        let access = registry().find(|access| access.function == function);
        let access = access.unwrap_or_else(|| panic!("{function} has no row"));
        let parts = [answers, executes].map(|part| match part {
            "" => String::new(),
            part => format!("`{part}`"),
        });
        let [answers, executes] = parts;
        let row = row(access);
        writeln!(page, "| `{function}` | {answers} | {executes} | {row}").expect("a text");
    }
    page.push_str(
        "\n## UpgradeabilityStorage, through a proxy\n\n\
         | function | who may call it | what it changes | tests |\n|---|---|---|---|\n",
    );
    for access in PROXY {
        let row = row(access);
        writeln!(page, "| `{}` | {row}", access.function).expect("a text");
    }
    page
}

/// The columns that both tables have.
fn row(access: &Access) -> String {
    let tests = access.tests.iter().map(|test| format!("`{test}`"));
    let tests = tests.collect::<Vec<_>>().join(", ");
    format!("{} | {} | {tests} |", access.who, access.changes)
}

#[test]
fn the_page_shows_every_row() {
    let path = home().join(PAGE);
    let written = page();
    if stylus_upgrades_test_support::update() {
        std::fs::write(&path, written).expect("the page is written");
        return;
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == written,
        "{PAGE} is stale: run with STYLUS_UPGRADES_UPDATE=1"
    );
}
