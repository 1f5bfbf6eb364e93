//! The default mapping and its overrides, carried out on storage that is filled and read by the
//! test's own idea of where things are; and the generated Rust, carried out by stylus-sdk.

use std::collections::BTreeMap;

use crate::random::{Model, Rng, Ty, Var};
use crate::values::{Memory, Storage, apply, fill, read};
use alloy_primitives::{B256, U256};
use stylus_layout::{Overrides, Source, Unsupported, WalkLimits, compare, plan, skeleton};

pub(crate) fn old_model() -> Model {
    Model {
        structs: vec![vec![
            ("x".into(), Ty::Uint(64)),
            ("y".into(), Ty::Int(32)),
            ("name".into(), Ty::Str),
        ]],
        vars: vec![
            var("owner", Ty::Address),
            var("flag", Ty::Bool),
            var("total", Ty::Uint(128)),
            var("debt", Ty::Int(64)),
            var("title", Ty::Str),
            var("config", Ty::Struct(0)),
            var("limits", Ty::Array(Box::new(Ty::Uint(16)), 5)),
            var("tag", Ty::Fixed(4)),
            var(
                "balances",
                Ty::Map(Box::new(Ty::Address), Box::new(Ty::Uint(128))),
            ),
            var("log", Ty::List(Box::new(Ty::Uint(64)))),
        ],
    }
}

fn var(name: &str, ty: Ty) -> Var {
    (name.into(), ty)
}

/// The new layout with everything before `balances` turned around and wider.
pub(crate) fn new_model() -> Model {
    let mut model = old_model();
    model.structs[0] = vec![
        ("name".into(), Ty::Str),
        ("y".into(), Ty::Int(256)),
        ("x".into(), Ty::Uint(96)),
    ];
    let tail = model.vars.split_off(8);
    model.vars = vec![
        var("config", Ty::Struct(0)),
        var("tag", Ty::Fixed(8)),
        var("debt", Ty::Int(128)),
        var("flag", Ty::Uint(8)),
        var("total", Ty::Uint(256)),
        var("title", Ty::Str),
        var("limits", Ty::Array(Box::new(Ty::Uint(24)), 6)),
        var("owner", Ty::Address),
    ];
    // Maps and arrays must stay in their slots.
    let found = model.location(&model.vars).1;
    assert_eq!(found, old_model().location(&old_model().vars).0[8].0 + 1);
    model.vars.extend(tail);
    model
}

#[test]
fn fields_of_the_same_name_carry_over_where_they_moved_and_where_they_are_wider() {
    let (old, mut new) = (old_model(), new_model());
    // One slot too far for the maps: drop one field and say so.
    new.vars
        .retain(|(name, _)| name != "flag" && name != "owner");
    let overrides = Overrides::none().drop("flag").drop("owner");
    let (old_layout, new_layout) = (old.layout(), new.layout());
    let mut memory = Memory::default();
    fill(&old, &mut memory, &mut Rng(1));
    let before = read(&old, &memory);
    apply(
        &plan(&old_layout, &new_layout, &overrides).unwrap(),
        &mut memory,
    );
    let after = read(&new, &memory);
    for (path, value) in &after {
        match before.get(path) {
            Some(old) => assert!(value.is(old), "{path}: {old:?} became {value:?}"),
            None => assert!(value.is_empty(), "{path}: {value:?} is new"),
        }
    }
    assert!(after.contains_key("config.name") && after.contains_key("limits[5]"));
}

