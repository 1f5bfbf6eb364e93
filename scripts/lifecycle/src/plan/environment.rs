//! Inputs of the code that can differ between simulation and execution: block, sender, gas, other accounts. Its
//! imports and opcodes say what it can read of block, sender and other accounts, and the simulation shows whom it
//! called.

use super::code_checks::module_of;
use super::executed::{Ran, unsettled};
use crate::assess::{Finding, FindingId, Part, Severity};
use crate::client::ChainError;
use crate::ids::CodeHash;
use crate::simulation::Simulation;
use serde::Serialize;
use std::collections::BTreeSet;
use wasmparser::{Parser, Payload};

/// Functions of the host by which a program reads how much gas is left.
const GAS: [&str; 2] = ["evm_gas_left", "evm_ink_left"];
/// Functions of the host that say nothing of the block, of the transaction, or of other accounts. All others may:
/// those that a later version brings, too. Calls are looked at in the trace. Transient storage is among them, as
/// programs read there which step they take, and so is the caller, which every program reads: that is the
/// registry, and somebody else only where an instance is upgraded by its own `upgradeTo`.
const OF_THE_CALL: [&str; 26] = [
    "call_contract",
    "chainid",
    "contract_address",
    "delegate_call_contract",
    "emit_log",
    "exit_early",
    "math_add_mod",
    "math_div",
    "math_mod",
    "math_mul_mod",
    "math_pow",
    "msg_reentrant",
    "msg_sender",
    "msg_value",
    "native_keccak256",
    "pay_for_memory_grow",
    "read_args",
    "read_return_data",
    "return_data_size",
    "static_call_contract",
    "storage_cache_bytes32",
    "storage_flush_cache",
    "storage_load_bytes32",
    "transient_load_bytes32",
    "transient_store_bytes32",
    "write_result",
];
/// Opcodes that say something of the block, of who executes, or of other accounts. What creates is among them: whether
/// it succeeds depends on ether and nonce. So is TLOAD: who executes may have called the instance before, in the
/// same transaction.
const OPCODES: [(u8, &str); 19] = [
    (0x31, "BALANCE"),
    (0x32, "ORIGIN"),
    (0x3a, "GASPRICE"),
    (0x3b, "EXTCODESIZE"),
    (0x3c, "EXTCODECOPY"),
    (0x3f, "EXTCODEHASH"),
    (0x40, "BLOCKHASH"),
    (0x41, "COINBASE"),
    (0x42, "TIMESTAMP"),
    (0x43, "NUMBER"),
    (0x44, "PREVRANDAO"),
    (0x45, "GASLIMIT"),
    (0x47, "SELFBALANCE"),
    (0x48, "BASEFEE"),
    (0x49, "BLOBHASH"),
    (0x4a, "BLOBBASEFEE"),
    (0x5c, "TLOAD"),
    (0xf0, "CREATE"),
    (0xf5, "CREATE2"),
];
/// GAS. Compilers write it before calls; nothing is learned there. A call that gets other gas may fail where
/// less is left.
const GAS_OPCODE: u8 = 0x5a;
/// CALL, CALLCODE, DELEGATECALL and STATICCALL.
const CALLS: [u8; 4] = [0xf1, 0xf2, 0xf4, 0xfa];
/// INVALID, by which Solidity ends code before the metadata; and JUMPDEST, by which code is entered.
const INVALID: u8 = 0xfe;
const JUMPDEST: u8 = 0x5b;
/// The first opcode that is followed by bytes that are none, and the last one.
const PUSHES: std::ops::RangeInclusive<u8> = 0x60..=0x7f;

/// What a code can read that is not the instance's own storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reads {
    /// Which code.
    pub code: String,
    /// Why nobody can tell what it reads; `None` where that is known.
    pub unread: Option<String>,
    /// By what it reads how much gas is left.
    pub gas: Vec<String>,
    /// By what it reads something else of the block, of other accounts, or who sends.
    pub others: Vec<String>,
    /// Accounts that it called on the copy, each with the function.
    pub calls: Vec<String>,
}

impl Reads {
    /// What the gas means for the simulation, or that nobody knows what the code reads: either way it proves
    /// little.
    pub fn of_gas(&self) -> Option<String> {
        if let Some(why) = &self.unread {
            return Some(format!(
                "{} cannot be analyzed ({why}): its execution may differ from the simulation",
                self.code
            ));
        }
        (!self.gas.is_empty()).then(|| {
            format!(
                "{} reads how much gas is left ({}): its result may depend on the gas limit",
                self.code,
                self.gas.join(", ")
            )
        })
    }

