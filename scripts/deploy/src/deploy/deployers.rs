//! The deployers that nearly every chain has before anything is deployed there: the CREATE2 deployer and the Stylus
//! deployer. Both lie at the same address everywhere, because these follow from their bytes, so whoever comes first
//! puts them there for everybody.

use crate::client::{ChainError, Client, Sent};
use crate::error::{Exit, Refusal};
use crate::ids::TxHash;
use crate::progress::Progress;
use crate::registry::origin;
use alloy::eips::BlockNumberOrTag;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, U256, address, b256, bytes};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use std::ops::Range;
use stylus_chain::stylus_deployer_init_code;
use stylus_upgrades_interface::chain::{CREATE2_DEPLOYER, STYLUS_DEPLOYER};

/// The transaction that creates the CREATE2 deployer on every chain, as nobody signed it: its signature was chosen, and
/// its sender follows from that. (github.com/Arachnid/deterministic-deployment-proxy)
const CREATE2_TRANSACTION: alloy::primitives::Bytes = bytes!(
    "f8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222"
);
/// The range of the init code in it.
const CREATE2_INIT_CODE: Range<usize> = 17..100;
/// Its hash.
const CREATE2_TX: B256 = b256!("eddf9e61fb9d8f5111840daef55e5fde0041f5702856532cdbb5a02998033d26");
/// Its sender.
const CREATE2_SENDER: Address = address!("3fab184622dc19b6109349b94811493bf2a45362");
/// Gas that it may use.
const CREATE2_GAS: u64 = 100_000;
/// Wei that its sender needs: so much gas at 100 gwei.
const CREATE2_COST: u64 = 10_000_000_000_000_000;

/// Puts the two deployers on a chain that lacks them; does nothing where they are.
///
/// # Errors
/// Before anything is sent: where other code lies at an address, or the chain cannot take the known transaction.
/// Afterwards whatever the chain refuses.
pub async fn ensure_deployers(
    client: &Client,
    progress: &dyn Progress,
) -> Result<Vec<Sent>, ChainError> {
    let has_create2 = !client.code(CREATE2_DEPLOYER).await?.is_empty();
    let has_stylus = !client.code(STYLUS_DEPLOYER).await?.is_empty();
    if has_stylus {
        origin::require_deployer(client).await?;
    }
    let mut sent = Vec::new();
    if !has_create2 {
        require_creatable(client).await?;
        progress.begin("deploying the CREATE2 deployer, which this chain lacks");
        sent.extend(create2_deployer(client).await?);
        progress.end("");
    }
    if !has_stylus {
        progress.begin("deploying the Stylus deployer, which this chain lacks");
        sent.push(stylus_deployer(client).await?);
        progress.end("");
        origin::require_deployer(client).await?;
    }
    Ok(sent)
}

/// Returns true if the CREATE2 deployer is on a chain; the first deployment puts it there where it is not.
///
/// # Errors
/// `NoCreate2Deployer` where it is not, and cannot be put there. What the endpoint says.
pub async fn has_create2_deployer(client: &Client) -> Result<bool, ChainError> {
    if !client.code(CREATE2_DEPLOYER).await?.is_empty() {
        return Ok(true);
    }
    require_creatable(client).await.map(|()| false)
}

/// Refuses a chain on which the known transaction cannot be mined: its sender has sent another one, or its gas does not
/// pay the parent chain's part.
async fn require_creatable(client: &Client) -> Result<(), ChainError> {
    let nonce = client
        .nonce(CREATE2_SENDER, BlockNumberOrTag::Latest)
        .await?;
    let creation = TransactionRequest::default()
        .with_from(CREATE2_SENDER)
        .with_deploy_code(CREATE2_TRANSACTION.slice(CREATE2_INIT_CODE))
        .with_gas_price(0);
    let found = match nonce {
        0 => match client.estimate("the CREATE2 deployer", &creation).await? {
            gas if gas <= CREATE2_GAS => return Ok(()),
            gas => format!("{gas} gas, as this chain charges for data of the parent chain"),
        },
        nonce => format!("{nonce} transactions of {CREATE2_SENDER}, and no deployer"),
    };
    Err(Refusal::new(
        "NoCreate2Deployer",
        format!("the chain has no CREATE2 deployer at {CREATE2_DEPLOYER}, and its known transaction cannot be mined here"),
    )
    .with(
        format!("the first transaction of {CREATE2_SENDER}, for at most {CREATE2_GAS} gas"),
        found,
        "nothing was sent; as the owner of a chain of your own, set the price of the parent chain's data to 0 for a \
         moment (ArbOwner.setL1PricePerUnit); else use a chain that has the deployer",
    )
    .exiting(Exit::Chain)
    .into())
}

/// Pays the sender of the known transaction, and gives the endpoint that. What was paid, where something was missing.
async fn create2_deployer(client: &Client) -> Result<Option<Sent>, ChainError> {
    let what = "the CREATE2 deployer";
    let balance = client.balance(CREATE2_SENDER).await?;
    let missing = U256::from(CREATE2_COST).saturating_sub(balance);
    let mut paid = None;
    if !missing.is_zero() {
        let request = TransactionRequest::default()
            .with_to(CREATE2_SENDER)
            .with_value(missing);
        paid = Some(
            client
                .transact("pay for the CREATE2 deployer", request)
                .await?,
        );
    }
    let given = client
        .sequencer()
        .send_raw_transaction(&CREATE2_TRANSACTION)
        .await;
    client.read_anew();
    if let Err(error) = given {
        let error = client.error(what, error);
        // somebody else was first
        if client.code(CREATE2_DEPLOYER).await?.is_empty() {
            return Err(error);
        }
    }
    client.mined(TxHash(CREATE2_TX), what).await?;
    if client.code(CREATE2_DEPLOYER).await?.is_empty() {
        Err(ChainError::missing("CREATE2 deployer", CREATE2_DEPLOYER))
    } else {
        Ok(paid)
    }
}

/// Has the CREATE2 deployer create the Stylus deployer, with salt 0.
async fn stylus_deployer(client: &Client) -> Result<Sent, ChainError> {
    let input = [B256::ZERO.as_slice(), &stylus_deployer_init_code()].concat();
    let request = TransactionRequest::default()
        .with_to(CREATE2_DEPLOYER)
        .with_input(input);
    client.transact("deploy the Stylus deployer", request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::consensus::{Transaction, TxEnvelope, transaction::SignerRecoverable};
    use alloy::eips::Decodable2718;

    #[test]
    fn the_known_transaction_creates_the_create2_deployer() {
        let transaction = TxEnvelope::decode_2718(&mut &CREATE2_TRANSACTION[..]).expect("it");
        let sender = transaction.recover_signer().expect("a sender");
        assert_eq!(sender, CREATE2_SENDER);
        assert_eq!(sender.create(transaction.nonce()), CREATE2_DEPLOYER);
        assert_eq!(*transaction.tx_hash(), CREATE2_TX);
        assert_eq!(transaction.gas_limit(), CREATE2_GAS);
        let cost = transaction.gas_price().expect("a legacy one") * u128::from(CREATE2_GAS);
        assert_eq!(cost, u128::from(CREATE2_COST));
        assert_eq!(
            *transaction.input(),
            CREATE2_TRANSACTION.slice(CREATE2_INIT_CODE)
        );
        let created = CREATE2_DEPLOYER.create2_from_code(B256::ZERO, stylus_deployer_init_code());
        assert_eq!(created, STYLUS_DEPLOYER);
    }
}
