//! ArbDebug (0xff): only on chains that allow it.

use super::call::{Call, Methods, Purity::*, Stop, revert};
use crate::{arbos::LAYOUT, state_db::bytecode};
use alloy_primitives::Bytes;
use alloy_sol_types::sol;
use revm::context::{ContextTr, JournalTr};

sol! {
    #![sol(all_derives)]
    interface ArbDebug {
        function becomeChainOwner() external;
        function overwriteContractCode(address target, bytes calldata newCode) external returns (bytes memory oldCode);
        function events(bool flag, bytes32 value) external payable returns (address, uint256);
        function eventsView() external view;
        function customRevert(uint64 number) external pure;
        function panic() external;
        function legacyError() external pure;
        event Basic(bool flag, bytes32 indexed value);
        event Mixed(bool indexed flag, bool not, bytes32 indexed value, address conn, address indexed caller);
        error Custom(uint64 number, string message, bool flag);
        error Unused();
    }
}
use ArbDebug::*;

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    Methods::of(call)
        .on::<becomeChainOwnerCall>(Write, 0, |c, _| {
            let caller = c.caller;
            LAYOUT.owners.add(c, caller)?;
            Ok(().into())
        })
        .on::<overwriteContractCodeCall>(Write, 0, |c, a| {
            // Nitro gives the code that was loaded before, and nothing where nobody has read it.
            let loaded = c.ctx.journaled_state.state.get(&a.target);
            let before = loaded.and_then(|account| account.info.code.as_ref());
            let before = before.map(|code| code.original_bytes()).unwrap_or_default();
            c.code(a.target)?;
            c.ctx.journal_mut().touch_account(a.target);
            c.ctx.journal_mut().set_code(a.target, bytecode(a.newCode));
            Ok(before)
        })
        .on::<eventsCall>(Payable, 0, |c, a| {
            let (caller, address, value) = (c.caller, c.address, a.value);
            c.emit(&Basic {
                flag: !a.flag,
                value,
            })?;
            c.emit(&Mixed {
                flag: a.flag,
                not: !a.flag,
                value,
                conn: address,
                caller,
            })?;
            Ok((caller, c.value).into())
        })
        .on::<eventsViewCall>(View, 0, |_, _| Err(Stop::Plain("write protection".into())))
        .on::<customRevertCall>(Pure, 0, |_, a| {
            let message =
                "This spider family wards off bugs: /\\oo/\\ //\\(oo)//\\ /\\oo/\\".into();
            revert(Custom {
                number: a.number,
                message,
                flag: true,
            })
        })
        .on::<panicCall>(Write, 30, |_, _| {
            // It ends the request in Nitro, too, whose RPC says these words.
            Err(Stop::Failure("method handler crashed".into()))
        })
        .on::<legacyErrorCall>(Pure, 0, |_, _| {
            Err(Stop::Plain("example legacy error".into()))
        })
        .end()
}
