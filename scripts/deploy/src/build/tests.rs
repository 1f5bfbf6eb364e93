use super::code::Artifact;
use super::error::BuildError;
use super::{Builder, Constant, Framework, evm, wasm};
use crate::assess::Origin;
use crate::error::Explain;
use crate::ids::{CodeHash, SourceHash};
use crate::progress::Silent;
use alloy::primitives::keccak256;
use std::path::Path;
use std::sync::Arc;

const GOOD: &str = r#"(module
    (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
    (memory (export "memory") 1)
    (global (export "__heap_base") i32 (i32.const 8))
    (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#;

fn program(text: &str) -> Result<Artifact, BuildError> {
    Artifact::from_wasm("test", &wat::parse_str(text).expect("the text is WASM"))
}

#[test]
fn a_program_is_prefix_and_brotli_stream_of_its_wasm() {
    let artifact = program(GOOD).expect("a good program");
    let (prefix, stream) = artifact.code.split_at(4);
    assert_eq!(prefix, [0xef, 0xf0, 0, 0]);
    let mut unpacked = Vec::new();
    brotli::BrotliDecompress(&mut &stream[..], &mut unpacked).expect("a whole stream");
    assert_eq!(unpacked, artifact.wasm);
}

/// Who writes a file can write any section into it.
#[test]
fn what_a_file_says_of_itself_is_its_authors_word() {
    let mut artifact = program(GOOD).expect("a good program");
    let said = artifact.says("a layout");
    assert_eq!(said.origin(), Origin::Annotation);
    assert!(
        !said.is_proven() && said.why().contains("no build here"),
        "{said:?}"
    );
    assert!(artifact.reads_gas);
    // Of sources that were built here.
    artifact.info.source_hash = Some(SourceHash(keccak256("sources")));
    assert_eq!(artifact.says("a layout").origin(), Origin::Build);
}

#[test]
fn only_the_two_exports_that_the_chain_reads_are_kept() {
    let text = String::from_utf8_lossy(&program(GOOD).expect("a good program").wasm).into_owned();
    assert!(text.contains("user_entrypoint") && text.contains("memory"));
    assert!(!text.contains("__heap_base"));
}

#[test]
fn padded_indices_and_custom_sections_do_not_survive() {
    let lean = program(GOOD).expect("a good program").wasm;
    let mut fat = lean.to_vec();
    fat.extend_from_slice(&[0, 0x84, 0x80, 0x80, 0x80, 0x00, 1, b'x', 1, 2]);
    assert_eq!(wasm::reencode("test", &fat).expect("still a module"), lean);
}

#[test]
fn what_breaks_a_rule_of_activation_is_refused_with_rule_and_place() {
    let entrypoint = r#"(func (export "user_entrypoint") (param i32) (result i32) i32.const 0)"#;
    for (what, text) in [
        (
            "an import that no chain has",
            format!(
                r#"(module (import "env" "now" (func)) (memory (export "memory") 1) {entrypoint})"#
            ),
        ),
        (
            "no entrypoint",
            r#"(module (memory (export "memory") 1))"#.to_owned(),
        ),
        (
            "an entrypoint of another type",
            r#"(module (memory (export "memory") 1) (func (export "user_entrypoint")))"#.to_owned(),
        ),
        ("no memory", format!("(module {entrypoint})")),
        (
            "more memory than the chain gives",
            format!(r#"(module (memory (export "memory") 129) {entrypoint})"#),
        ),
        (
            "floats",
            format!(
                r#"(module (memory (export "memory") 1) (func f32.const 1 f32.const 2 f32.add drop) {entrypoint})"#
            ),
        ),
    ] {
        let error = program(&text).expect_err(what);
        assert_eq!(error.name(), "InvalidWasm", "{what}");
        assert!(
            error.expected().is_some() && error.found().is_some(),
            "{what}: {error}"
        );
    }
}

/// A program of the given size that no compressor makes smaller.
fn noisy(bytes: usize) -> Result<Artifact, BuildError> {
    let mut noise = String::new();
    let mut word = keccak256("noise");
    while noise.len() < 2 * bytes {
        noise.push_str(&hex::encode(word));
        word = keccak256(word);
    }
    program(&format!(
        r#"(module (memory (export "memory") 2 2) (data (i32.const 0) "{noise}")
        (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#
    ))
}

#[test]
fn a_program_that_one_account_cannot_hold_is_cut_into_fragments() {
    let whole = noisy(24_000).expect("it fits");
    assert!(whole.fragments.is_empty());
    assert_eq!(whole.size(), whole.code.len());
    let cut = noisy(40_000).expect("two fragments");
    assert_eq!(cut.fragments.len(), 2);
    assert_eq!(cut.code.len(), 8 + 2 * 20, "prefix, length, two addresses");
    let sizes: Vec<usize> = cut.fragments.iter().map(|one| one.len()).collect();
    assert_eq!(sizes[0], 24_576);
    assert!(sizes[1] < 24_576);
    let module = crate::program_code::module(&cut.code, &cut.fragments);
    assert_eq!(module, Ok(cut.wasm.to_vec()));
    let accounts = cut
        .fragments
        .iter()
        .map(|one| evm::create2_address(&evm::creation_code(one)));
    let found = crate::program_code::fragments(&cut.code);
    assert_eq!(found, accounts.collect::<Vec<_>>());
}

#[test]
fn a_program_that_does_not_fit_is_refused_with_both_sizes() {
    let error = noisy(100_000).expect_err("noise cannot be compressed");
    assert_eq!(error.name(), "TooLarge");
    assert_eq!(
        error.expected().as_deref(),
        Some(
            "at most 98,292 compressed bytes: 4 fragments, the most that a chain of ArbOS 60 or later takes; an older one \
             takes 24,576 bytes in one piece"
        )
    );
}

#[test]
fn what_is_no_wasm_is_refused() {
    for bytes in [
        &b""[..],
        b"\0asm",
        b"hello world",
        &program(GOOD).expect("good").wasm[..20],
    ] {
        let error = Artifact::from_wasm("test", bytes).expect_err("no module");
        assert!(
            matches!(error.name().as_str(), "InvalidWasm" | "NotWasm"),
            "{error}"
        );
    }
}

#[test]
fn a_path_that_is_no_contract_is_wrong_use() {
    let builder = Builder::new(Arc::new(Silent));
    let error = builder
        .path(Path::new("/nowhere"))
        .expect_err("nothing is there");
    assert_eq!(error.name(), "NotAContract");
    assert!(
        builder
            .contract("no-such-package")
            .is_err_and(|e| e.name() == "NotAContract")
    );
    let below = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let error = builder.path(&below).expect_err("no crate");
    let next = error.next().expect("advice");
    assert!(next.ends_with(env!("CARGO_MANIFEST_DIR")), "{next}");
}

#[test]
fn a_home_without_a_workspace_and_a_framework_without_sources_are_refused() {
    let root = Path::new("/");
    let error = Builder::at(root, Arc::new(Silent)).err();
    assert_eq!(error.expect("no workspace in /").name(), "Missing");
    let error = Builder::new(Arc::new(Silent)).framework_from(root).err();
    assert_eq!(error.expect("no sources in /").name(), "Missing");
}

#[test]
fn the_pinned_framework_lies_where_its_bytes_say() {
    let framework = Framework::pinned().expect("the pinned programs");
    let orders = evm::orders_code(framework.stub.address, framework.storage.address);
    let codes = [evm::stub_code(), orders, evm::layouts_code()];
    for (contract, code) in framework.contracts().into_iter().zip(codes) {
        assert_eq!(contract.code, code, "{}", contract.name);
        let manifest = stylus_upgrades_framework::manifest().expect("a manifest");
        let address = evm::create2_address(&evm::creation_code(&code));
        let mut entries = manifest.programs.iter();
        let entry = entries.find(|entry| entry.address == Some(address));
        let entry = entry.map(|entry| CodeHash(entry.codehash));
        assert_eq!(entry, Some(contract.codehash()), "{}", contract.name);
    }
    for part in framework.shared().chain([&framework.bare]) {
        let address = evm::create2_address(&part.artifact.creation_code());
        assert_eq!(part.address, address, "{}", part.artifact.name);
    }
    for program in framework.programs() {
        assert!(wasm::check(&program.name, &program.wasm).is_ok());
    }
    assert!(framework.is_pinned());
}

#[test]
fn the_constants_name_each_contract_that_the_registry_finds_by_its_code() {
    let framework = Framework::pinned().expect("the pinned programs");
    let constants = framework.constants();
    let text = |name: &str| match &constants[&format!("STYLUS_UPGRADES_{name}")] {
        Constant::Text(text) => text.clone(),
        Constant::File(_) => panic!("{name} is a file"),
    };
    for (name, contract) in ["STUB", "ORDERS", "LAYOUTS"]
        .iter()
        .zip(framework.contracts())
    {
        assert_eq!(text(name), hex::encode(contract.address));
        let codehash = text(&format!("{name}_CODEHASH"));
        assert_eq!(codehash, hex::encode(contract.codehash()));
    }
    let proxy = evm::evm_proxy_code(framework.orders.address, framework.storage.address);
    assert_eq!(text("EVM_PROXY_CODEHASH"), hex::encode(keccak256(proxy)));
    let init_code = &constants["STYLUS_UPGRADES_EVM_PROXY_INITCODE"];
    assert!(framework.orders.code.ends_with(init_code.bytes()));
}
