//! Additions of ArbOS 60. Tips, filters and multi-gas constraints are off on every known chain and are
//! not built: what would switch them on is refused by name, what leaves them off is accepted.

use super::{SINCE_60 as SINCE, off, set_feature_time};
use crate::{
    arbos::{LAYOUT, Store, address_of, word},
    precompiles::call::{Call, Methods, Purity::*, Stop},
};
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::sol;

sol! {
    #![sol(all_derives)]
    struct WeightedResource { uint8 resource; uint64 weight; }
    struct ResourceConstraint {
        WeightedResource[] resources;
        uint32 adjustmentWindowSecs;
        uint64 targetPerSec;
        uint64 backlog;
    }
    interface Since60 {
        function setMaxStylusContractFragments(uint8 count) external;
        function setCollectTips(bool collect) external;
        function setMultiGasPricingConstraints(ResourceConstraint[] constraints) external;
        function addTransactionFilterer(address filterer) external;
        function removeTransactionFilterer(address filterer) external;
        function isTransactionFilterer(address filterer) external view returns (bool);
        function getAllTransactionFilterers() external view returns (address[] memory);
        function setTransactionFilteringFrom(uint64 timestamp) external;
        function setFilteredFundsRecipient(address recipient) external;
        function getFilteredFundsRecipient() external view returns (address);
        event FilteredFundsRecipientSet(address indexed recipient);
    }
}
use Since60::*;

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    Methods::of(call)
        .change::<setMaxStylusContractFragmentsCall>(SINCE, |p, a| p.max_fragments = a.count)
        .on::<setCollectTipsCall>(Write, SINCE, |c, a| {
            if a.collect {
                return Err(off("setCollectTips", "tips are not collected"));
            }
            c.write(LAYOUT.collect_tips, U256::ZERO)?;
            Ok(().into())
        })
        .on::<setMultiGasPricingConstraintsCall>(Write, SINCE, |_, a| {
            if !a.constraints.is_empty() {
                let without = "gas has one price, without multi-gas constraints";
                return Err(off("setMultiGasPricingConstraints", without));
            }
            Ok(().into())
        })
        .on::<addTransactionFiltererCall>(Write, SINCE, |_, _| {
            Err(off(
                "addTransactionFilterer",
                "no transactions are filtered",
            ))
        })
        .on::<removeTransactionFiltererCall>(Write, SINCE, |_, _| {
            Err(Stop::Plain(
                "tried to remove a transaction filterer that is none".into(),
            ))
        })
        .on::<isTransactionFiltererCall>(View, SINCE, |c, a| {
            LAYOUT.transaction_filterers.contains(c, a.filterer)
        })
        .on::<getAllTransactionFilterersCall>(View, SINCE, |c, _| {
            LAYOUT.transaction_filterers.all(c)
        })
        .on::<setTransactionFilteringFromCall>(Write, SINCE, |c, a| {
            set_feature_time(c, LAYOUT.filtering_from, a.timestamp, || {
                off(
                    "setTransactionFilteringFrom",
                    "no transactions are filtered",
                )
            })?;
            Ok(().into())
        })
        .on::<setFilteredFundsRecipientCall>(Write, SINCE, |c, a| {
            let recipient = a.recipient;
            c.write(LAYOUT.filtered_funds_recipient, word(recipient))?;
            c.emit(&FilteredFundsRecipientSet { recipient })?;
            Ok(().into())
        })
        .word::<getFilteredFundsRecipientCall>(SINCE, LAYOUT.filtered_funds_recipient, address_of)
        .end()
}
