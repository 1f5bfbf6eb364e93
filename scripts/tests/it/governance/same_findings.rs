//! One chain with several faults at once: every command that looks at it finds the same, or a table says why not.

use crate::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A chain with a definition that has every fault:
///
/// * `switched` is an instance whose code somebody else switched, as a second admin of an adopted proxy can,
/// * `arrived` came from another registry,
/// * `behind` was left behind by the last rollout,
/// * `code` is the code of 2.0, which became a proxy,
/// * all programs are about to expire,
/// * 3.0 is proposed with the same code.
///
/// `offered` is an instance of another registry, which has a definition with the same versions.
struct Faults {
    sandbox: Sandbox,
    code: Address,
    action: String,
}

/// What is wrong, by kind and by whom it is about.
const ALL: [&str; 6] = [
    "AlreadyMigrated:behind",
    "ExpiresSoon",
    "HiddenProxy:code",
    "HiddenProxy:switched",
    "InstanceWaits:behind",
    "arrival:arrived",
];

/// What a command does not find and the others do, or finds alone: the command, the finding, the reason.
const DIFFERENCES: [(&str, &str, &str); 34] = [
    (
        "pending",
        "implementation",
        "the card of the code also says how long it runs",
    ),
    (
        "upgrade",
        "AlreadyMigrated:behind",
        "it tries nothing on a copy: each instance is sent, and reported if it is skipped",
    ),
    (
        "resume",
        "AlreadyMigrated:behind",
        "it tries nothing on a copy: a resumption moves instances one by one",
    ),
    (
        "resume",
        "HiddenProxy:switched",
        "the pause before it put the stub in the place of that code",
    ),
    (
        "status",
        "AlreadyMigrated:behind",
        "it looks at what is, and no upgrade is named",
    ),
    (
        "doctor",
        "AlreadyMigrated:behind",
        "it looks at what is, and no upgrade is named",
    ),
    (
        "verify",
        "AlreadyMigrated:behind",
        "it looks at what is, and no upgrade is named",
    ),
    (
        "register",
        "AlreadyMigrated:behind",
        "a registered version runs on no instance yet",
    ),
    (
        "register",
        "HiddenProxy:switched",
        "it concerns no instance",
    ),
    (
        "register",
        "InstanceWaits:behind",
        "it concerns no instance",
    ),
    ("register", "arrival:arrived", "it concerns no instance"),
    (
        "resume",
        "InstanceWaits:behind",
        "the pause before it reached the instance",
    ),
    (
        "create-proxy",
        "AlreadyMigrated:behind",
        "it upgrades no instance",
    ),
    (
        "create-proxy",
        "HiddenProxy:switched",
        "it concerns no other instance",
    ),
    (
        "create-proxy",
        "InstanceWaits:behind",
        "it concerns no other instance",
    ),
    (
        "create-proxy",
        "arrival:arrived",
        "it concerns no other instance",
    ),
    ("adopt", "AlreadyMigrated:behind", "it upgrades no instance"),
    (
        "adopt",
        "HiddenProxy:switched",
        "it concerns no other instance",
    ),
    (
        "adopt",
        "InstanceWaits:behind",
        "it concerns no other instance",
    ),
    ("adopt", "arrival:arrived", "it concerns no other instance"),
    (
        "transfer",
        "AlreadyMigrated:behind",
        "it upgrades no instance",
    ),
    (
        "transfer",
        "InstanceWaits:behind",
        "it concerns no other instance",
    ),
    (
        "transfer",
        "arrival:arrived",
        "it concerns no other instance",
    ),
    (
        "run-migration",
        "AlreadyMigrated:behind",
        "it concerns no other instance",
    ),
    (
        "run-migration",
        "HiddenProxy:code",
        "its instance goes to other code",
    ),
    (
        "run-migration",
        "HiddenProxy:switched",
        "it concerns no other instance",
    ),
    (
        "run-migration",
        "InstanceWaits:behind",
        "it concerns no other instance",
    ),
    (
        "run-migration",
        "arrival:arrived",
        "it concerns no other instance",
    ),
    (
        "run-migration",
        "arrival:moving",
        "its own instance came from elsewhere",
    ),
    (
        "run-migration --handler",
        "AlreadyMigrated:behind",
        "it concerns no other instance",
    ),
    (
        "run-migration --handler",
        "HiddenProxy:code",
        "its instance goes to other code",
    ),
    (
        "run-migration --handler",
        "HiddenProxy:switched",
        "it concerns no other instance",
    ),
    (
        "run-migration --handler",
        "InstanceWaits:behind",
        "it concerns no other instance",
    ),
    (
        "run-migration --handler",
        "arrival:arrived",
        "it concerns no other instance",
    ),
];

