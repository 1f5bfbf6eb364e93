//! Values that the build derives from built bytes and passes on through environment
//! variables: lower-case hexadecimal, without a prefix. On chain targets a missing one does not
//! compile; on the host, where nothing runs, it reads as zero.

/// The address in an environment variable of the build.
pub const fn address(text: Option<&str>) -> [u8; 20] {
    bytes(text)
}

/// The 32-byte word (a code hash) in an environment variable of the build.
pub const fn word(text: Option<&str>) -> [u8; 32] {
    bytes(text)
}

/// `N` bytes of hexadecimal text.
const fn bytes<const N: usize>(text: Option<&str>) -> [u8; N] {
    let mut out = [0; N];
    let Some(text) = text else {
        #[cfg(target_arch = "wasm32")]
        panic!("a value of the framework's build is missing: let its builder build contracts");
        #[cfg(not(target_arch = "wasm32"))]
        return out;
    };
    let text = text.as_bytes();
    assert!(
        text.len() == 2 * N,
        "a value of the framework's build has the wrong length"
    );
    let mut i = 0;
    while i < N {
        out[i] = digit(text[2 * i]) << 4 | digit(text[2 * i + 1]);
        i += 1;
    }
    out
}

/// The value of a hexadecimal digit.
const fn digit(c: u8) -> u8 {
    match c {
        b'0'..=b'9' => c - b'0',
        b'a'..=b'f' => c - b'a' + 10,
        _ => panic!("a value of the framework's build is not lower-case hexadecimal"),
    }
}
