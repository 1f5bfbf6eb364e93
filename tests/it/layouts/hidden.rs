//! Changes that take a function or an event from callers and look as if they left it there, in crates of an
//! author's own: what counts is the compiled module.

use super::folder::problems;
use super::outsider::Author;
use crate::prelude::*;

/// A note with a function and an event that some callers need; the block's end is the last line but one.
const NOTE: &str = r#"#![allow(unused, reason = "one head for all")]
extern crate alloc;

use stylus_sdk::alloy_primitives::U256;
use stylus_sdk::alloy_sol_types::sol;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageU256;
use stylus_upgradeable::prelude::*;

sol! {
    event Withdrawn(uint256 indexed amount);
    error Short(uint256 missing);
}

#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Note {
    value: StorageU256,
}

#[upgradeable]
#[public]
impl Note {
    pub fn deposit(&mut self, amount: U256) {
        self.value.set(self.value.get() + amount);
    }
    pub fn withdraw(&mut self, amount: U256) -> Result<U256, Vec<u8>> {
        let held = self.value.get();
        if held < amount {
            let missing = amount - held;
            return Err(alloy_error(Short { missing }));
        }
        self.value.set(held - amount);
        self.vm().log(Withdrawn { amount });
        Ok(held - amount)
    }
}

fn alloy_error(error: Short) -> Vec<u8> {
    stylus_sdk::alloy_sol_types::SolError::abi_encode(&error)
}
"#;
const GONE: &str = "function-removed:withdraw(uint256)";
/// A macro that stands where the SDK's stands, and drops what it likes.
const EVIL: &str = r##"use proc_macro::TokenStream;

#[proc_macro_attribute]
pub fn public(_: TokenStream, block: TokenStream) -> TokenStream {
    let text = block.to_string();
    let end = text.find("withdraw").expect("there");
    let end = text[..end].rfind("pub").expect("there");
    let block = format!("#[stylus_sdk::prelude::public] {} }}", &text[..end]);
    block.parse().expect("Rust")
}
"##;
const EVIL_MANIFEST: &str = "[package]\nname = \"evil\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
                             [lib]\nproc-macro = true\n";

/// What `sol!` names.
const NEEDS: &str = "alloy-primitives = { version = \"=1.7.3\", default-features = false }\n\
                     alloy-sol-types = { version = \"=1.7.3\", default-features = false }\n";

/// The source without a function that goes from `begin` to the end of the block.
fn without_withdraw() -> String {
    let begin = NOTE.find("    pub fn withdraw").expect("there");
    let end = NOTE.find("}\n\nfn alloy_error").expect("there");
    format!("{}{}", &NOTE[..begin], &NOTE[end..])
}

