//! Values that the build derives from built bytes and passes on through environment
//! variables: lower-case hexadecimal, without a prefix. On chain targets a program of the framework
//! does not compile without them; on the host, where nothing runs, they read as zero. What authors
//! compile takes [`PLACEHOLDER`] in place of a missing one, so that `cargo check` needs no builder.

/// The address in an environment variable of the build.
pub const fn address(text: Option<&str>) -> [u8; 20] {
    bytes(text)
}

/// Stands for an address that the build did not give. Code with it must not be deployed.
pub const PLACEHOLDER: [u8; 20] = [0; 20];

/// The address in an environment variable of the build, or [`PLACEHOLDER`].
pub const fn address_or_placeholder(text: Option<&str>) -> [u8; 20] {
    match text {
        Some(text) => decoded(text.as_bytes()),
        None => PLACEHOLDER,
    }
}

/// Returns true if an address is [`PLACEHOLDER`].
pub const fn is_placeholder(address: &[u8; 20]) -> bool {
    let mut i = 0;
    while i < address.len() {
        if address[i] != PLACEHOLDER[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// The 32-byte word (a code hash) in an environment variable of the build.
pub const fn word(text: Option<&str>) -> [u8; 32] {
    bytes(text)
}

/// The addresses and code hashes of so many programs, one after the other, in an environment
/// variable of the build.
pub const fn programs<const N: usize>(text: Option<&str>) -> [([u8; 20], [u8; 32]); N] {
    let mut programs = [([0; 20], [0; 32]); N];
    let Some(text) = present(text) else {
        return programs;
    };
    let text = text.as_bytes();
    assert!(
        text.len() == 2 * 52 * N,
        "a value of the framework's build has the wrong length"
    );
    let mut n = 0;
    while n < N {
        let (_, rest) = text.split_at(2 * 52 * n);
        let (address, rest) = rest.split_at(2 * 20);
        let (codehash, _) = rest.split_at(2 * 32);
        programs[n] = (decoded(address), decoded(codehash));
        n += 1;
    }
    programs
}

/// `N` bytes of hexadecimal text.
const fn bytes<const N: usize>(text: Option<&str>) -> [u8; N] {
    match present(text) {
        Some(text) => decoded(text.as_bytes()),
        None => [0; N],
    }
}

/// The text, which only the host may lack.
const fn present(text: Option<&str>) -> Option<&str> {
    #[cfg(target_arch = "wasm32")]
    assert!(
        text.is_some(),
        "a value of the framework's build is missing: let its builder build contracts"
    );
    text
}

/// `N` bytes from twice as many digits.
const fn decoded<const N: usize>(text: &[u8]) -> [u8; N] {
    let mut out = [0; N];
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
