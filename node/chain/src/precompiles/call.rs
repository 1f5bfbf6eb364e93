//! One call of an ArbOS precompile: its gas, its access rules, its view of the state.

use crate::{
    arbos::{LAYOUT, Params, Store, messages::Hashes},
    session::{Ctx, load_account},
};
use alloy_primitives::{Address, B256, Bytes, Log, U256, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use revm::{
    context::{ContextTr, JournalTr},
    context_interface::{Block, journaled_state::account::JournaledAccountTr},
    interpreter::CallInputs,
};

/// The reason why a call ends without result.
pub(super) enum Stop {
    /// A Solidity error; unspent gas is kept.
    Revert(Bytes),
    /// A revert without data; unspent gas is kept. The text is for messages only.
    Plain(String),
    /// A revert without data that takes all gas.
    All,
    /// Not even what every method needs first can be paid.
    OutOfGas,
    /// A revert as `All`, because there is no such method.
    Unknown,
    /// Not a revert, takes all gas. The text is for messages only.
    Failure(String),
}

/// A typed revert.
pub(super) fn revert<T>(error: impl SolError) -> Result<T, Stop> {
    Err(Stop::Revert(error.abi_encode().into()))
}

/// Arguments with the high bytes of addresses cleared: Nitro ignores those, and refuses every other
/// value outside of its type.
fn cleaned<C: SolCall>(arguments: &[u8]) -> Vec<u8> {
    let mut arguments = arguments.to_vec();
    let types = C::SIGNATURE.split_once('(').unwrap_or_default().1;
    // No method has a tuple or an array before an address.
    for (word, name) in arguments.chunks_exact_mut(32).zip(types.split([',', ')'])) {
        if name == "address" {
            word[..12].fill(0);
        }
    }
    arguments
}

/// The state that a method may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purity {
    /// No state; allowed by delegatecall.
    Pure,
    View,
    Write,
    Payable,
}

pub(super) const READ: u64 = 800;
const WRITE: u64 = 20_000;
const WRITE_ZERO: u64 = 5_000;
const COPY_WORD: u64 = 3;
/// Gas of reading a code hash.
const CODE_HASH: u64 = 2_600;

pub(super) struct Call<'c, 'a> {
    pub(super) ctx: &'c mut Ctx<'a>,
    pub(super) version: u64,
    pub(super) caller: Address,
    /// The precompile's own address.
    pub(super) address: Address,
    acting: Address,
    pub(super) value: U256,
    read_only: bool,
    pub(super) data: Bytes,
    pub(super) gas: u64,
    /// Calls of chain owners cost nothing.
    pub(super) free: bool,
}

impl<'c, 'a> Call<'c, 'a> {
    pub(super) fn new(ctx: &'c mut Ctx<'a>, inputs: &CallInputs, version: u64) -> Self {
        let data = inputs.input.bytes_local(ctx.local());
        Self {
            version,
            caller: inputs.caller,
            address: inputs.bytecode_address,
            acting: inputs.target_address,
            value: inputs.value.get(),
            read_only: inputs.is_static,
            data,
            gas: inputs.gas_limit,
            free: false,
            ctx,
        }
    }

    /// The four bytes that name the method.
    pub(super) fn selector(&self) -> [u8; 4] {
        self.data.first_chunk().copied().unwrap_or_default()
    }

    pub(super) fn is_static(&self) -> bool {
        self.read_only
    }

