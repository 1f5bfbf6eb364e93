//! Macros of the usual names that are others: what they make is not known.

use super::{BOTH, read};

/// A crate of somebody else may have a macro with any name, which drops what it stands at.
#[test]
fn what_stands_at_a_macro_of_another_crate_does_not_count() {
    let prelude = "use stylus_sdk::{alloy_primitives::U256, prelude::*, storage::StorageU256};\n";
    let ours = "use stylus_upgradeable::prelude::*;\n";
    let count = |use_: &str, at_block: &str, at_method: &str| {
        let source = BOTH
            .replace(prelude, &format!("{prelude}{use_}"))
            .replace("#[public]\n", &format!("{at_block}#[public]\n"));
        let method = format!("    {at_method}\n    pub fn withdraw");
        let found = read(&source.replace("    pub fn withdraw", &method), &[]);
        let has = found
            .functions
            .iter()
            .any(|one| one.item.name == "withdraw");
        assert_eq!(has, found.unseen.is_empty(), "{use_}{at_block}: {found:?}");
        has
    };
    for (use_, at) in [
        (ours, "#[upgradeable]"),
        ("use stylus_upgradeable::upgradeable;\n", "#[upgradeable]"),
        ("", "#[stylus_upgradeable::upgradeable]"),
        ("", "#[allow(dead_code)]\n#[rustfmt::skip]"),
    ] {
        assert!(count(use_, &format!("{at}\n"), ""), "{use_}{at}");
    }
    assert!(count(
        ours,
        "#[upgradeable]\n",
        "#[payable]\n#[ensures(true)]\n#[initializing]"
    ));
    for name in [
        "ensures",
        "layout",
        "borrow",
        "initializing",
        "initializer",
        "migration",
        "inherit",
        "implements",
        "payable",
        "selector",
        "solidity_error",
        "derive",
        "storage",
        "entrypoint",
        "inheritable",
        "upgradeable",
        "public",
        "test",
    ] {
        let at = format!("#[{name}]\n");
        for use_ in [
            format!("use guard::{name};\n"),
            format!("use guard::x as {name};\n"),
            format!("{ours}use guard::{{x, {name}}};\n"),
            format!("mod more {{ pub use guard::{name}; }}\nuse more::*;\n"),
        ] {
            assert!(!count(&use_, &at, ""), "{use_}{at}");
        }
        assert!(!count("", &format!("#[guard::{name}]\n"), ""), "{name}");
    }
    for use_ in [
        "use guard::*;\n",
        "#[macro_use] extern crate guard;\n",
        "#[cfg_attr(all(), macro_use)] extern crate guard;\n",
        "mod more { pub use guard::*; }\nuse more::*;\n",
    ] {
        for name in ["ensures", "layout", "derive", "inherit"] {
            assert!(!count(use_, &format!("#[{name}]\n"), ""), "{use_}{name}");
        }
        // An import that is known goes before one of everything.
        let known = format!("use stylus_upgradeable::ensures;\n{use_}");
        assert!(count(&known, "#[ensures]\n", ""), "{use_}");
    }
    assert!(!count("use guard as rustfmt;\n", "#[rustfmt::skip]\n", ""));
    assert!(!count("use guard::ensures;\n", "", "#[ensures(true)]"));
    assert!(!count(
        "use guard::ensures;\n",
        "#[cfg_attr(all(), ensures)]\n",
        ""
    ));
    assert!(!count(
        "use guard::derive;\n",
        "#[cfg_attr(all(), derive(X))]\n",
        ""
    ));
}