const CREATED: &str = "create-proxy A 1.0 --init initialize(uint256) 7 --save";
const NEXT: &str = "A 3.0 counter-v2";

impl Faults {
    fn new() -> Self {
        let sandbox = Sandbox::prepared("several faults", NodeConfig::default(), prepare);
        let open = sandbox.open("A");
        let action = text(&open[0], "action").to_owned();
        let versions = sandbox.definition("A")["versions"].clone();
        let code = account(&versions[1], "implementation");
        Self {
            sandbox,
            code,
            action,
        }
    }

    /// What ids name, as it is now.
    fn accounts(&self) -> BTreeMap<String, Address> {
        let mut accounts = aliases(&self.sandbox);
        accounts.insert("code".into(), self.code);
        accounts
    }

    /// The flag that accepts everything but `without`.
    fn accept(&self, without: &str) -> String {
        let all = ALL.iter().filter(|id| **id != without);
        let mut ids: Vec<String> = all.map(|id| self.typed(id)).collect();
        ids.push("migration-omitted".into());
        ids.retain(|id| id != "ExpiresSoon");
        format!("--accept {}", ids.join(","))
    }

    /// The flag that accepts everything, and where that instance came from.
    fn accept_arrival(&self, of: &str) -> String {
        let arrival = self.typed(&format!("arrival:{of}"));
        format!("{},{arrival}", self.accept(""))
    }

    /// An id with the account in place of its name.
    fn typed(&self, id: &str) -> String {
        match id.split_once(':') {
            Some((kind, name)) => format!("{kind}:{}", self.accounts()[name]),
            None => id.into(),
        }
    }

    /// The other registry.
    fn second(&self) -> Address {
        self.accounts()["second"]
    }

    /// What a document reports of what stands on the chain and of the trial.
    fn found(&self, document: &Value) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        collect(document, &mut found);
        let accounts = self.accounts();
        let named = found.into_iter().map(|id| {
            let of = |(name, account): (&String, &Address)| {
                id.strip_suffix(&account.to_string())
                    .map(|kind| format!("{kind}{name}"))
            };
            accounts.iter().find_map(of).unwrap_or(id)
        });
        named.collect()
    }
}

/// The accounts by their names in the manifest.
fn aliases(sandbox: &Sandbox) -> BTreeMap<String, Address> {
    let manifest: toml::Table = sandbox.read(MANIFEST).parse().expect("a manifest");
    let saved = manifest["aliases"].as_table().expect("aliases").iter();
    let named = saved.map(|(name, account)| {
        let account = account.as_str().expect("an address");
        (name.clone(), account.parse().expect("an address"))
    });
    named.collect()
}

fn prepare(sandbox: &Sandbox) {
    sandbox.done("Admin", "registry deploy --save");
    let first = sandbox.saved("registry");
    let deployed = sandbox.done("Admin2", "registry deploy");
    let second = text(&deployed, "registry");
    let named = format!("[aliases]\nsecond = \"{second}\"\n");
    let manifest = sandbox.read(MANIFEST).replace("[aliases]\n", &named);
    sandbox.write(MANIFEST, manifest);
    sandbox.done(
        "Admin",
        &format!("define A --migrate {BOTH} --policy Admin --create Admin"),
    );
    sandbox.agreed(BOTH, "register A 1.0 counter-v1");
    for words in [
        "define A --migrate Admin2",
        "register A 1.0 counter-v1",
        &format!("{CREATED} arrived"),
    ] {
        sandbox.done("Admin2", &format!("{words} --registry {second}"));
    }
    for name in ["switched", "behind"] {
        sandbox.done("Admin", &format!("{CREATED} {name}"));
    }
    let accounts = aliases(sandbox);
    let [switched, arrived, behind] = ["switched", "arrived", "behind"].map(|name| accounts[name]);
    let adopt = format!("adopt A arrived 1.0 --from {second} --accept arrival:{arrived}");
    sandbox.agreed(BOTH, &adopt);
    for words in [
        &format!("transfer arrived {first}"),
        MIGRATE,
        "create-proxy A 2.0 --init initialize(uint256,uint256) 7 1 --save offered",
    ] {
        sandbox.done("Admin2", &format!("{words} --registry {second}"));
    }

    sandbox.set_slot(behind, slots::migrated("2.0"), slots::SET);
    let accept = format!("--accept arrival:{arrived},AlreadyMigrated:{behind}");
    let migrate = format!("{MIGRATE} {accept}");
    sandbox.proposed("Admin", &migrate);
    sandbox.run("Admin2", &migrate).ends(5);
    let versions = sandbox.definition("A")["versions"].clone();
    let [old, code] = [0, 1].map(|at| account(&versions[at], "implementation"));
    sandbox.set_slot(switched, slots::IMPLEMENTATION, old.into_word());
    sandbox.set_slot(code, slots::BEACON, B256::repeat_byte(9));
    sandbox.wait(340 * DAY);

    let ids = format!("arrival:{arrived},HiddenProxy:{switched},HiddenProxy:{code}");
    let ids = format!("{ids},AlreadyMigrated:{behind},migration-omitted");
    sandbox.proposed("Admin", &format!("migrate {NEXT} --accept {ids}"));
}