#[test]
fn a_random_migration_loses_nothing_and_invents_nothing() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut fields = 0;
    for seed in 0..6000 {
        let mut rng = Rng(seed);
        let old = crate::random::model(&mut rng);
        let mut new = old.clone();
        crate::values::evolve(&mut rng, &mut new);
        let (old_layout, new_layout) = (old.layout(), new.layout());
        let dropped = crate::values::dropped(&old, &new)
            .into_iter()
            .fold(Overrides::none(), |all, name| all.drop(&name));
        let planned = match plan(&old_layout, &new_layout, &dropped) {
            Ok(planned) => planned,
            Err(error) => {
                *counts.entry(reason(&error)).or_default() += 1;
                continue;
            }
        };
        *counts
            .entry(if planned.is_empty() {
                "nothing to do"
            } else {
                "migrated"
            })
            .or_default() += 1;
        let mut memory = Memory::default();
        fill(&old, &mut memory, &mut rng);
        let before = read(&old, &memory);
        apply(&planned, &mut memory);
        let after = read(&new, &memory);
        for (path, value) in &after {
            fields += 1;
            match before.get(path) {
                Some(old) => assert!(
                    value.is(old),
                    "seed {seed} {path}: {old:?} became {value:?}\n{}\n{}",
                    old_text(&old_layout),
                    old_text(&new_layout)
                ),
                None => assert!(value.is_empty(), "seed {seed} {path}: {value:?} is new"),
            }
        }
        crate::values::assert_free_bytes_are_zero(&new, &memory, seed);
    }
    println!("{counts:?}, {fields} fields compared");
    assert!(counts["migrated"] >= 1000, "{counts:?}");
    for refused in ["narrower", "map", "array", "shows through"] {
        assert!(
            counts.get(refused).is_some_and(|count| *count >= 5),
            "{refused}: {counts:?}"
        );
    }
}

fn old_text(layout: &stylus_layout::Layout) -> String {
    let walk = stylus_layout::Storage::from(layout).walk(WalkLimits::default());
    let fields = walk.fields.iter().map(|field| {
        let place = &field.place;
        format!(
            "{} {} {}+{}\n",
            field.label, field.name, place.slot, place.offset
        )
    });
    fields.collect()
}

fn reason(error: &Unsupported) -> &'static str {
    match error {
        Unsupported::Narrower { .. } => "narrower",
        Unsupported::Map { .. } => "map",
        Unsupported::Array { .. } => "array",
        Unsupported::ShowsThrough { .. } => "shows through",
        Unsupported::Lost { .. } => "lost",
        other => panic!("{other}"),
    }
}

#[test]
fn what_cannot_be_carried_over_is_refused_by_its_name() {
    let old = old_model().layout();
    let with = |change: &dyn Fn(&mut Model)| {
        let mut model = old_model();
        change(&mut model);
        model.layout()
    };
    let refused = |new: &stylus_layout::Layout, overrides: &Overrides| {
        skeleton(&old, new, overrides).unwrap_err().to_string()
    };
    let narrower = with(&|model| model.vars[2].1 = Ty::Uint(64));
    assert!(
        refused(&narrower, &Overrides::none())
            .starts_with("total: uint64 does not hold every value of uint128")
    );
    let moved = with(&|model| model.vars.insert(8, var("new", Ty::Uint(256))));
    assert!(
        refused(&moved, &Overrides::none())
            .starts_with("balances: mapping(address => uint128) @ slot 7 -> ")
    );
    let list = with(&|model| model.vars.insert(9, var("new", Ty::Uint(256))));
    assert!(refused(&list, &Overrides::none()).starts_with("log: uint64[] @ slot 8 -> "));
    let key =
        with(&|model| model.vars[8].1 = Ty::Map(Box::new(Ty::Uint(160)), Box::new(Ty::Uint(128))));
    assert!(refused(&key, &Overrides::none()).starts_with("balances: "));
    let signed =
        with(&|model| model.vars[8].1 = Ty::Map(Box::new(Ty::Address), Box::new(Ty::Int(128))));
    assert!(refused(&signed, &Overrides::none()).starts_with("balances: "));
    let lost = with(&|model| drop(model.vars.remove(3)));
    assert!(
        refused(&lost, &Overrides::none())
            .starts_with("debt (int64) of the old version is taken over by nothing")
    );
    assert!(skeleton(&old, &lost, &Overrides::none().drop("debt")).is_ok());
    let reused = with(&|model| model.vars[8].0 = "other".into());
    assert!(
        refused(&reused, &Overrides::none().drop("balances"))
            .starts_with("other would lie on the slot of balances")
    );
    assert!(
        refused(&lost, &Overrides::none().drop("nothing"))
            .starts_with("nothing is no field of the old layout")
    );
    let code = Overrides::none().with("title", Source::Code("U256::ZERO".into()));
    assert!(refused(&old, &code).starts_with("title: code can give a value"));
    let large = with(&|model| {
        model
            .vars
            .push(var("huge", Ty::Array(Box::new(Ty::Uint(256)), 5000)))
    });
    assert!(refused(&large, &Overrides::none()).starts_with("huge: expected at most 4096 values"));
    let mystery = old.to_json().replace("t_bool", "t_mystery");
    let mystery = mystery.replace("\"bool\"", "\"mystery\"");
    let unknown = stylus_layout::Layout::from_json(&mystery).unwrap();
    assert!(
        refused(&unknown, &Overrides::none())
            .starts_with("flag: too little is known of the type mystery")
    );
}

