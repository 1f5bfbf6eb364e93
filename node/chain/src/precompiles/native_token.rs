//! ArbNativeTokenManager (0x73, from ArbOS 41): only owners of the native token mint and burn, and there
//! are none here.

use super::call::{Call, Methods, Purity::*, Stop};
use alloy_primitives::Bytes;
use alloy_sol_types::sol;

sol! {
    #![sol(all_derives)]
    interface ArbNativeTokenManager {
        function mintNativeToken(uint256 amount) external;
        function burnNativeToken(uint256 amount) external;
    }
}
use ArbNativeTokenManager::*;

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    Methods::of(call)
        .on::<mintNativeTokenCall>(Write, 41, |_, _| Err(Stop::All))
        .on::<burnNativeTokenCall>(Write, 41, |_, _| Err(Stop::All))
        .end()
}
