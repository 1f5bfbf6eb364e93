//! Checks of code before it is in use: would it still be activated, does a proxy hide behind it, does it answer what proxies
//! answer themselves.

use crate::assess::{Finding, FindingId, FindingKind, Part, Severity};
use crate::client::ChainError;
use crate::deploy::{self, Activation};
use crate::deployed::{self, HeldCode};
use crate::program_code::{fragments, is_program, module};
use crate::simulation::{ANYBODY, Simulation};
use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::SolCall;
use std::collections::BTreeSet;
use stylus_chain::BlockId;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as abi;
use stylus_upgrades_interface::slots;
use wasmparser::{Operator, Parser, Payload};

/// After this time no activation of today is left: ten years.
const TEN_YEARS: u64 = 10 * 365 * 86_400;
/// A selector that nobody has.
const NOBODYS: [u8; 4] = [0xff, 0xff, 0xff, 0xff];
/// Opcode of the EVM that pushes a selector.
const PUSH4: u8 = 0x63;

/// Checks that code which is in use now would be activated again, once all activations of today have ended and scheduled
/// upgrades of the chain have happened: without that there is no way back.
pub(super) fn rollback_possible(
    simulation: &mut Simulation,
    version: &str,
    program: Address,
) -> Result<Option<Finding>, ChainError> {
    if !is_program(&simulation.code(program)?) {
        return Ok(None);
    }
    let outcome = simulation.discarded(|simulation| {
        simulation.wait(TEN_YEARS)?;
        simulation.live(ANYBODY, async |client| {
            deploy::try_activate(client, version, program, 0).await
        })
    });
    let Activation::Refused(error) = outcome? else {
        return Ok(None);
    };
    let id = FindingId::at(FindingKind::NoWayBack, program);
    let next = format!(
        "rebuild the old version before its activation expires; to accept that rolling back will be impossible: {}",
        FindingId::flag([&id])
    );
    let says = format!("the code of {version} could not be activated again");
    let found = Finding::new(Part::Simulation, Severity::Danger, id, says);
    Ok(Some(found.with(
        "a program that the chain's rules still allow",
        error.to_string(),
        next,
    )))
}

/// A proxy behind an account that should hold plain code.
pub(super) fn hidden_proxy(
    simulation: &Simulation,
    what: &str,
    account: Address,
) -> Result<Option<Finding>, ChainError> {
    let (chain, latest) = (&simulation.chain, BlockId::latest());
    let held = |slot: B256| chain.storage(account, slot.into(), latest);
    let (implementation, beacon) = (held(slots::IMPLEMENTATION)?, held(slots::BEACON)?);
    let held = HeldCode {
        code: &simulation.code(account)?,
        implementation,
        beacon,
    };
    Ok(deployed::hidden_proxy(what, account, &held))
}

/// Selectors that the code answers and that no caller of a proxy would ever reach.
pub(super) fn clashes(
    simulation: &Simulation,
    account: Address,
) -> Result<Option<Finding>, ChainError> {
    let code = simulation.code(account)?;
    let found = |kind, says: String, [expected, found, next]: [String; 3]| {
        let id = FindingId::at(kind, account);
        let next = format!("{next}; to accept it: {}", FindingId::flag([&id]));
        let finding = Finding::new(Part::Simulation, Severity::Danger, id, says);
        Some(finding.with(expected, found, next))
    };
    let constants = match module_of(simulation, &code)? {
        Ok(module) => constants(&code, module.as_deref()),
        Err(why) => {
            let says = format!("the module of {account} cannot be read");
            let expected = "a program whose WASM can be parsed".into();
            let next = "rebuild it, and deploy what was built".into();
            return Ok(found(
                FindingKind::ModuleUnread,
                says,
                [expected, why, next],
            ));
        }
    };
    let nobody = simulation.probe(account, Bytes::from_static(&NOBODYS))?;
    let (mut functions, mut selectors) = (Vec::new(), Vec::new());
    for (signature, calldata) in reserved_among(&constants) {
        let selector = hex::encode(calldata.get(..4).unwrap_or_default());
        if simulation.probe(account, calldata)? != nobody {
            functions.push(signature);
            selectors.push(format!("0x{selector}"));
        }
    }
    if functions.is_empty() {
        return Ok(None);
    }
    let says = format!(
        "the new code implements {}, which the proxy answers itself",
        functions.join(", ")
    );
    let next = "rename the function, or compose the mixin Upgradeable, which finds this out when it compiles";
    let expected = "no selector of the five".into();
    let told = [expected, selectors.join(", "), next.into()];
    Ok(found(FindingKind::SelectorClash, says, told))
}

/// The functions of a proxy whose selectors are among the constants of EVM code, or of the module of a
/// program: it may answer them, and no caller would ever reach it there.
pub fn reserved_in(code: &[u8], module: Option<&[u8]>) -> Vec<&'static str> {
    let found = reserved_among(&constants(code, module)).into_iter();
    found.map(|(signature, _)| signature).collect()
}