/// The packages that make the functions are the registry's, or none of them counts.
#[test]
fn macros_that_do_not_come_from_the_registry_make_no_function_that_counts() {
    let registry = "registry+https://github.com/rust-lang/crates.io-index";
    let lock = |name: &str, source: &str| {
        let part = |name: &str, source: &str, needs: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n{source}{needs}\n")
        };
        let all = [
            ("stylus-proc", "dependencies = [\"syn 1.0.0\"]\n"),
            ("syn", ""),
            ("other", ""),
        ];
        let usual = format!("source = \"{registry}\"\n");
        let all =
            all.map(|(one, needs)| part(one, if one == name { source } else { &usual }, needs));
        all.concat()
    };
    let sdk = "[dependencies]\nstylus-sdk = \"=0.10.10\"\n";
    let of = |more: &str| format!("{sdk}{more}");
    let (toml, config) = ("Cargo.toml", ".cargo/config.toml");
    let fine: [Vec<(&str, String)>; 5] = [
        vec![(
            toml,
            of("stylus-upgradeable = { path = \"../framework\" }\n"),
        )],
        vec![(toml, of("")), ("Cargo.lock", lock("other", ""))],
        vec![
            (
                toml,
                of("[patch.crates-io]\nother = { path = \"other\" }\n"),
            ),
            ("Cargo.lock", lock("other", "")),
        ],
        vec![(
            toml,
            of("[patch.crates-io]\nstylus-upgradeable = { path = \"up\" }\n"),
        )],
        vec![
            (toml, of("")),
            (
                config,
                "[build]\ntarget = \"wasm32-unknown-unknown\"\n".into(),
            ),
        ],
    ];
    let patch = "[patch.crates-io]\nstylus-proc = { path = \"stylus-proc\" }\n";
    let other: [Vec<(&str, String)>; 19] = [
        vec![(toml, of(patch))],
        vec![(toml, of(patch)), ("Cargo.lock", lock("other", ""))],
        vec![(toml, of("[patch.crates-io]\nx = { package = \"stylus-core\", git = \"x\" }\n"))],
        vec![(toml, of("[patch.\"https://one.example\"]\nstylus-sdk = { path = \"x\" }\n"))],
        vec![(toml, of("[patch.crates-io]\nsyn = { path = \"syn\" }\n"))],
        vec![
            (toml, of("[patch.crates-io]\nsyn = { path = \"syn\" }\n")),
            ("Cargo.lock", lock("other", "")),
        ],
        vec![(toml, of("[replace]\n\"stylus-proc:0.10.10\" = { path = \"x\" }\n"))],
        vec![(toml, "[dependencies]\nstylus-sdk = { path = \"x\" }\n".into())],
        vec![(toml, "[dependencies]\nstylus_sdk = { git = \"x\" }\n".into())],
        vec![(toml, "[dependencies]\nx = { package = \"stylus-proc\", path = \"x\" }\n".into())],
        vec![(toml, "[dependencies.stylus-sdk]\nversion = \"1\"\nregistry = \"x\"\n".into())],
        vec![(toml, "[workspace.dependencies]\nstylus-sdk = { path = \"x\" }\n[dependencies]\nstylus-sdk.workspace = true\n".into())],
        vec![(toml, of("rustfmt = \"1\"\n"))],
        vec![(toml, of("")), ("Cargo.lock", lock("stylus-proc", ""))],
        vec![(toml, of("")), ("Cargo.lock", lock("syn", "source = \"git+https://one.example\"\n"))],
        vec![(toml, of("")), (config, patch.into())],
        vec![(toml, of("")), (".cargo/config", "paths = [\"x\"]\n".into())],
        vec![(toml, of("")), (config, "[source.crates-io]\nreplace-with = \"x\"\n".into())],
        vec![
            (toml, "[package]\nname = \"x\"\nworkspace = \"above\"\n".into()),
            ("above/Cargo.toml", format!("[workspace]\n{patch}")),
        ],
    ];
    let files = |all: &[(&'static str, String)]| {
        let all: Vec<(&str, &str)> = all
            .iter()
            .map(|(path, text)| (*path, text.as_str()))
            .collect();
        read(BOTH, &all)
    };
    for all in &fine {
        let found = files(all);
        assert_eq!(
            (found.functions.len(), &found.unseen[..]),
            (2, &[][..]),
            "{all:?}"
        );
    }
    for all in &other {
        let found = files(all);
        assert_eq!(found.functions.len(), 0, "{all:?}");
        assert!(
            found.unseen[0].starts_with("which functions there are: "),
            "{all:?}: {found:?}"
        );
    }
}
