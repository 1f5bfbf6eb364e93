//! Generated migrations, committed so that they are compiled with the real stylus-sdk. Where the
//! generator's output changed, run the tests with `STYLUS_UPGRADES_UPDATE=1` and look at the
//! difference. The nightly run compiles random ones too.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use alloy_primitives::{B256, U256, keccak256};
use stylus_layout::{Layout, Overrides, Plan, Source, Unsupported, plan, skeleton};

use crate::host::Words;
use crate::migration::{new_model, old_model};
use crate::random::{self, Model, Rng, Ty};
use crate::values::{self, Memory, Storage, apply, apply_entry, fill, read};

macro_rules! generated {
    ($($name:ident)*) => {
        $(#[rustfmt::skip] mod $name;)*

        fn run(name: &str, words: &Words) {
            match name {
                $(stringify!($name) => $name::migrate_storage(words),)*
                other => panic!("{other} is not compiled in"),
            }
        }
    };
}

generated! {
    everything custom identity
}

/// How many random migrations there are. Those by hand and `entries` use all that is ever generated.
const SEEDS: usize = 24;

#[rustfmt::skip]
mod entries;

struct Case {
    name: String,
    old: Model,
    new: Layout,
    overrides: Overrides,
}

impl Case {
    fn named(name: &str, old: Model, new: Layout, overrides: Overrides) -> Self {
        Self {
            name: name.into(),
            old,
            new,
            overrides,
        }
    }

    fn code(&self) -> String {
        skeleton(&self.old.layout(), &self.new, &self.overrides).unwrap()
    }

    fn plan(&self) -> Plan {
        plan(&self.old.layout(), &self.new, &self.overrides).unwrap()
    }

    fn filled(&self, seed: u64) -> Memory {
        let mut memory = Memory::default();
        fill(&self.old, &mut memory, &mut Rng(seed));
        memory
    }
}

/// Three migrations that are written by hand.
fn by_hand() -> [Case; 3] {
    let everything = without_dropped();
    let dropped = Overrides::none().drop("flag").drop("owner");
    let custom = dropped
        .clone()
        .with("debt", Source::Field("total".into()))
        .with(
            "total",
            Source::Code("old_total + U256::from(1) + old_debt".into()),
        )
        .with("config.y", Source::Empty)
        .with("limits[0]", Source::Code("U256::from(77)".into()));
    let custom_layout = custom_model().layout();
    let same = old_model().layout();
    [
        Case::named("everything", old_model(), everything.layout(), dropped),
        Case::named("custom", old_model(), custom_layout, custom),
        Case::named("identity", old_model(), same, Overrides::none()),
    ]
}

/// The first random migrations that do something.
fn random_cases() -> Vec<Case> {
    let mut all: Vec<Case> = Vec::new();
    let mut seed = 1_000_000;
    while all.len() < SEEDS {
        seed += 1;
        let mut rng = Rng(seed);
        let old = random::model(&mut rng);
        let mut new = old.clone();
        values::evolve(&mut rng, &mut new);
        let overrides = values::dropped(&old, &new)
            .into_iter()
            .fold(Overrides::none(), |all, name| all.drop(&name));
        if plan(&old.layout(), &new.layout(), &overrides).is_ok_and(|plan| !plan.is_empty()) {
            let name = format!("seed_{}", all.len());
            all.push(Case::named(&name, old, new.layout(), overrides));
        }
    }
    all
}

/// The new version, which has dropped two fields.
fn without_dropped() -> Model {
    let mut model = new_model();
    model
        .vars
        .retain(|(name, _)| name != "flag" && name != "owner");
    model
}

/// The same with `debt` as wide as `total` was, to take it over.
fn custom_model() -> Model {
    let mut model = without_dropped();
    if let Some((_, ty)) = model.vars.iter_mut().find(|(name, _)| name == "debt") {
        *ty = random::Ty::Int(136);
    }
    model
}

pub fn check() {
    let bless = stylus_upgrades_test_support::update();
    for case in by_hand() {
        let (name, code) = (&case.name, case.code());
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/generated/{name}.rs"));
        if bless {
            std::fs::write(&file, &code).unwrap();
            continue;
        }
        let found = std::fs::read_to_string(&file).unwrap();
        assert_eq!(found, code, "{name} is not what is generated now");
        for seed in 0..8 {
            executes(&case, seed);
        }
    }
}

fn executes(case: &Case, seed: u64) {
    let mut memory = case.filled(seed);
    let words = Words::empty();
    for (slot, word) in &memory.0 {
        words.store(*slot, *word);
    }
    run(&case.name, &words);
    if case.name == "custom" {
        return custom_values(&case.old, &memory, &words);
    }
    let before: Vec<U256> = memory.0.keys().copied().collect();
    apply(&case.plan(), &mut memory);
    for slot in memory.0.keys().chain(&before) {
        assert_eq!(
            words.load(*slot),
            memory.load(*slot),
            "{}: slot {slot} of seed {seed}",
            case.name
        );
    }
}

/// A program that carries out migrations of the file `cases`: the name of one, then slots with what they hold before
/// and have to hold after it.
const MAIN: &str = r#"
use stylus_sdk::alloy_primitives::{B256, U256};
mod host;
use host::Words;

fn main() {
    for case in include_str!("cases").split_terminator("\n\n") {
        let (name, slots) = case.split_once('\n').unwrap();
        let slots: Vec<Vec<B256>> = slots
            .lines()
            .map(|line| line.split(' ').map(|word| word.parse().unwrap()).collect())
            .collect();
        let words = Words::empty();
        for slot in &slots {
            words.store(U256::from_be_bytes(slot[0].0), slot[1]);
        }
        run(name, &words);
        for slot in &slots {
            assert_eq!(words.load(U256::from_be_bytes(slot[0].0)), slot[2], "{case}");
        }
    }
}
"#;

/// Compiles every random migration and carries each out on eight storages.
pub fn check_all() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = home.join("target/generated-migrations");
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let (mut modules, mut arms, mut expected) = (String::new(), String::new(), String::new());
    for case in random_cases() {
        let name = &case.name;
        write(&format!("src/{name}.rs"), &case.code());
        writeln!(modules, "mod {name};").unwrap();
        writeln!(arms, "{name:?} => {name}::migrate_storage(words),").unwrap();
        for seed in 0..8 {
            let before = case.filled(seed);
            let mut after = case.filled(seed);
            apply(&case.plan(), &mut after);
            writeln!(expected, "{name}").unwrap();
            let slots: BTreeSet<&U256> = before.0.keys().chain(after.0.keys()).collect();
            for slot in slots {
                let (was, is) = (before.load(*slot), after.load(*slot));
                writeln!(expected, "{} {was} {is}", B256::from(*slot)).unwrap();
            }
            expected.push('\n');
        }
    }
    let run =
        format!("fn run(name: &str, words: &Words) {{ match name {{ {arms} _ => panic!() }} }}");
    write("src/main.rs", &format!("{modules}{MAIN}{run}"));
    write("src/cases", &expected);
    write("src/host.rs", include_str!("../host.rs"));
    let sdk = std::fs::read_to_string(home.join("Cargo.toml")).unwrap();
    let sdk = sdk.lines().find(|line| line.starts_with("stylus-sdk ="));
    let sdk = sdk.and_then(|line| line.split('"').nth(1)).unwrap();
    let manifest = format!(
        "[package]\nname = \"generated-migrations\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         stylus-sdk = {{ version = {sdk:?}, default-features = false }}\n"
    );
    write("Cargo.toml", &manifest);
    std::fs::copy(home.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet"]).current_dir(&folder);
    let output = cargo.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
}

/// Code is not carried out by a plan: its fields are looked at.
fn custom_values(old: &Model, memory: &Memory, words: &Words) {
    let before = read(old, memory);
    let number = |path: &str| match &before[path] {
        values::Value::Number(false, value) => *value,
        values::Value::Number(true, value) => (U256::from(1) << 64) - *value,
        other => panic!("{other:?}"),
    };
    let mut now = Memory::default();
    for slot in 0..20 {
        let slot = U256::from(slot);
        now.store(slot, words.load(slot));
    }
    let after = read(&custom_model(), &now);
    let expected = |value: U256| values::Value::Number(false, value);
    assert_eq!(
        after["total"],
        expected(number("total") + U256::from(1) + number("debt"))
    );
    assert_eq!(after["debt"], expected(number("total")));
    assert_eq!(after["config.y"], expected(U256::ZERO));
    assert_eq!(after["limits[0]"], expected(U256::from(77)));
    assert_eq!(after["limits[1]"], before["limits[1]"]);
    let _: B256 = words.load(U256::ZERO);
}

/// A map of numbers that become wider, a nested one, and one of structs; the new version has three fields before
/// them.
fn moved_maps() -> (Model, Model) {
    let map = |key: Ty, value: Ty| Ty::Map(Box::new(key), Box::new(value));
    let mut old = Model {
        structs: vec![vec![
            ("x".into(), Ty::Uint(64)),
            ("y".into(), Ty::Int(32)),
            ("z".into(), Ty::Uint(256)),
        ]],
        vars: vec![
            ("debts".into(), map(Ty::Address, Ty::Int(64))),
            (
                "allowed".into(),
                map(Ty::Address, map(Ty::Uint(8), Ty::Uint(128))),
            ),
            ("seats".into(), map(Ty::Uint(256), Ty::Struct(0))),
        ],
    };
    let mut new = old.clone();
    new.vars[0].1 = map(Ty::Address, Ty::Int(128));
    for name in ["a", "b", "c"] {
        new.vars.insert(0, (name.into(), Ty::Uint(256)));
    }
    old.vars.push(("title".into(), Ty::Str));
    new.vars.push(("title".into(), Ty::Str));
    (old, new)
}

/// Where a map has the entry of these keys.
fn entry(map: u64, keys: &[B256]) -> U256 {
    keys.iter().fold(U256::from(map), |map, key| {
        U256::from_be_bytes(keccak256([key.0, map.to_be_bytes()].concat()).0)
    })
}

pub fn check_entries() {
    let (old, new) = moved_maps();
    let (old, new) = (old.layout(), new.layout());
    assert!(matches!(
        plan(&old, &new, &Overrides::none()),
        Err(Unsupported::Map { .. })
    ));
    let with_keys = Overrides::none().with_keys();
    let code = skeleton(&old, &new, &with_keys).unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/generated/entries.rs");
    if stylus_upgrades_test_support::update() {
        return std::fs::write(&file, &code).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), code);
    let planned = plan(&old, &new, &with_keys).unwrap();
    let key = |n: u8| B256::with_last_byte(n);
    let word = |number: U256| B256::from(number);
    let (debt, all) = ([key(1)], U256::MAX);
    let (allowed, seat) = ([key(1), key(2)], [key(9)]);
    // −2 in eight bytes; 7; a struct of two words, of which one is zero at another key.
    let mut memory = Memory::default();
    memory.store(entry(0, &debt), word((all << 1) & (all >> 192)));
    memory.store(entry(1, &allowed), key(7));
    memory.store(entry(2, &seat), key(5));
    memory.store(entry(2, &seat) + U256::from(1), key(6));
    memory.store(entry(2, &[key(8)]) + U256::from(1), key(4));
    memory.store(U256::from(3), key(0));
    let words = Words::empty();
    for (slot, word) in &memory.0 {
        words.store(*slot, *word);
    }
    apply(&planned, &mut memory);
    entries::migrate_storage(&words);
    // Each twice: what was carried over stays.
    for _ in 0..2 {
        entries::migrate_debts(&words, debt);
        entries::migrate_allowed(&words, allowed);
        for seat in [seat, [key(8)], [key(7)]] {
            entries::migrate_seats(&words, seat);
        }
        for (map, keys) in [(0, &debt[..]), (1, &allowed), (2, &seat), (2, &[key(8)])] {
            apply_entry(&planned.entries[map], &mut memory, keys);
        }
    }
    let expected = [
        (entry(3, &debt), word((all << 1) & (all >> 128))),
        (entry(4, &allowed), key(7)),
        (entry(5, &seat), key(5)),
        (entry(5, &seat) + U256::from(1), key(6)),
        (entry(5, &[key(8)]) + U256::from(1), key(4)),
    ];
    for (slot, word) in expected {
        assert_eq!((words.load(slot), memory.load(slot)), (word, word));
    }
    for (map, keys) in [(0, &debt[..]), (1, &allowed), (2, &seat)] {
        let slot = entry(map, keys);
        assert!(words.load(slot).is_zero() && memory.load(slot).is_zero());
    }
}
