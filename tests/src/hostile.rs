//! What the hostile contract is told to do: each action is the calldata of a call of itself.

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::SolCall;

use crate::abi::IHostile;
use crate::calls::data;

/// The call that does nothing but these actions.
pub fn act(actions: impl Into<Vec<Bytes>>) -> IHostile::actCall {
    let actions = actions.into();
    IHostile::actCall { actions }
}

/// The mixin's migration, which does them.
pub fn migrate(actions: impl Into<Vec<Bytes>>) -> IHostile::migrateCall {
    let actions = actions.into();
    IHostile::migrateCall { actions }
}

/// The action that calls `target` and fails with it.
pub fn call(target: Address, call: &impl SolCall) -> Bytes {
    send(target, data(call))
}

/// The same with bytes.
pub fn send(target: Address, input: impl Into<Bytes>) -> Bytes {
    data(&IHostile::callCall {
        target,
        value: U256::ZERO,
        data: input.into(),
    })
}

/// The action that calls `target` and continues whatever comes.
pub fn try_call(target: Address, call: &impl SolCall) -> Bytes {
    data(&IHostile::tryCallCall {
        target,
        value: U256::ZERO,
        data: data(call),
    })
}

/// The action that writes a slot.
pub fn write(slot: B256, value: B256) -> Bytes {
    data(&IHostile::writeSlotCall { slot, value })
}

/// The action that runs the code of `target` as its own.
pub fn delegate(target: Address, call: &impl SolCall) -> Bytes {
    data(&IHostile::delegateCall {
        target,
        data: data(call),
    })
}