/// Lists the functions among these constants that proxies answer themselves, by their signatures, each with calldata of it.
fn reserved_among(constants: &[u32]) -> Vec<(&'static str, Bytes)> {
    fn of<C: SolCall>(call: C) -> (&'static str, Bytes) {
        (C::SIGNATURE, call.abi_encode().into())
    }
    let version = || "0".to_owned();
    let all = [
        of(abi::implementationCall {}),
        of(abi::registryCall {}),
        of(abi::implementationVersionCall {}),
        of(abi::upgradeToCall { version: version() }),
        of(abi::upgradeToAndCallCall {
            version: version(),
            data: Bytes::new(),
        }),
    ];
    let is_among = |(_, calldata): &(&str, Bytes)| {
        let selector = calldata.first_chunk::<4>();
        selector.is_some_and(|selector| constants.contains(&u32::from_be_bytes(*selector)))
    };
    all.into_iter().filter(is_among).collect()
}

/// Returns true if a module has an SDK constructor: the slot of its guard is among the module's data, in either order of
/// bytes, or its four words of 64 bits are among the constants of the code.
pub fn has_constructor(wasm: &[u8]) -> bool {
    let slot = slots::CONSTRUCTED;
    let mut reversed = slot;
    reversed.0.reverse();
    let is_slot = |window: &[u8]| window == slot.as_slice() || window == reversed.as_slice();
    if wasm.windows(slot.len()).any(is_slot) {
        return true;
    }
    let mut numbers = BTreeSet::new();
    each_constant(wasm, |value, is_long| {
        numbers.extend(is_long.then_some(value as u64));
    });
    let (words, _) = slot.as_chunks::<8>();
    words.iter().all(|word| {
        numbers.contains(&u64::from_be_bytes(*word)) || numbers.contains(&u64::from_le_bytes(*word))
    })
}

/// Every constant of the functions of a module, and whether it has 64 bits.
fn each_constant(wasm: &[u8], mut of: impl FnMut(i64, bool)) {
    for payload in Parser::new(0).parse_all(wasm) {
        let Ok(Payload::CodeSectionEntry(body)) = payload else {
            continue;
        };
        for operator in body.get_operators_reader().into_iter().flatten() {
            match operator {
                Ok(Operator::I32Const { value }) => of(value.into(), false),
                Ok(Operator::I64Const { value }) => of(value, true),
                _ => {}
            }
        }
    }
}

/// The module of a program, or why it cannot be read; `None` of EVM code and where there is none.
pub(super) fn module_of(
    simulation: &Simulation,
    of: &[u8],
) -> Result<Result<Option<Vec<u8>>, String>, ChainError> {
    if !is_program(of) {
        return Ok(Ok(None));
    }
    let parts = fragments(of).into_iter();
    let parts: Vec<Bytes> = parts
        .map(|part| simulation.code(part))
        .collect::<Result<_, _>>()?;
    Ok(module(of, &parts).map(Some))
}

/// The constants of the code that a dispatcher may compare a selector with: of a module those that a comparison follows,
/// in either order of bytes.
pub(super) fn compared_constants(code: &[u8], module: Option<&[u8]>) -> Vec<u32> {
    let Some(module) = module else {
        return constants(code, None);
    };
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let Ok(Payload::CodeSectionEntry(body)) = payload else {
            continue;
        };
        let mut last = None;
        for operator in body.get_operators_reader().into_iter().flatten() {
            use Operator::{
                I32Eq, I32GeS, I32GeU, I32GtS, I32GtU, I32LeS, I32LeU, I32LtS, I32LtU, I32Ne,
                I32Xor,
            };
            let constant = match operator {
                Ok(Operator::I32Const { value }) => Some(value as u32),
                Ok(
                    I32Eq | I32Ne | I32Xor | I32LtS | I32LtU | I32GtS | I32GtU | I32LeS | I32LeU
                    | I32GeS | I32GeU,
                ) => {
                    found.extend(
                        last.into_iter()
                            .flat_map(|word: u32| [word, word.swap_bytes()]),
                    );
                    None
                }
                _ => None,
            };
            last = constant;
        }
    }
    found.retain(|constant| *constant > u32::from(u16::MAX));
    found
}

/// Numbers of 32 bits that the code compares with: a dispatcher has the selectors among them, in
/// either order of bytes. `None` as the module means EVM code.
fn constants(code: &[u8], module: Option<&[u8]>) -> Vec<u32> {
    let Some(module) = module else {
        let pushed = code.windows(5).filter(|window| window[0] == PUSH4);
        return pushed
            .filter_map(|window| window.last_chunk::<4>())
            .map(|bytes| u32::from_be_bytes(*bytes))
            .collect();
    };
    let mut found = Vec::new();
    each_constant(module, |value, is_long| {
        let value = if is_long {
            u32::try_from(value).ok()
        } else {
            Some(value as u32)
        };
        found.extend(value.into_iter().flat_map(|word| [word, word.swap_bytes()]));
    });
    found
}
