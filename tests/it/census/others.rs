//! Contracts that were not written for a census, of others and of this project: every slot is explained without any key
//! given, and a slot that was planted is named.

use crate::prelude::*;
use stylus_layout::Layout;
use stylus_upgrades::census::{CensusOptions, CensusReport, Subject};
use stylus_upgrades::client::Client;

use super::fixture::{subject, taken};

type Done = Result<(), HarnessError>;

alloy::sol! {
    function fill(uint256 n) external;
}

/// Contracts of OpenZeppelin 5, by what they keep.
const OPENZEPPELIN: [&str; 6] = [
    "StoredVotes",
    "StoredTokens",
    "StoredItems",
    "StoredRoles",
    "StoredOperations",
    "StoredStructures",
];

/// A census without keys, which sees all and explains all but one slot that is planted then.
async fn assert_explained(chain: &Chain, subject: &Subject) -> Done {
    let folder = tempfile::tempdir().expect("a folder");
    let options = CensusOptions {
        folder: Some(folder.path().to_owned()),
        ..CensusOptions::default()
    };
    let census = async || -> Result<CensusReport, HarnessError> {
        let client = Client::connect(chain.url()).await?;
        Ok(taken(&client, subject, &options).await)
    };
    let whole = census().await?;
    assert!(whole.complete && whole.storage.slots > 0, "{whole:#?}");
    assert_eq!(whole.storage.unexplained, [], "{:#?}", whole.notes);
    let slot = keccak256("no owner");
    let planted = (subject.proxy, slot, B256::repeat_byte(7));
    let _: bool = chain.request("anvil_setStorageAt", planted).await?;
    let _: serde_json::Value = chain.request("anvil_mine", ("0x1",)).await?;
    let with_it = census().await?;
    assert_eq!(with_it.storage.slots, whole.storage.slots + 1);
    let [found] = with_it.storage.unexplained.as_slice() else {
        panic!("{with_it:#?}");
    };
    assert_eq!(found.leaf.slot, Some(slot));
    Ok(())
}

/// Deploys a contract of OpenZeppelin, fills it, and takes its census.
async fn of_openzeppelin(chain: &Chain, name: &str, fills: u64) -> Done {
    let solidity = Solidity::compile(&Lines)?;
    let contract = solidity.contract(name)?;
    let proxy = chain.create(contract.creation.clone()).await?;
    for n in 0..fills {
        let call = fillCall { n: U256::from(n) };
        chain.execute(chain.account(0), proxy, &call).await?;
    }
    let layout = Layout::from_json(&contract.layout.to_string()).expect("a layout");
    assert_explained(chain, &subject(proxy, layout)).await
}

#[tokio::test]
async fn structures_of_openzeppelin_are_explained_without_keys() -> Done {
    of_openzeppelin(&Chain::embedded()?, "StoredStructures", 5).await
}

#[tokio::test]
#[ignore = "nightly: six contracts and their blocks carried out again, about 60 s"]
async fn contracts_of_openzeppelin_are_explained_without_keys() -> Done {
    for name in OPENZEPPELIN {
        println!("{name}");
        of_openzeppelin(&Chain::embedded()?, name, 40).await?;
    }
    Ok(())
}
