//! The precompiles: those of ArbOS, and Ethereum's own.

mod address_table;
mod aggregator;
mod call;
mod debug;
mod errors;
mod filtered;
mod function_table;
mod gas_info;
mod info;
mod native_token;
mod owner;
mod owner_public;
mod retryable;
mod sys;
mod test;
mod wasm;
mod wasm_cache;

pub use errors::named_error;

use crate::{
    arbos::precompile_addresses::{ACTS, ADDRESSES},
    halt::precompile_text,
    session::Ctx,
};
use alloy_primitives::{Address, Bytes, map::AddressSet};
use call::{Call, Stop};
use revm::{
    context::{ContextTr, LocalContextTr},
    handler::{PrecompileProvider, precompile_output_to_interpreter_result},
    interpreter::{CallInputs, Gas, InstructionResult, InterpreterResult},
    precompile::{PrecompileSpecId, PrecompileStatus, Precompiles, secp256r1},
    primitives::hardfork::SpecId,
};
use std::sync::LazyLock;

/// Ethereum's precompiles and all warm addresses of one range of ArbOS versions.
struct Set {
    since: u64,
    ethereum: Precompiles,
    warm: AddressSet,
}

static SETS: LazyLock<Vec<Set>> = LazyLock::new(|| {
    [30, 41, 50, 60]
        .map(|since| {
            // BLS12-381 came with ArbOS 50, although the opcodes of its fork are older here.
            let spec = if since < 50 {
                PrecompileSpecId::CANCUN
            } else {
                PrecompileSpecId::OSAKA
            };
            let mut ethereum = Precompiles::new(spec).clone();
            if since < 50 {
                ethereum.extend([secp256r1::P256VERIFY]);
            }
            let mut warm = ethereum.addresses_set().clone();
            warm.extend(
                ADDRESSES
                    .iter()
                    .filter(|known| known.1 <= since)
                    .map(|known| known.0),
            );
            Set {
                since,
                ethereum,
                warm,
            }
        })
        .into()
});

/// Ethereum's rules at an ArbOS version.
pub(crate) fn spec(arbos_version: u64) -> SpecId {
    match arbos_version {
        ..40 => SpecId::CANCUN,
        40..50 => SpecId::PRAGUE,
        50.. => SpecId::OSAKA,
    }
}

/// The name of Ethereum's rules at an ArbOS version, in small letters.
pub fn hardfork(arbos_version: u64) -> String {
    let name: &'static str = spec(arbos_version).into();
    name.to_ascii_lowercase()
}

/// Returns true if the rules of that name are those of an ArbOS version, or older ones, which they include. Letters may be
/// small or large.
pub fn includes_hardfork(named: &str, arbos_version: u64) -> bool {
    let newest = spec(arbos_version) as u8;
    let known = (0..=newest).filter_map(SpecId::try_from_u8);
    let mut names = known.map(<&'static str>::from).chain(["Paris"]);
    names.any(|name| name.eq_ignore_ascii_case(named))
}

/// Ethereum's precompiles at an ArbOS version, by their names in EIP-7910.
pub(crate) fn ethereum(arbos_version: u64) -> std::collections::BTreeMap<String, Address> {
    let precompiles = ArbPrecompiles::new(arbos_version, false);
    let known = precompiles.set.ethereum.inner().iter();
    known
        .map(|(address, precompile)| (precompile.id().name().to_owned(), *address))
        .collect()
}

/// The addresses of all precompiles at an ArbOS version.
pub(crate) fn addresses(arbos_version: u64, debug: bool) -> &'static AddressSet {
    &ArbPrecompiles::new(arbos_version, debug).set.warm
}

/// The precompiles at some ArbOS version.
pub(crate) struct ArbPrecompiles {
    set: &'static Set,
    arbos_version: u64,
    debug: bool,
}

impl ArbPrecompiles {
    pub(crate) fn new(arbos_version: u64, debug: bool) -> Self {
        let at = SETS
            .iter()
            .rposition(|set| set.since <= arbos_version)
            .unwrap_or(0);
        Self {
            set: &SETS[at],
            arbos_version,
            debug,
        }
    }
}