#[test]
#[ignore = "nightly: compiles crates and upgrades them, about 86 s"]
fn a_function_that_the_code_does_not_answer_is_lost_whatever_its_crate_says() {
    let author = Author::new();
    let first = author.source("first", NOTE, NEEDS);
    author.project.done(&format!("register Note 1.0 {first}"));
    author.project.done("create-proxy Note 1.0");
    let same = NOTE.replace("held - amount)\n", "held - amount) // the same\n");
    let plan = |name: &str, source: &str, more: &str| {
        let folder = author.source(name, source, &format!("{NEEDS}{more}"));
        let plan = author.project.run(&format!("plan Note 2.0 {folder}"));
        let ids = problems(&plan.document).into_iter();
        let ids: Vec<String> = ids.map(str::to_owned).collect();
        let extent = text(&plan.document["coverage"], "interface").to_owned();
        (ids, extent)
    };
    assert_eq!(plan("same", &same, ""), (vec![], "complete".into()));

    // Its source is left in a file that nothing compiles.
    let gone = without_withdraw();
    author.write("dead/src/old.rs", NOTE);
    let complete = "complete".to_owned();
    let lost = [
        GONE,
        "event-removed:Withdrawn(uint256)",
        "error-removed:Short(uint256)",
    ];
    let seen = plan("dead", &gone, "");
    assert_eq!(seen, (lost.map(Into::into).to_vec(), complete.clone()));

    // A section that is written by hand claims it.
    let claim = "function withdraw(uint256 amount) returns (uint256)\n";
    let forged = format!(
        "{gone}#[unsafe(link_section = \"stylus-interface\")]\nstatic MORE: [u8; {}] = *b\"{}\";\n",
        claim.len(),
        claim.escape_default()
    );
    let forged = author.source("forged", &forged, NEEDS);
    let refused = author
        .project
        .refused("Section", &format!("plan Note 2.0 {forged}"));
    let found = refused.error("found");
    assert!(found.starts_with("it "), "{found}");

    // Nothing wrote the section: what there is is not known, and not lost.
    let unsaid = NOTE.replace("#[upgradeable]\n", "");
    let (ids, extent) = plan("unsaid", &unsaid, "");
    assert!(ids.iter().all(|id| id != GONE), "{ids:?}");
    assert!(ids.iter().any(|id| id == "absent:interface"), "{ids:?}");
    assert_eq!(extent, "absent");

    // The block is described with it and made without it.
    author.write("evil/Cargo.toml", EVIL_MANIFEST);
    author.write("evil/src/lib.rs", EVIL);
    let evil = NOTE.replace("#[public]", "#[evil::public]");
    let (ids, extent) = plan("shadowed", &evil, "evil = { path = \"../evil\" }\n");
    assert!(ids.iter().any(|id| id == GONE), "{ids:?}");
    assert_eq!(extent, "partial");

    // A type of the usual name is another one.
    let alias = gone.replace("alloy_primitives::U256;", "alloy_primitives::U64 as U256;");
    let alias = alias.replace("self.value.set(self.value.get() + amount);", "");
    let (ids, _) = plan("alias", &alias, "");
    let changed = "function-changed:deposit(uint256)";
    assert!(ids.iter().any(|id| id == changed), "{ids:?}");

    // The event is declared, and nothing logs it.
    let silent = NOTE.replace("        self.vm().log(Withdrawn { amount });\n", "");
    let seen = plan("silent", &silent, "");
    assert_eq!(seen, (vec![lost[1].to_owned()], complete));
}

#[test]
#[ignore = "nightly: compiles crates and upgrades them, about 22 s"]
fn what_does_not_become_the_contract_does_not_build_as_one() {
    let author = Author::new();
    // What #[cfg] takes away is missing where the SDK routes calls to it.
    let method = "    pub fn withdraw";
    let conditional = NOTE.replace(method, &format!("    #[cfg(any())]\n{method}"));
    let conditional = author.source("conditional", &conditional, NEEDS);
    let refused = author.project.run(&format!("layout show {conditional}"));
    assert_ne!(refused.exit, Some(0), "{refused:?}");
    assert!(refused.stderr.contains("withdraw"), "{refused:?}");
    // The struct is no entrypoint: another function is.
    let by_hand = NOTE.replace("#[entrypoint]\n", "");
    let by_hand = format!(
        "{by_hand}// SAFETY: none.\nunsafe impl stylus_sdk::stylus_core::storage::TopLevelStorage for Note {{}}\n\
         #[unsafe(no_mangle)]\npub extern \"C\" fn user_entrypoint(_: usize) -> usize {{\n    \
         use stylus_sdk::stylus_core::host::*;\n    let vm = stylus_sdk::host::VM {{ host: stylus_sdk::host::WasmVM {{}} }};\n    \
         vm.pay_for_memory_grow(0);\n    0\n}}\n"
    );
    let by_hand = author.source("by-hand", &by_hand, NEEDS);
    let refused = author.project.run(&format!("layout show {by_hand}"));
    assert_eq!(refused.error("name"), "LayoutOfAnother", "{refused:?}");
}