    /// The same as a finding: it refuses nothing, and who has read the code accepts it.
    pub fn reads_gas(&self) -> Option<Finding> {
        let (id, says) = (FindingId::READS_GAS, self.of_gas()?);
        let next = format!(
            "send it with a fifth more gas than the estimate, as the commands do; if it succeeds with any limit: {}",
            FindingId::flag([&id])
        );
        Some(Finding {
            next: Some(next),
            ..Finding::new(Part::Simulation, Severity::Warning, id, says)
        })
    }

    /// What the rest means for it.
    pub fn of_others(&self) -> Option<String> {
        (!self.others.is_empty()).then(|| {
            format!(
                "{} reads {}: its result may differ in another block, or for another sender",
                self.code,
                self.others.join(", ")
            )
        })
    }

    /// What its calls mean for the simulation.
    pub fn of_calls(&self) -> Option<String> {
        (!self.calls.is_empty()).then(|| {
            format!(
                "{} calls {}: the result may differ at execution, or the call may fail with less gas",
                self.code,
                self.calls.join(", ")
            )
        })
    }

    fn is_empty(&self) -> bool {
        let lists = [&self.gas, &self.others, &self.calls];
        self.unread.is_none() && lists.iter().all(|list| list.is_empty())
    }
}

impl Ran<'_> {
    /// What that code can read, and what of it has no code of its own that would stay. Code that can read nothing
    /// of that is left out.
    pub(super) fn look(
        &self,
        simulation: &Simulation,
    ) -> Result<(Vec<Reads>, Vec<Finding>), ChainError> {
        let executed = self.executed(simulation)?;
        let others = executed.keys().filter(|one| !self.is_proposed(**one));
        let others = others.map(|account| {
            let what = match self.registered.get(account) {
                Some(version) => format!("the code of {version}"),
                None => format!("the code at {}", self.names.long(*account)),
            };
            (what, *account)
        });
        let mut reads = Vec::new();
        for (what, account) in self.proposed.iter().cloned().chain(others) {
            let code = simulation.code(account)?;
            let (unread, (mut gas, others)) = match module_of(simulation, &code)? {
                Ok(module) => (None, read_by(&code, module.as_deref())),
                Err(why) => (Some(why), Default::default()),
            };
            if self.without_gas.contains(&CodeHash::of(&code)) {
                gas.clear();
            }
            let calls = executed.get(&account).into_iter().flatten();
            let calls = calls.map(|called| called.words(simulation, self.names));
            let found = Reads {
                code: what,
                unread,
                gas,
                others,
                calls: calls.collect::<Result<_, _>>()?,
            };
            reads.extend((!found.is_empty()).then_some(found));
        }
        Ok((reads, unsettled(simulation, &executed, self.names)?))
    }
}

/// What code can read of gas, and what of the rest: EVM code, or the module of a program.
fn read_by(code: &[u8], module: Option<&[u8]>) -> (Vec<String>, Vec<String>) {
    let (found, gas): (_, &[&str]) = match module {
        Some(module) => (imports(module), &GAS),
        None => (opcodes(code), &["GAS"]),
    };
    found
        .into_iter()
        .partition(|name| gas.contains(&name.as_str()))
}

/// Functions of the host that a program imports and that are more than the call.
fn imports(module: &[u8]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Ok(Payload::ImportSection(section)) = payload {
            let names = section.into_imports().flatten().map(|import| import.name);
            let names = names.filter(|name| !OF_THE_CALL.contains(name));
            found.extend(names.map(str::to_owned));
        }
    }
    found
}

/// Opcodes of EVM code that are among those above. GAS is named unless a call follows it, and so is a call
/// that does not follow it.
fn opcodes(code: &[u8]) -> BTreeSet<String> {
    let all = instructions(code);
    let mut found = BTreeSet::new();
    let mut before = 0;
    for (at, (_, opcode)) in all.iter().enumerate() {
        let named = OPCODES.iter().find(|(one, _)| one == opcode);
        found.extend(named.map(|(_, name)| (*name).to_owned()));
        let next = all.get(at + 1).map(|(_, next)| next);
        let is_before_call = next.is_some_and(|next| CALLS.contains(next));
        let is_bare_gas = *opcode == GAS_OPCODE && !is_before_call;
        let is_bare_call = CALLS.contains(opcode) && before != GAS_OPCODE;
        if is_bare_gas || is_bare_call {
            found.insert("GAS".into());
        }
        before = *opcode;
    }
    found
}

