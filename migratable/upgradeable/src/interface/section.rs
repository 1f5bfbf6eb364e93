//! Calls that a contract offers, as text in a custom section of its module: a line with the
//! contract's path, a line of Solidity for each function, with the names of its arguments, and a last line.
//! `receive`, `fallback` and `fallback payable` are lines as well. Text before the first line or
//! after the last was written by something else.
//!
//! ```text
//! contract counter::Counter
//! function add(uint256 step) returns (uint256)
//! fallback payable
//! end
//! ```

use super::{Function, Part};

/// Bytes that [`write`] writes.
pub const fn length(contract: &str, parts: &[Part], others: &[&str]) -> usize {
    let mut out = Out {
        bytes: &mut [],
        length: 0,
    };
    out.section(contract, parts, others);
    out.length
}

/// Writes the section. `others` answer calls that have no selector.
pub const fn write(contract: &str, parts: &[Part], others: &[&str], bytes: &mut [u8]) {
    let mut out = Out { bytes, length: 0 };
    if !out.bytes.is_empty() {
        out.section(contract, parts, others);
    }
}

/// The place for the bytes. Bytes that do not fit are only counted.
struct Out<'a> {
    bytes: &'a mut [u8],
    length: usize,
}

impl Out<'_> {
    const fn section(&mut self, contract: &str, parts: &[Part], others: &[&str]) {
        self.text("contract ");
        self.text(contract);
        self.text("\n");
        let mut i = 0;
        while i < parts.len() {
            let mut j = 0;
            while j < parts[i].functions.len() {
                self.function(&parts[i].functions[j]);
                j += 1;
            }
            i += 1;
        }
        i = 0;
        while i < others.len() {
            self.text(others[i]);
            self.text("\n");
            i += 1;
        }
        self.text("end\n");
    }

    const fn function(&mut self, function: &Function) {
        self.text("function ");
        self.text(function.sol_name);
        self.text("(");
        let mut i = 0;
        while i < function.arguments.len() {
            let (ty, name) = function.arguments[i];
            if i > 0 {
                self.text(",");
            }
            self.text(ty);
            self.words(name);
            i += 1;
        }
        self.text(")");
        self.words(function.mutability);
        let returns = function.returns;
        if !matches!(returns.text.as_bytes(), b"()") {
            self.text(" returns ");
            self.text(if returns.is_list { "" } else { "(" });
            self.text(returns.text);
            self.text(if returns.is_list { "" } else { ")" });
        }
        self.text("\n");
    }

    /// Text that may be empty, after a space.
    const fn words(&mut self, text: &str) {
        if !text.is_empty() {
            self.text(" ");
            self.text(text);
        }
    }

    const fn text(&mut self, text: &str) {
        let mut i = 0;
        while i < text.len() {
            if self.length < self.bytes.len() {
                self.bytes[self.length] = text.as_bytes()[i];
            }
            self.length += 1;
            i += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Argument, Function, Outcome, Part};
    use super::{length, write};
    use std::vec::Vec;
    use stylus_sdk::alloy_primitives::{Address, U256};

    #[test]
    fn a_line_is_what_a_function_takes_and_returns() {
        static FUNCTIONS: [Function; 3] = [
            Function {
                selector: 0,
                name: "buy",
                sol_name: "buy",
                arguments: &[
                    (<Vec<(Address, U256)> as Argument>::TYPE, "ids"),
                    (<[u8; 3] as Argument>::TYPE, ""),
                ],
                mutability: "payable",
                returns: <Result<(bool, U256), Vec<u8>> as Outcome>::TYPES,
            },
            Function {
                selector: 0,
                name: "pairs",
                sol_name: "pairs",
                arguments: &[],
                mutability: "view",
                returns: <Vec<(bool, U256)> as Outcome>::TYPES,
            },
            Function {
                selector: 0,
                name: "done",
                sol_name: "done",
                arguments: &[],
                mutability: "",
                returns: <() as Outcome>::TYPES,
            },
        ];
        const PARTS: &[Part] = &[Part {
            functions: &FUNCTIONS,
            steps: &[],
        }];
        let others = ["fallback"];
        let mut bytes = std::vec![0; length("shop::Shop", PARTS, &others)];
        write("shop::Shop", PARTS, &others, &mut bytes);
        assert_eq!(
            std::str::from_utf8(&bytes),
            Ok("contract shop::Shop\n\
                function buy((address,uint256)[] ids,uint8[3]) payable returns (bool,uint256)\n\
                function pairs() view returns ((bool,uint256)[])\n\
                function done()\n\
                fallback\n\
                end\n")
        );
    }
}