    /// Runs a method that exists since ArbOS `since`, under the common rules.
    fn method<C: SolCall>(
        &mut self,
        purity: Purity,
        since: u64,
        body: impl FnOnce(&mut Self, C) -> Result<C::Return, Stop>,
    ) -> Result<Bytes, Stop> {
        let foreign = purity > Purity::Pure && self.acting != self.address;
        let writes = purity >= Purity::Write && self.read_only;
        let paid = purity != Purity::Payable && !self.value.is_zero();
        if self.version < since {
            return Err(Stop::Unknown);
        }
        if foreign || writes || paid {
            return Err(Stop::All);
        }
        if purity > Purity::Pure {
            self.open()?;
        }
        let data = self.data.clone();
        let arguments = data.get(4..).unwrap_or_default();
        self.burn(COPY_WORD * arguments.len().div_ceil(32) as u64)?;
        let arguments = cleaned::<C>(arguments);
        let arguments = C::abi_decode_raw_validate(&arguments).map_err(|_| Stop::All)?;
        match body(self, arguments) {
            Ok(result) => {
                let result = C::abi_encode_returns(&result);
                self.burn(COPY_WORD * result.len().div_ceil(32) as u64)?;
                Ok(result.into())
            }
            Err(Stop::Revert(data)) => {
                self.burn(COPY_WORD * data.len().div_ceil(32) as u64)?;
                Err(Stop::Revert(data))
            }
            Err(other) => Err(other),
        }
    }

    /// Opens ArbOS' state.
    pub(super) fn open(&mut self) -> Result<(), Stop> {
        self.burn(READ).map_err(|_| Stop::OutOfGas)
    }

    pub(super) fn burn(&mut self, gas: u64) -> Result<(), Stop> {
        if self.free {
            return Ok(());
        }
        match self.gas.checked_sub(gas) {
            Some(left) => self.gas = left,
            None => {
                self.gas = 0;
                return Err(Stop::All);
            }
        }
        Ok(())
    }

    /// Unix seconds of the block.
    pub(super) fn now(&self) -> u64 {
        self.ctx.block().timestamp().saturating_to()
    }

    /// The Stylus parameters, at their flat price.
    pub(super) fn params(&mut self) -> Result<Params, Stop> {
        self.burn(100)?;
        Ok(Params::unpack(crate::arbos::fine(
            self.ctx.read(LAYOUT.params),
        )))
    }

    /// Writes the Stylus parameters.
    pub(super) fn save_params(&mut self, params: Params) -> Result<(), Stop> {
        self.write(LAYOUT.params, params.pack())
    }

    /// Code and hash of an account; the code itself is not charged for.
    pub(super) fn code(&mut self, address: Address) -> Result<(B256, Bytes), Stop> {
        let info = load_account(self.ctx, address);
        let code = info.code.map(|code| code.original_bytes());
        Ok((info.code_hash, code.unwrap_or_default()))
    }

    /// The code hash of an account, at its price.
    pub(super) fn code_hash(&mut self, address: Address) -> Result<B256, Stop> {
        self.burn(CODE_HASH)?;
        Ok(self.code(address)?.0)
    }

    pub(super) fn emit<E: SolEvent>(&mut self, event: &E) -> Result<(), Stop> {
        let data = event.encode_log_data();
        let gas = 375 + 375 * data.topics().len() as u64 + 8 * data.data.len() as u64;
        self.burn(gas)?;
        self.ctx.journal_mut().log(Log {
            address: self.address,
            data,
        });
        Ok(())
    }

    /// Shows tracers wei that is about to move. Nobody is the zero address.
    pub(super) fn show_transfer(&mut self, from: Address, to: Address, wei: U256) {
        if let Some(tracer) = &mut self.ctx.chain.tracer {
            tracer.logged(self.ctx.journaled_state.logs());
            tracer.moved_by_precompile(from, to, wei);
        }
    }

    /// Moves wei between accounts without running code. No account becomes warm by it.
    pub(super) fn transfer(&mut self, from: Address, to: Address, wei: U256) -> Result<(), Stop> {
        self.show_transfer(from, to, wei);
        let mut cold = Vec::new();
        for account in [from, to] {
            let Ok(loaded) = self.ctx.journal_mut().load_account(account);
            if loaded.is_cold {
                cold.push(account);
            }
        }
        let Ok(moved) = self.ctx.journal_mut().transfer(from, to, wei);
        for account in cold {
            let Ok(mut loaded) = self.ctx.journal_mut().load_account_mut(account);
            loaded.data.unsafe_mark_cold();
        }
        match moved {
            None => Ok(()),
            Some(error) => Err(Stop::Plain(format!("transfer of {wei} wei: {error:?}"))),
        }
    }
}

