use super::*;
use crate::error::Explain;

const TEXT: &str = r#"(module
    (memory (export "memory") 1)
    (global (export "__heap_base") i32 (i32.const 8))
    (func (export "user_entrypoint") (param i32) (result i32) i32.const 0)
    (@custom "name" "\00"))"#;

#[test]
fn a_module_keeps_its_exports_and_says_what_its_sources_are_at_the_end() {
    let raw = wat::parse_str(TEXT).expect("a module");
    let hash = B256::repeat_byte(7);
    let made = processed("test", &raw, hash).expect("a module");
    let section = [&[0, 45, 12][..], b"project_hash", hash.as_slice()].concat();
    let code = made.strip_suffix(&section[..]).expect("its own section comes last");
    let plain = wat::parse_str(TEXT.replace("(@custom \"name\" \"\\00\")", ""));
    assert_eq!(code, plain.expect("a module"));
}

#[test]
fn a_stream_holds_the_module_and_what_no_chain_takes_is_not_compressed() {
    let raw = wat::parse_str(TEXT).expect("a module");
    let stream = compressed("test", &raw).expect("a stream");
    let mut unpacked = Vec::new();
    brotli::BrotliDecompress(&mut &stream[..], &mut unpacked).expect("a whole stream");
    assert_eq!(unpacked, raw);
    let error = compressed("test", &vec![0; WASM_MAX + 1]).expect_err("too large");
    assert_eq!(error.name(), "TooLarge", "{error}");
}
