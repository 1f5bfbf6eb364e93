use super::code::Artifact;
use super::error::BuildError;
use super::{Builder, Framework, evm, wasm};
use crate::error::Explain;
use crate::progress::Silent;
use alloy::primitives::{Address, keccak256};
use alloy::sol_types::SolEvent;
use std::path::Path;
use std::sync::Arc;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::Upgraded;
use stylus_upgrades_interface::{evm_proxy, slots};

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

/// A program with so many bytes that no compressor makes fewer.
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
    assert_eq!(
        crate::program_code::fragments(&cut.code),
        accounts.collect::<Vec<_>>()
    );
}

#[test]
fn a_program_that_does_not_fit_is_refused_with_both_sizes() {
    let error = noisy(100_000).expect_err("noise cannot be compressed");
    assert_eq!(error.name(), "TooLarge");
    assert_eq!(
        error.expected().as_deref(),
        Some("at most 98292 bytes on chain")
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
fn creation_code_is_that_of_the_other_tools() {
    let code = evm::creation_code(&[0xaa; 3]);
    let prelude =
        "7f000000000000000000000000000000000000000000000000000000000000000380602b6000396000f300";
    assert_eq!(hex::encode(&code), format!("{prelude}aaaaaa"));
    assert_eq!(prelude.len() / 2, evm::PRELUDE);
}

#[test]
fn the_stub_reverts_with_the_selector_of_upgrade_in_progress() {
    let selector = hex::encode(&keccak256("UpgradeInProgress()")[..4]);
    assert_eq!(
        hex::encode(evm::stub_code()),
        format!("63{selector}60e01b5f5260045ffd")
    );
}

#[test]
fn the_creation_of_a_proxy_names_both_slots_and_ends_in_its_code() {
    let code = evm::proxy_creation_code(Address::repeat_byte(0x11), &[0xbb; 5]);
    let text = hex::encode(&code);
    assert!(text.contains(&hex::encode(slots::ADMIN)));
    assert!(text.contains(&hex::encode(slots::IMPLEMENTATION)));
    assert!(text.ends_with("bbbbbbbbbb"));
    let offset = code.len() - 5;
    assert!(text.contains(&format!("6100058061{offset:04x}5f395ff3")));
}

/// Every byte of an EVM proxy, as the Yellow Paper reads them.
#[test]
fn an_evm_proxy_asks_who_calls_and_forwards() {
    let (registry, storage) = (Address::repeat_byte(0x22), Address::repeat_byte(0x33));
    let arguments = "365f5f37 5f5f365f"; // calldata to memory; of the delegatecall
    let is_registry = format!("33 73{} 14 6055 57", hex::encode(registry));
    let load = format!("7f{} 54", hex::encode(slots::IMPLEMENTATION));
    let delegate = "5b 5af4 3d5f5f3e"; // at 0x44
    let end = "6051 57 3d5ffd 5b 3d5ff3"; // returns at 0x51
    let admin = format!("5b 73{} 6044 56", hex::encode(storage)); // at 0x55
    let whole = format!("{arguments}{is_registry}{load}{delegate}{end}{admin}");
    let code = evm::evm_proxy_code(registry, storage);
    assert_eq!(hex::encode(&code), whole.replace(' ', ""));
    assert_eq!(code.len(), evm_proxy::EVM.size);
}

#[test]
fn the_stub_of_uups_proxies_takes_one_word_of_its_registry() {
    let registry = Address::repeat_byte(0x22);
    let uuid = hex::encode(&keccak256("proxiableUUID()")[..4]);
    let selector = hex::encode(&keccak256("UpgradeInProgress()")[..4]);
    let slot = hex::encode(slots::IMPLEMENTATION);
    let question = format!("5f35 60e01c 63{uuid} 14 603b 57");
    let is_registry = format!("33 73{} 14 36 6020 14 16 6063 57", hex::encode(registry));
    let refuse = format!("63{selector}60e01b5f5260045ffd");
    let proxiable = format!("5b 7f{slot} 5f52 60205ff3"); // at 0x3b
    let signature = Upgraded::SIGNATURE_HASH;
    let set = format!("5b 5f3580 7f{slot} 55 7f{signature} 5f5fa200"); // at 0x63
    let whole = format!("{question}{is_registry}{refuse}{proxiable}{set}").replace("0x", "");
    let code = evm::uups_stub_code(registry);
    assert_eq!(hex::encode(&code), whole.replace(' ', ""));
}

#[test]
fn an_admin_calls_what_its_registry_says_and_answers_others_as_the_registry() {
    let registry = Address::repeat_byte(0x22);
    let is_registry = format!("73{} 80 33 14 6029 57", hex::encode(registry));
    let others = "365f5f37 5f5f365f845afa 6044 56".to_owned();
    let order = "5b 5f3580 60a01c 6053 57 60203603 80 6020 5f37 5f5f825f5f865af1"; // at 0x29
    let ended = "5b 3d5f5f3e 604f 57 3d5ffd 5b 3d5ff3"; // at 0x44 and 0x4f
    let refused = "5b 5f5ffd"; // at 0x53
    let whole = format!("{is_registry}{others}{order}{ended}{refused}").replace("0x", "");
    let code = evm::admin_code(registry);
    assert_eq!(hex::encode(&code), whole.replace(' ', ""));
    assert_eq!(evm::registry_of_admin(&code), Some(registry));
    let mut longer = code.to_vec();
    longer.push(0);
    for other in [&longer[..], &code[1..], &[]] {
        assert_eq!(evm::registry_of_admin(other), None);
    }
}

#[test]
fn every_creation_in_evm_code_ends_in_the_code_without_a_registry() {
    let (stub, storage) = (Address::repeat_byte(0x11), Address::repeat_byte(0x33));
    let creations = evm::creation_codes(stub, storage).map(|(_, creation)| creation);
    let codes = |registry| {
        [
            evm::evm_proxy_code(registry, storage),
            evm::uups_stub_code(registry),
            evm::admin_code(registry),
        ]
    };
    let shapes = [evm_proxy::EVM, evm_proxy::UUPS_STUB, evm_proxy::ADMIN];
    let registry = Address::repeat_byte(0x22);
    for (n, shape) in shapes.into_iter().enumerate() {
        assert!(creations[n].ends_with(&codes(Address::ZERO)[n]));
        let code = &codes(registry)[n];
        assert_eq!(code.len(), shape.size);
        assert_eq!(code[shape.registry_at..][..20], registry[..]);
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
    let stub = evm::stub_code();
    assert_eq!(framework.stub, stub);
    for part in framework.shared().chain([&framework.bare]) {
        let address = evm::create2_address(&part.artifact.creation_code());
        assert_eq!(part.address, address, "{}", part.artifact.name);
        assert!(wasm::check(&part.artifact.name, &part.artifact.wasm).is_ok());
    }
    assert!(framework.is_pinned());
}