/// The ids of findings about code, instances and a trial that weigh something, wherever a document has them.
fn collect(document: &Value, found: &mut BTreeSet<String>) {
    match document {
        Value::Array(all) => all.iter().for_each(|one| collect(one, found)),
        Value::Object(members) => {
            let field = |name: &str| members.get(name).and_then(Value::as_str);
            if let (Some(id), Some(severity), Some(part)) =
                (field("id"), field("severity"), field("part"))
                && ["warning", "danger"].contains(&severity)
                && ["code", "instances", "trial"].contains(&part)
            {
                found.insert(id.to_owned());
            }
            members.values().for_each(|one| collect(one, found));
        }
        _ => {}
    }
}

/// What is to be found by a command, by the table: a row is about something that the others find and it does not, or that
/// it alone finds.
fn expected(command: &str) -> BTreeSet<String> {
    let rows = DIFFERENCES.iter().filter(|row| row.0 == command);
    let mut expected: BTreeSet<String> = ALL.map(str::to_owned).into();
    for (_, id, _) in rows {
        if !expected.remove(*id) {
            expected.insert((*id).to_owned());
        }
    }
    expected
}

/// Who types what.
type Before = &'static [(&'static str, fn(&Faults) -> String)];

/// A command by the name that the table has for it, who types what before it, and who types it.
type Typed = (&'static str, Before, &'static str, fn(&Faults) -> String);

const COMMANDS: [Typed; 18] = [
    ("plan", &[], "Other", |all| {
        format!("plan {NEXT} {}", all.accept(""))
    }),
    ("check", &[], "Other", |all| {
        format!("check A counter-v2 --label 3.0 {}", all.accept(""))
    }),
    ("migrate", &[], "Admin2", |all| {
        format!("migrate {NEXT} {}", all.accept(""))
    }),
    ("approve", &[], "Admin2", |all| {
        format!("approve {} {}", all.action, all.accept(""))
    }),
    ("approve --offline", &[], "Admin2", offline),
    ("submit", &[("Admin2", offline)], "Other", |all| {
        format!("submit file {}", all.accept(""))
    }),
    ("pending", &[], "Other", |all| {
        format!("pending {}", all.action)
    }),
    ("upgrade", &[], "Other", |all| {
        format!("upgrade A {}", all.accept(""))
    }),
    (
        "resume",
        &[("Admin", |_| "pause A".into())],
        "Admin",
        |all| format!("resume A {}", all.accept("")),
    ),
    ("status", &[], "Other", |_| "status A".into()),
    ("doctor", &[], "Other", |_| "doctor".into()),
    ("verify", &[], "Other", |all| {
        format!("verify A {}", all.accept(""))
    }),
    ("register", &[], "Admin", |all| {
        format!("register A 3.1 counter-v2 {}", all.accept(""))
    }),
    ("create-proxy", &[], "Admin", |all| {
        let init = "--init initialize(uint256,uint256) 7 1";
        format!("create-proxy A 2.0 {init} --salt 9 {}", all.accept(""))
    }),
    ("adopt", &[], "Admin", |all| {
        let accept = all.accept_arrival("offered");
        format!("adopt A offered 2.0 --from second {accept}")
    }),
    (
        "transfer",
        &[("Admin2", |all| {
            let (first, accept) = (all.sandbox.registry(), all.accept_arrival("switched"));
            format!("adopt A switched 2.0 --from {first} --registry second {accept}")
        })],
        "Admin",
        |all| format!("transfer switched second {},other-code", all.accept("")),
    ),
    ("run-migration", MOVING, "Admin", |_| {
        "run-migration moving".into()
    }),
    ("run-migration --handler", MOVING, "Admin", |_| {
        "run-migration moving --handler Other".into()
    }),
];