impl<'a> PrecompileProvider<Ctx<'a>> for ArbPrecompiles {
    type Output = InterpreterResult;

    /// The version is fixed when an execution starts; the journal asks once for warm addresses.
    fn set_spec(&mut self, _: SpecId) -> bool {
        true
    }

    fn run(
        &mut self,
        ctx: &mut Ctx<'a>,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        let overrides = &ctx.chain.precompile_overrides;
        let Some(address) = overrides.origin(inputs.bytecode_address) else {
            return Ok(None);
        };
        if let Some(precompile) = self.set.ethereum.get(&address) {
            let data = inputs.input.bytes_local(ctx.local());
            let output = precompile
                .execute(&data, inputs.gas_limit, inputs.reservoir)
                .map_err(|error| error.to_string())?;
            if let PrecompileStatus::Halt(reason) = &output.status
                && !reason.is_oog()
            {
                let text = precompile_text(reason);
                ctx.local_mut().set_precompile_error_context(text.clone());
                ctx.chain.failure = Some(text);
            }
            return Ok(Some(precompile_output_to_interpreter_result(
                output,
                inputs.gas_limit,
            )));
        }
        let known = ADDRESSES
            .iter()
            .any(|(at, since)| *at == address && *since <= self.arbos_version);
        if !known || inputs.known_bytecode.1.is_eip7702() {
            return Ok(None);
        }
        let mut call = Call::new(ctx, inputs, self.arbos_version);
        let outcome = match address.0[19] {
            0xff if !self.debug => Err(Stop::Failure("debug precompiles are disabled".into())),
            // They ask who calls before what is called.
            0x70 if address != ACTS => owner::run(&mut call),
            0x74 if address != ACTS => filtered::run(&mut call),
            _ if call.data.len() < 4 => Err(Stop::All),
            _ if address == ACTS => retryable::run_acts(&mut call),
            0x64 => sys::run(&mut call),
            0x65 => info::run(&mut call),
            0x66 => address_table::run(&mut call),
            0x68 => function_table::run(&mut call),
            0x69 => test::run(&mut call),
            0x6b => owner_public::run(&mut call),
            0x6c => gas_info::run(&mut call),
            0x6d => aggregator::run(&mut call),
            0x6e => retryable::run(&mut call),
            0x6f => info::run_statistics(&mut call),
            0x71 => wasm::run(&mut call),
            0x72 => wasm_cache::run(&mut call),
            0x73 => native_token::run(&mut call),
            0xff => debug::run(&mut call),
            // ArbBLS (0x67) has no methods.
            _ => Err(Stop::Unknown),
        };
        let (left, selector) = (call.gas, call.selector());
        let (result, output, left) = match outcome {
            Ok(output) => (InstructionResult::Return, output, left),
            Err(Stop::Revert(data)) => (InstructionResult::Revert, data, left),
            Err(Stop::Plain(reason)) => {
                ctx.chain.refuse(reason);
                (InstructionResult::Revert, Bytes::new(), left)
            }
            Err(Stop::All) => (InstructionResult::Revert, Bytes::new(), 0),
            Err(Stop::OutOfGas) => (InstructionResult::PrecompileOOG, Bytes::new(), 0),
            Err(Stop::Unknown) => {
                let selector = alloy_primitives::hex::encode_prefixed(selector);
                let version = self.arbos_version;
                ctx.chain.refuse(format!(
                    "the precompile {address} has no method {selector} here at ArbOS {version}"
                ));
                (InstructionResult::Revert, Bytes::new(), 0)
            }
            Err(Stop::Failure(reason)) => {
                ctx.local_mut().set_precompile_error_context(reason.clone());
                ctx.chain.failure = Some(reason);
                (InstructionResult::PrecompileError, Bytes::new(), 0)
            }
        };
        let mut gas = Gas::new(inputs.gas_limit);
        gas.set_remaining(left.min(inputs.gas_limit));
        Ok(Some(InterpreterResult {
            result,
            output,
            gas,
        }))
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.set.warm
    }
}
