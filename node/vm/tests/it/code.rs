//! The on-chain form of a program.

use stylus_vm::{CodeError, compress, decompress};

#[test]
fn compressed_code_comes_back_as_it_was() {
    let wasm: Vec<u8> = (0..5_000u32)
        .map(|index| (index * index % 251) as u8)
        .collect();
    let code = compress(&wasm).unwrap();
    assert_eq!(decompress(&code, wasm.len()).unwrap(), wasm);
}

#[test]
fn a_module_one_byte_too_large_is_refused() {
    let code = compress(&[7; 1_000]).unwrap();
    let found = decompress(&code, 999);
    assert_eq!(found, Err(CodeError::TooLarge { max: 999 }));
}

#[test]
fn a_stream_that_ends_early_is_refused() {
    let code = compress(b"a module that is cut off").unwrap();
    let cut = &code[..code.len() - 1];
    assert!(matches!(decompress(cut, 1_000), Err(CodeError::Brotli(_))));
}

#[test]
fn bytes_after_the_stream_are_ignored() {
    let module = b"a module and more";
    for after in [&[0][..], &[0xff; 10_000]] {
        let code = [&compress(module).unwrap()[..], after].concat();
        assert_eq!(decompress(&code, 1_000).as_deref(), Ok(&module[..]));
        assert_eq!(
            decompress(&code, module.len()).as_deref(),
            Ok(&module[..]),
            "the output may end where the limit is"
        );
    }
}

#[test]
fn other_dictionaries_are_named_in_the_error() {
    let mut code = compress(b"a module").unwrap();
    code[3] = 1;
    let answer = decompress(&code, 1_000);
    assert_eq!(answer, Err(CodeError::DictionaryNotAvailable));
    code[3] = 2;
    let now = decompress(&code, 1_000);
    assert_eq!(now, Err(CodeError::UnknownDictionary { found: 2 }));
}

#[test]
fn code_without_the_prefix_is_not_a_program() {
    let error = decompress(&[0x60, 0x00], 1_000).unwrap_err();
    assert_eq!(
        error,
        CodeError::NotStylus {
            found: vec![0x60, 0x00]
        }
    );
}