#[test]
fn wider_map_values_need_no_migration_and_a_namespace_is_filled_from_the_root() {
    let old = old_model().layout();
    let mut model = old_model();
    model.vars[8].1 = Ty::Map(Box::new(Ty::Address), Box::new(Ty::Uint(256)));
    assert!(
        plan(&old, &model.layout(), &Overrides::none())
            .unwrap()
            .is_empty()
    );

    let mut new = old_model().layout();
    let owner = new.storage.remove(0);
    new.namespaces
        .insert("erc7201:example.main".into(), vec![owner]);
    let mut memory = Memory::default();
    fill(&old_model(), &mut memory, &mut Rng(5));
    let word = U256::from_be_bytes(memory.load(U256::ZERO).0);
    let low: U256 = (U256::from(1) << 160) - U256::from(1);
    apply(&plan(&old, &new, &Overrides::none()).unwrap(), &mut memory);
    let root = U256::from_be_bytes(stylus_upgrades_interface::slots::erc7201(b"example.main").0);
    assert_eq!(memory.load(root), B256::from(word & low));
    assert_eq!(memory.load(U256::ZERO), B256::from(word & !low));
}

#[test]
fn a_declared_retype_keeps_its_bytes() {
    let old = old_model();
    let mut new = old_model();
    new.vars.swap(0, 4);
    new.vars[0].1 = Ty::Bytes;
    let mut layout = new.layout();
    assert!(plan(&old.layout(), &layout, &Overrides::none()).is_err());
    layout = crate::values::declared(&layout, [], [("title", "string")]);
    let mut memory = Memory::default();
    fill(&old, &mut memory, &mut Rng(3));
    let before = read(&old, &memory);
    apply(
        &plan(&old.layout(), &layout, &Overrides::none()).unwrap(),
        &mut memory,
    );
    assert_eq!(read(&new, &memory), before);
}

#[test]
fn what_a_comparison_calls_safe_reads_the_same_without_a_migration() {
    let (mut safe, mut same) = (0, 0);
    for seed in 0..20_000 {
        let (old, new) = crate::random::pair(seed);
        let report = compare(&old.layout(), &new.layout()).unwrap();
        if !report.is_safe() {
            continue;
        }
        safe += 1;
        same += usize::from(report.findings.is_empty());
        let mut memory = Memory::default();
        fill(&old, &mut memory, &mut Rng(seed));
        let before = read(&old, &memory);
        let after = read(&new, &memory);
        assert!(
            before.keys().all(|path| after.contains_key(path)),
            "seed {seed}: a field is gone\n{report:?}"
        );
        for (path, value) in after {
            match before.get(&path) {
                Some(old) => assert_eq!(old, &value, "seed {seed}: {path}\n{report:?}"),
                None => assert!(
                    value.is_empty(),
                    "seed {seed}: {path} is {value:?}\n{report:?}"
                ),
            }
        }
    }
    println!("{safe} safe pairs read the same, {same} of them unchanged");
    assert!(safe - same >= 2000);
}

#[test]
fn generated_rust_does_what_its_plan_says() {
    crate::generated::check();
}

#[test]
#[ignore = "nightly: compiles stylus-sdk and twenty-four migrations, about 60 s"]
fn every_random_migration_in_rust_does_what_its_plan_says() {
    crate::generated::check_all();
}

#[test]
fn generated_code_carries_the_entries_of_maps_that_moved() {
    crate::generated::check_entries();
}
