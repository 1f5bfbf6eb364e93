//! Lines that contracts write to the console: programs by `console` imports, Solidity by `console.log` of Hardhat and
//! Foundry, which is a call to an address without code.

use alloy_primitives::{Address, U256, address, hex, keccak256, map::HashMap};
use std::sync::LazyLock;

/// The address that `console.log` calls.
pub(crate) const ADDRESS: Address = address!("000000000000000000636F6e736F6c652e6c6f67");

/// Most lines, and bytes, that are kept of one transaction or call.
const MAX_LINES: usize = 1_000;
const MAX_BYTES: usize = 64 * 1024;

/// The lines of one transaction or call.
#[derive(Default)]
pub(crate) struct Console {
    lines: Vec<String>,
    bytes: usize,
}

impl Console {
    pub(crate) fn push(&mut self, line: String) {
        self.bytes = self.bytes.saturating_add(line.len());
        if self.bytes <= MAX_BYTES && self.lines.len() < MAX_LINES {
            self.lines.push(line);
        }
    }

    /// Adds what a call to [`ADDRESS`] says; one that cannot be read is shown as bytes.
    pub(crate) fn called(&mut self, input: &[u8]) {
        if self.bytes <= MAX_BYTES {
            let line = line(input).unwrap_or_else(|| hex::encode_prefixed(input));
            self.push(line);
        }
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines
    }
}

/// The form in which an argument is encoded and shown.
#[derive(Clone, Copy)]
enum Kind {
    Unsigned,
    Signed,
    Text,
    Bool,
    Address,
    Bytes,
    /// The first bytes of a word.
    Word(usize),
}

/// The types of `log`'s arguments, which come in every order, up to four.
const MIXED: [(&str, Kind); 4] = [
    ("uint256", Kind::Unsigned),
    ("string", Kind::Text),
    ("bool", Kind::Bool),
    ("address", Kind::Address),
];
const MOST_ARGUMENTS: usize = 4;

/// Functions of one type, and that type. Old versions wrote `uint` and `int` in place of `uint256` and `int256`.
const SINGLE: [(&str, &str, Kind); 8] = [
    ("log", "int256", Kind::Signed),
    ("log", "bytes", Kind::Bytes),
    ("logInt", "int256", Kind::Signed),
    ("logUint", "uint256", Kind::Unsigned),
    ("logString", "string", Kind::Text),
    ("logBool", "bool", Kind::Bool),
    ("logAddress", "address", Kind::Address),
    ("logBytes", "bytes", Kind::Bytes),
];

static SIGNATURES: LazyLock<HashMap<[u8; 4], Vec<Kind>>> = LazyLock::new(|| {
    let mut known = HashMap::default();
    let mut add = |function: &str, arguments: &[(&str, Kind)]| {
        let names: Vec<_> = arguments.iter().map(|(name, _)| *name).collect();
        let kinds: Vec<_> = arguments.iter().map(|(_, kind)| *kind).collect();
        let signature = format!("{function}({})", names.join(","));
        for signature in [signature.replace("int256", "int"), signature] {
            let hash = keccak256(signature);
            known.insert([hash[0], hash[1], hash[2], hash[3]], kinds.clone());
        }
    };
    let mut mixed: Vec<Vec<(&str, Kind)>> = vec![Vec::new()];
    let mut begin = 0;
    for _ in 0..MOST_ARGUMENTS {
        let longer = mixed[begin..].iter().flat_map(|shorter| {
            MIXED.map(|last| shorter.iter().copied().chain([last]).collect::<Vec<_>>())
        });
        let longer: Vec<_> = longer.collect();
        begin = mixed.len();
        mixed.extend(longer);
    }
    mixed.iter().for_each(|arguments| add("log", arguments));
    add("log", &[("string", Kind::Text), ("int256", Kind::Signed)]);
    for (function, name, kind) in SINGLE {
        add(function, &[(name, kind)]);
    }
    for length in 1..=32 {
        let (function, name) = (format!("logBytes{length}"), format!("bytes{length}"));
        add(&function, &[(&name, Kind::Word(length))]);
    }
    known
});