/// The methods of a precompile, one after the other: the one that the call names is run.
pub(super) struct Methods<'m, 'c, 'a> {
    call: &'m mut Call<'c, 'a>,
    ended: Option<Result<Bytes, Stop>>,
}

impl<'m, 'c, 'a> Methods<'m, 'c, 'a> {
    pub(super) fn of(call: &'m mut Call<'c, 'a>) -> Self {
        Self { call, ended: None }
    }

    /// A method that exists since ArbOS `since`.
    pub(super) fn on<C: SolCall>(
        mut self,
        purity: Purity,
        since: u64,
        body: impl FnOnce(&mut Call<'c, 'a>, C) -> Result<C::Return, Stop>,
    ) -> Self {
        if self.ended.is_none() && self.call.selector() == C::SELECTOR {
            self.ended = Some(self.call.method(purity, since, body));
        }
        self
    }

    /// A setter of one storage word.
    pub(super) fn set<C: SolCall<Return: From<()>>>(
        self,
        since: u64,
        slot: U256,
        value: impl FnOnce(C) -> U256,
    ) -> Self {
        self.on::<C>(Purity::Write, since, |call, arguments| {
            call.write(slot, value(arguments))?;
            Ok(().into())
        })
    }

    /// A setter that changes Stylus parameters.
    pub(super) fn change<C: SolCall<Return: From<()>>>(
        self,
        since: u64,
        edit: impl FnOnce(&mut Params, C),
    ) -> Self {
        self.try_change(since, |params, arguments| {
            edit(params, arguments);
            Ok(())
        })
    }

    /// The same that may refuse its arguments.
    pub(super) fn try_change<C: SolCall<Return: From<()>>>(
        self,
        since: u64,
        edit: impl FnOnce(&mut Params, C) -> Result<(), &'static str>,
    ) -> Self {
        self.on::<C>(Purity::Write, since, |call, arguments| {
            let mut params = call.params()?;
            edit(&mut params, arguments).map_err(|error| Stop::Plain(error.into()))?;
            call.save_params(params)?;
            Ok(().into())
        })
    }

    /// A method that reads one storage word.
    pub(super) fn word<C: SolCall>(
        self,
        since: u64,
        slot: U256,
        result: impl FnOnce(U256) -> C::Return,
    ) -> Self {
        self.on::<C>(Purity::View, since, |call, _| Ok(result(call.read(slot)?)))
    }

    /// A method whose value is fixed on a chain without L1.
    pub(super) fn fixed<C: SolCall>(self, value: C::Return) -> Self {
        self.on::<C>(Purity::View, 0, |call, _| {
            call.burn(READ)?;
            Ok(value)
        })
    }

    /// The methods that stand elsewhere.
    pub(super) fn or(
        self,
        others: impl FnOnce(&mut Call<'c, 'a>) -> Result<Bytes, Stop>,
    ) -> Result<Bytes, Stop> {
        self.ended.unwrap_or_else(|| others(self.call))
    }

    /// There are no more.
    pub(super) fn end(self) -> Result<Bytes, Stop> {
        self.or(|_| Err(Stop::Unknown))
    }
}

/// Hashes at the EVM's price.
impl Hashes for Call<'_, '_> {
    fn hash(&mut self, data: &[u8]) -> Result<B256, Stop> {
        self.burn(30 + 6 * data.len().div_ceil(32) as u64)?;
        Ok(keccak256(data))
    }
}

/// ArbOS' state at ArbOS' prices.
impl Store for Call<'_, '_> {
    type Fail = Stop;

    fn read(&mut self, slot: U256) -> Result<U256, Stop> {
        self.burn(READ)?;
        Ok(crate::arbos::fine(self.ctx.read(slot)))
    }

    fn write(&mut self, slot: U256, value: U256) -> Result<(), Stop> {
        self.burn(if value.is_zero() { WRITE_ZERO } else { WRITE })?;
        crate::arbos::fine(self.ctx.write(slot, value));
        Ok(())
    }
}
