//! ArbAddressTable (0x66): short names for addresses.

use super::call::{Call, Methods, Purity::*, Stop};
use crate::arbos::{LAYOUT, Store, address_of, word};
use alloy_primitives::{Address, Bytes, U256};
use alloy_rlp::{Decodable, Encodable};
use alloy_sol_types::sol;

sol! {
    #![sol(all_derives)]
    interface ArbAddressTable {
        function addressExists(address account) external view returns (bool);
        function compress(address account) external returns (bytes memory);
        function decompress(bytes calldata buffer, uint256 offset) external view returns (address account, uint256 consumed);
        function lookup(address account) external view returns (uint256);
        function lookupIndex(uint256 index) external view returns (address);
        function register(address account) external returns (uint256);
        function size() external view returns (uint256);
    }
}
use ArbAddressTable::*;

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    Methods::of(call)
        .on::<addressExistsCall>(View, 0, |c, a| Ok(position(c, a.account)? != 0))
        .on::<compressCall>(Write, 0, |c, a| {
            let mut buffer = Vec::new();
            match position(c, a.account)?.checked_sub(1) {
                Some(index) => index.encode(&mut buffer),
                None => a.account.encode(&mut buffer),
            }
            Ok(buffer.into())
        })
        .on::<decompressCall>(View, 0, |c, a| {
            let offset = usize::try_from(a.offset).unwrap_or(usize::MAX);
            let Some(rest) = a.buffer.get(offset..) else {
                return Err(Stop::Plain("offset outside the buffer".into()));
            };
            let mut left = rest;
            let item = alloy_rlp::Header::decode_bytes(&mut left, false)
                .map_err(|error| Stop::Plain(error.to_string()))?;
            let consumed = U256::from(rest.len() - left.len());
            let account = match <[u8; 20]>::try_from(item) {
                Ok(account) => account.into(),
                Err(_) => {
                    let index = u64::decode(&mut { rest })
                        .map_err(|error| Stop::Plain(error.to_string()))?;
                    at(c, U256::from(index))?
                }
            };
            Ok(decompressReturn { account, consumed })
        })
        .on::<lookupCall>(View, 0, |c, a| {
            match position(c, a.account)?.checked_sub(1) {
                Some(index) => Ok(U256::from(index)),
                None => Err(Stop::Plain("the address is not registered".into())),
            }
        })
        .on::<lookupIndexCall>(View, 0, |c, a| match u64::try_from(a.index) {
            Ok(index) => at(c, U256::from(index)),
            Err(_) => Err(Stop::Plain("the index has more than 64 bits".into())),
        })
        .on::<registerCall>(Write, 0, |c, a| {
            if let Some(index) = position(c, a.account)?.checked_sub(1) {
                return Ok(U256::from(index));
            }
            let index = c.read(LAYOUT.address_table.at(0))?;
            let position = index + U256::from(1);
            c.write(LAYOUT.address_table.at(0), position)?;
            c.write(LAYOUT.address_table.slot(position.into()), word(a.account))?;
            c.write(
                LAYOUT.address_table_by_address.slot(a.account.into_word()),
                position,
            )?;
            Ok(index)
        })
        .on::<sizeCall>(View, 0, |c, _| c.read(LAYOUT.address_table.at(0)))
        .end()
}

/// Index + 1, or 0 for an unknown address.
fn position(call: &mut Call<'_, '_>, account: Address) -> Result<u64, Stop> {
    let slot = LAYOUT.address_table_by_address.slot(account.into_word());
    Ok(call.read(slot)?.saturating_to())
}

fn at(call: &mut Call<'_, '_>, index: U256) -> Result<Address, Stop> {
    if index >= call.read(LAYOUT.address_table.at(0))? {
        return Err(Stop::Plain("no address has this index".into()));
    }
    let slot = LAYOUT.address_table.slot((index + U256::from(1)).into());
    Ok(address_of(call.read(slot)?))
}