/// The instructions of EVM code, each with its place, without what Solidity puts after them: the length of
/// that stands in the last two bytes. It is left out only where nothing can be executed there: an
/// instruction INVALID stands before it, and no JUMPDEST in it.
fn instructions(code: &[u8]) -> Vec<(usize, u8)> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(opcode) = code.get(at) {
        all.push((at, *opcode));
        at += match PUSHES.contains(opcode) {
            true => 2 + usize::from(opcode - PUSHES.start()),
            false => 1,
        };
    }
    let metadata = || {
        let (rest, length) = code.split_last_chunk::<2>()?;
        let begin = rest
            .len()
            .checked_sub(usize::from(u16::from_be_bytes(*length)))?;
        let place = all.iter().position(|(at, _)| at + 1 == begin)?;
        let is_dead = all[place].1 == INVALID && !rest[begin..].contains(&JUMPDEST);
        is_dead.then_some(place)
    };
    if let Some(last) = metadata() {
        all.truncate(last);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Artifact;

    fn read(wat: &str) -> (Vec<String>, Vec<String>) {
        let wasm = wat::parse_str(wat).expect("a module");
        let artifact = Artifact::from_wasm("test", &wasm).expect("a program");
        read_by(&artifact.code, Some(&artifact.wasm))
    }

    #[test]
    fn code_that_reads_its_gas_is_accepted_by_an_id_and_other_code_is_no_finding() {
        for (gas, expected) in [(vec!["evm_gas_left".to_owned()], true), (Vec::new(), false)] {
            let reads = Reads {
                code: "A 2.0".into(),
                unread: None,
                gas,
                others: Vec::new(),
                calls: Vec::new(),
            };
            let found = reads.reads_gas();
            assert_eq!(found.is_some(), expected);
            assert!(found.is_none_or(|one| one.id.is_acceptable()));
        }
    }

    #[test]
    fn a_program_reads_what_it_imports() {
        let module = |imports: &str| {
            format!(
                r#"(module {imports}
                (memory (export "memory") 1 1)
                (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#
            )
        };
        let gas = r#"(import "vm_hooks" "evm_gas_left" (func (result i64)))
            (import "vm_hooks" "block_timestamp" (func (result i64)))"#;
        let (left, others) = read(&module(gas));
        assert_eq!(left, ["evm_gas_left"]);
        assert_eq!(others, ["block_timestamp"]);
        let calls = r#"(import "vm_hooks" "call_contract"
            (func (param i32 i32 i32 i32 i64 i32) (result i32)))"#;
        assert_eq!(read(&module(calls)), (Vec::new(), Vec::new()));
        let later = r#"(module (import "vm_hooks" "block_later" (func)))"#;
        let later = wat::parse_str(later).expect("a module");
        assert_eq!(read_by(&[], Some(&later)).1, ["block_later"]);
    }

    #[test]
    fn evm_code_reads_by_its_opcodes_and_not_by_what_it_pushes() {
        // TIMESTAMP, GAS before CALL, PUSH2 with NUMBER and ORIGIN as its bytes, COINBASE
        let code = [0x42, 0x5a, 0xf1, 0x61, 0x43, 0x32, 0x41];
        let (gas, others) = read_by(&code, None);
        assert!(gas.is_empty(), "{gas:?}");
        assert_eq!(others, ["COINBASE", "TIMESTAMP"]);
        assert_eq!(
            read_by(&[0x7f, 0x42], None).1,
            Vec::<String>::new(),
            "cut off"
        );
        assert_eq!(read_by(&[0x5a, 0x50], None).0, ["GAS"], "no call follows");
        assert_eq!(
            read_by(&[0x61, 0x10, 0x00, 0xfa], None).0,
            ["GAS"],
            "its own gas"
        );
        assert_eq!(read_by(&[0x5c], None).1, ["TLOAD"]);
        // PUSH1 0xfe, and what follows is executed
        assert_eq!(
            read_by(&[0x60, 0xfe, 0x42, 0x00, 0x01], None).1,
            ["TIMESTAMP"]
        );
        let none = (Vec::new(), Vec::<String>::new());
        assert_eq!(
            read_by(&[0x00, 0xfe, 0x42, 0x5a, 0x00, 0x02], None),
            none,
            "metadata"
        );
        for reached in [[0x42, 0x5b], [0x42, 0x42]] {
            let before = if reached[1] == 0x5b { 0xfe } else { 0x00 };
            let code = [0x00, before, reached[0], reached[1], 0x00, 0x02];
            assert_eq!(read_by(&code, None).1, ["TIMESTAMP"], "it can be executed");
        }
    }
}