/// `moving` comes to a definition `P` from another registry, and begins a complex migration there.
const MOVING: Before = &[
    ("Admin2", |all| {
        format!("define P --migrate Admin2 --registry {}", all.second())
    }),
    ("Admin2", |all| {
        format!("register P 1.0 points-v1 --registry {}", all.second())
    }),
    ("Admin2", |all| {
        let create = "create-proxy P 1.0 --init initialize(address) Admin --save moving";
        format!("{create} --registry {}", all.second())
    }),
    ("Admin", |_| "define P --migrate Admin".into()),
    ("Admin", |_| "register P 1.0 points-v1".into()),
    ("Admin", |all| {
        let accept = all.accept_arrival("moving");
        format!("adopt P moving 1.0 --from second {accept}")
    }),
    ("Admin2", |all| {
        let (first, second) = (all.sandbox.registry(), all.second());
        format!("transfer moving {first} --registry {second}")
    }),
    ("Admin", |all| {
        let migrate = "migrate P 2.0 points-v2 --complex points-cursor --handler Admin";
        format!("{migrate} {}", all.accept_arrival("moving"))
    }),
];

/// Whether the program has the command: one without wings has fewer.
fn is_built(command: &str) -> bool {
    command != "doctor" || cfg!(feature = "watch")
}

/// A signature in a file.
fn offline(all: &Faults) -> String {
    format!(
        "approve {} --offline --out file {}",
        all.action,
        all.accept("")
    )
}

#[test]
fn every_command_finds_the_same_faults_or_a_table_says_why_not() {
    let is_known = |row: &(&str, &str, &str)| COMMANDS.iter().any(|one| one.0 == row.0);
    assert!(DIFFERENCES.iter().all(is_known), "a row of no command");
    let mut wrong = Vec::new();
    for (command, before, key, words) in COMMANDS.into_iter().filter(|one| is_built(one.0)) {
        let faults = Faults::new();
        for (key, words) in before {
            let answer = faults.sandbox.run(key, &words(&faults));
            let is_done = matches!(answer.exit, Some(0 | 3 | 5));
            assert!(is_done, "before {command}: {answer:?}");
        }
        let answer = faults.sandbox.run(key, &words(&faults));
        let (found, expected) = (faults.found(&answer.document), expected(command));
        if found != expected {
            let error = &answer.document["error"];
            let differs: Vec<&String> = found.symmetric_difference(&expected).collect();
            wrong.push(format!("{command}: {differs:?} {:?} {error}", answer.exit));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_somebody_else_switched_refuses_every_command_that_would_move_the_instances() {
    let faults = Faults::new();
    let (sandbox, accept) = (&faults.sandbox, faults.accept("HiddenProxy:switched"));
    let before = sandbox.block();
    let action = &faults.action;
    sandbox.transcript(&format!(
        "Other  1 HiddenProxy | plan {NEXT} {accept}
         Admin2 1 HiddenProxy | migrate {NEXT} {accept}
         Admin2 1 HiddenProxy | approve {action} {accept}
         Other  1 HiddenProxy | upgrade A {accept}"
    ));
    assert_eq!(sandbox.block(), before, "something was sent");
}

#[test]
fn an_accepted_id_that_fits_nothing_is_one_warning() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let migrated = sandbox.run("Admin", &format!("{MIGRATE} --accept dirty:a,reorder:b"));
    migrated
        .ends(0)
        .has(json!({"needless": ["dirty:a", "reorder:b"]}));
    let warning = "warning: --accept names what was not found: dirty:a, reorder:b";
    assert_eq!(migrated.stderr.matches(warning).count(), 1, "{migrated:?}");
}