/// The line that a call's input stands for.
fn line(input: &[u8]) -> Option<String> {
    let (selector, encoded) = input.split_first_chunk::<4>()?;
    let kinds = SIGNATURES.get(selector)?;
    let shown = kinds.iter().enumerate();
    let shown: Option<Vec<String>> = shown.map(|(at, kind)| show(*kind, encoded, at)).collect();
    let mut shown = shown?.into_iter();
    let mut line = match kinds.first() {
        Some(Kind::Text) => filled(&shown.next()?, &mut shown),
        _ => shown.next().unwrap_or_default(),
    };
    for rest in shown {
        line.push(' ');
        line.push_str(&rest);
    }
    Some(line)
}

/// A text whose `%s`, `%d` and the like stand for the arguments after it.
fn filled(text: &str, arguments: &mut impl Iterator<Item = String>) -> String {
    let mut line = String::new();
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let next = rest.peek().copied().filter(|_| character == '%');
        match next {
            Some('%') => line.push('%'),
            Some('s' | 'd' | 'i' | 'o' | 'O' | 'f' | 'j') => match arguments.next() {
                Some(argument) => line.push_str(&argument),
                None => line.extend(['%'].into_iter().chain(next)),
            },
            _ => {
                line.push(character);
                continue;
            }
        }
        rest.next();
    }
    line
}

fn show(kind: Kind, encoded: &[u8], at: usize) -> Option<String> {
    let word = encoded.get(32 * at..32 * at + 32)?;
    let number = U256::from_be_slice(word);
    Some(match kind {
        Kind::Unsigned => number.to_string(),
        Kind::Signed => alloy_primitives::I256::from_raw(number).to_string(),
        Kind::Bool => (!number.is_zero()).to_string(),
        Kind::Address => Address::from_slice(&word[12..]).to_string(),
        Kind::Word(length) => hex::encode_prefixed(&word[..length]),
        Kind::Text => String::from_utf8_lossy(tail(encoded, number)?).into_owned(),
        Kind::Bytes => hex::encode_prefixed(tail(encoded, number)?),
    })
}

/// The bytes that begin with their length at a place.
fn tail(encoded: &[u8], place: U256) -> Option<&[u8]> {
    let rest = encoded.get(usize::try_from(place).ok()?..)?;
    let (length, rest) = rest.split_at_checked(32)?;
    rest.get(..usize::try_from(U256::from_be_slice(length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::I256;
    use alloy_sol_types::{SolCall, sol};

    mod old {
        alloy_sol_types::sol! { function log(string a, bool b, address c, uint256 d); }
    }
    sol! {
        function logInt(int256 a);
        function logBytes4(bytes4 a);
    }

    #[test]
    fn lines_are_those_of_hardhats_console() {
        let call = |text: &str| {
            let (text, at) = (text.to_owned(), Address::repeat_byte(0xab));
            let number = U256::from(7);
            old::logCall {
                a: text,
                b: true,
                c: at,
                d: number,
            }
            .abi_encode()
        };
        let at = Address::repeat_byte(0xab);
        assert_eq!(line(&call("x")), Some(format!("x true {at} 7")));
        assert_eq!(
            line(&call("%s: 100%% %d")),
            Some(format!("true: 100% {at} 7"))
        );
        assert_eq!(line(&call("%x %")), Some(format!("%x % true {at} 7")));
        let negative = logIntCall { a: I256::MINUS_ONE };
        assert_eq!(line(&negative.abi_encode()).as_deref(), Some("-1"));
        let word = logBytes4Call {
            a: [1, 2, 3, 4].into(),
        };
        assert_eq!(line(&word.abi_encode()).as_deref(), Some("0x01020304"));
        // keccak256("log(uint)"), of old versions.
        let old = [&hex!("f5b1bba9")[..], &U256::from(5).to_be_bytes::<32>()].concat();
        assert_eq!(line(&old).as_deref(), Some("5"));
        assert_eq!(line(&keccak256("log()")[..4]).as_deref(), Some(""));
        for odd in [&[][..], &[1, 2, 3], &call("x")[..100], &[0xff; 40]] {
            assert_eq!(line(odd), None);
        }
        let mut endless = call("x");
        endless[4..36].fill(0xff);
        assert_eq!(line(&endless), None);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut console = Console::default();
        (0..2_000).for_each(|_| console.push("a".into()));
        console.called(&vec![0; 1 << 20]);
        assert_eq!(console.into_lines().len(), MAX_LINES);
        let mut console = Console::default();
        console.push("a".repeat(MAX_BYTES + 1));
        assert!(console.into_lines().is_empty());
    }
}
