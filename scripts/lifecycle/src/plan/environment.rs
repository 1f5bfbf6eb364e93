//! Inputs of the code that can differ between simulation and execution: block, sender, gas, other accounts. The imports of
//! a program, and the opcodes of other code that ran on the copy, say what it can read of block, sender and other
//! accounts; the simulation shows whom it called.

use super::code_checks::module_of;
use super::executed::{Ran, unsettled};
use crate::assess::{Finding, FindingId, FindingKind, Part, Severity};
use crate::client::ChainError;
use crate::ids::CodeHash;
use crate::simulation::Simulation;
use serde::Serialize;
use std::collections::BTreeSet;
use stylus_chain::CountedCode;
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

/// The inputs of a code that are not the instance's own storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reads {
    /// The name of the code.
    pub code: String,
    /// The reason why nobody can tell what it reads; `None` where that is known.
    pub unread: Option<String>,
    /// By what it reads how much gas is left.
    pub gas: Vec<String>,
    /// By what it reads something else of the block, of other accounts, or who sends.
    pub others: Vec<String>,
    /// Accounts that it called on the copy, each with the function.
    pub calls: Vec<String>,
}

impl Reads {
    /// Describes the effect of the gas on the simulation, or says that nobody knows what the code reads: either way it
    /// proves little.
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
        let (id, says) = (FindingKind::ReadsGas.id(), self.of_gas()?);
        let next = format!(
            "send it with a fifth more gas than the estimate, as the commands do; if it succeeds with any limit: {}",
            FindingId::flag([&id])
        );
        Some(Finding {
            next: Some(next),
            ..Finding::new(Part::Simulation, Severity::Warning, id, says)
        })
    }

    /// Describes the effect of the other inputs.
    pub fn of_others(&self) -> Option<String> {
        (!self.others.is_empty()).then(|| {
            format!(
                "{} reads {}: its result may differ in another block, or for another sender",
                self.code,
                self.others.join(", ")
            )
        })
    }

    /// Describes the effect of its calls on the simulation.
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
    /// Lists the inputs of the executed code, and the code of it that has no code of its own that would stay. Code that can
    /// read nothing of that is left out.
    pub(super) fn look(
        &self,
        simulation: &Simulation,
    ) -> Result<(Vec<Reads>, Vec<Finding>), ChainError> {
        let executed = self.executed(simulation)?;
        let runs = simulation.runs()?;
        let others = executed.keys().filter(|key| !self.is_proposed(**key));
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
            let hash = CodeHash::of(&code);
            let (unread, (mut gas, others)) = match module_of(simulation, &code)? {
                Ok(Some(module)) => (None, without_gas(imports(&module), &GAS)),
                Ok(None) => {
                    let counted = runs.iter().filter_map(|run| run.instructions.get(&hash));
                    (
                        None,
                        without_gas(counted.flat_map(opcodes).collect(), &["GAS"]),
                    )
                }
                Err(why) => (Some(why), Default::default()),
            };
            if self.without_gas.contains(&hash) {
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

/// Splits names into those that read how much gas is left, as `gas` lists them, and the rest.
fn without_gas(names: BTreeSet<String>, gas: &[&str]) -> (Vec<String>, Vec<String>) {
    names
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

/// Opcodes of EVM code that ran and that are among those above. GAS is named unless a call follows it, and so is a call
/// that does not follow it.
fn opcodes(counted: &CountedCode) -> BTreeSet<String> {
    let ran = counted.code.iter().zip(&counted.runs).enumerate();
    let ran: Vec<(usize, u8)> = ran
        .filter(|(_, (_, runs))| **runs > 0)
        .map(|(at, (opcode, _))| (at, *opcode))
        .collect();
    let mut found = BTreeSet::new();
    let mut before = None;
    for (at, opcode) in ran {
        let named = OPCODES.iter().find(|(named, _)| *named == opcode);
        found.extend(named.map(|(_, name)| (*name).to_owned()));
        let next = counted.code.get(at + 1);
        let is_before_call = next.is_some_and(|next| CALLS.contains(next));
        let is_bare_gas = opcode == GAS_OPCODE && !is_before_call;
        let is_after_gas = at.checked_sub(1) == before && before.is_some();
        let is_bare_call = CALLS.contains(&opcode) && !is_after_gas;
        if is_bare_gas || is_bare_call {
            found.insert("GAS".into());
        }
        before = (opcode == GAS_OPCODE).then_some(at);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Artifact;

    fn read(wat: &str) -> (Vec<String>, Vec<String>) {
        let wasm = wat::parse_str(wat).expect("a module");
        let artifact = Artifact::from_wasm("test", &wasm).expect("a program");
        without_gas(imports(&artifact.wasm), &GAS)
    }

    /// What code reads of which the instructions at these offsets ran.
    fn ran(code: &[u8], offsets: &[usize]) -> Vec<String> {
        let mut runs = vec![0; code.len()];
        for at in offsets {
            runs[*at] = 1;
        }
        let counted = CountedCode {
            code: code.to_vec().into(),
            runs,
        };
        opcodes(&counted).into_iter().collect()
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
        assert_eq!(without_gas(imports(&later), &GAS).1, ["block_later"]);
    }

    #[test]
    fn evm_code_reads_by_what_ran() {
        // TIMESTAMP, GAS before CALL, PUSH2 with NUMBER and ORIGIN as its bytes, COINBASE
        let code = [0x42, 0x5a, 0xf1, 0x61, 0x43, 0x32, 0x41];
        assert_eq!(ran(&code, &[0, 1, 2, 3, 6]), ["COINBASE", "TIMESTAMP"]);
        // What stands in the bytes and did not run is no word of the code's.
        assert_eq!(ran(&code, &[1, 2, 3]), Vec::<String>::new());
        assert_eq!(ran(&[0x5a, 0x50], &[0, 1]), ["GAS"], "no call follows");
        let own = [0x61, 0x10, 0x00, 0xfa];
        assert_eq!(ran(&own, &[0, 3]), ["GAS"], "its own gas");
        assert_eq!(ran(&[0x5c], &[0]), ["TLOAD"]);
        // A jump into a call passes the GAS before it by.
        assert_eq!(ran(&[0x5a, 0xf1], &[1]), ["GAS"]);
    }
}
