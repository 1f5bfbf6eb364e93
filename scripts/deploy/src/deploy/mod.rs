//! Programs onto a chain: create, check the code, activate.

mod constructed;
mod create2;
mod deployers;
mod fragments;
mod framework;
mod registry;

pub use fragments::{TOO_MANY_FRAGMENTS, deploy_fragments, require_fragments};
pub use framework::{Ensured, Shared, ensure_framework};
pub use registry::{NewRegistry, deploy_registry, registry_call, registry_release};

pub use constructed::{
    Construction, TriedConstruction, construct, constructed_by, try_constructor,
};
pub use create2::create2;
pub use deployers::{ensure_deployers, has_create2_deployer};

use crate::build::Artifact;
use crate::client::{ChainError, Client, Fork, RpcError, Sent};
use crate::error::{Exit, Refusal};
use crate::ids::CodeHash;
use crate::simulation::Simulation;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes, U256, address};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use stylus_chain::{Chain, ProgramSlots, StatePart};
use stylus_upgrades_interface::chain::{ARB_WASM, IArbWasm};

alloy::sol! {
    /// Returns what an activation costs beside its fixed part and its code, on ArbOS 59 and later. ArbWasm has it.
    function activationGas() external view returns (uint64 gas);
}

/// Above it nothing can be activated, as cargo-stylus has it: a transaction takes 32,000,000 gas, and the fixed part of
/// an activation alone 1,659,168.
const ACTIVATION_GAS_MAX: u64 = 30_000_000;
/// The name of a refusal of a data fee that is more than may be paid.
pub const DATA_FEE_TOO_HIGH: &str = "DataFeeTooHigh";
/// The account for code on a copy, to learn what activating it will cost: an account that nobody owns.
const NOWHERE: Address = address!("00000000000000000000000000000000a0701e11");
/// The rise of the data fee, in percent: it moves between the estimate and the block.
pub const DATA_FEE_BUMP_PERCENT: u32 = 20;

/// A program on chain.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// Its address.
    pub address: Address,
    /// keccak256 of its code.
    pub codehash: CodeHash,
    /// The transactions that created its fragments; none for those that were there.
    pub fragments: Vec<Sent>,
    /// The transaction that created it.
    pub created: Sent,
    /// The transaction that activated it; `None` if its code hash was active already, or
    /// activation was not asked for.
    pub activated: Option<Sent>,
}

/// Puts `artifact` on the chain and activates it. Errors if the chain refuses either, or holds
/// other code afterwards.
pub async fn deploy(
    client: &Client,
    artifact: &Artifact,
    bump_percent: u32,
) -> Result<Deployed, ChainError> {
    let fragments = deploy_fragments(client, artifact).await?;
    let (address, created) = create(client, artifact).await?;
    let activated = activate(client, &artifact.name, address, bump_percent).await?;
    Ok(Deployed {
        address,
        codehash: artifact.codehash(),
        fragments,
        created,
        activated,
    })
}

/// Puts `artifact` on the chain and leaves it inactive. Its fragments have to be there.
pub async fn create(client: &Client, artifact: &Artifact) -> Result<(Address, Sent), ChainError> {
    let what = format!("deploy {}", artifact.name);
    let request = TransactionRequest::default().with_deploy_code(artifact.creation_code());
    let sent = client.transact(&what, request).await?;
    let address = sent
        .receipt
        .contract_address
        .ok_or_else(|| ChainError::no_event(&what, sent.tx, "contractAddress"))?;
    require_code(client, address, artifact.codehash()).await?;
    Ok((address, sent))
}

/// The result of an activation.
#[derive(Debug)]
pub enum Activation {
    /// The code hash is active already.
    Active,
    /// This transaction activated it.
    Sent(Box<Sent>),
    /// The chain does not take the program, or takes more for it than may be paid.
    Refused(ChainError),
}

/// Activates the program at `address`. `None` if its code hash is active already.
///
/// # Errors
/// Why the chain does not take it, and what the endpoint says.
pub async fn activate(
    client: &Client,
    name: &str,
    address: Address,
    bump_percent: u32,
) -> Result<Option<Sent>, ChainError> {
    match try_activate(client, name, address, bump_percent).await? {
        Activation::Active => Ok(None),
        Activation::Sent(sent) => Ok(Some(*sent)),
        Activation::Refused(error) => Err(error),
    }
}

/// Like [`activate`], where a refusal is an answer.
///
/// # Errors
/// What the endpoint says.
pub async fn try_activate(
    client: &Client,
    name: &str,
    address: Address,
    bump_percent: u32,
) -> Result<Activation, ChainError> {
    if is_active(client, address).await? {
        return Ok(Activation::Active);
    }
    let sent = async {
        let fee = data_fee(client, address).await?;
        let value = with_margin_within_limit(client, name, fee, bump_percent)?;
        let call = IArbWasm::activateProgramCall { program: address };
        let what = format!("activate {name}");
        client.send(&what, ARB_WASM, &call, value).await
    };
    match sent.await {
        // Somebody else was first: before the fee was asked for, before the estimate, or in the block.
        Err(error) if error.was_not_done() && is_active(client, address).await? => {
            Ok(Activation::Active)
        }
        Err(error) => match paused(client, address).await {
            Some(paused) => Ok(Activation::Refused(paused)),
            None if error.was_not_done()
                || error.is_halted()
                || error.is_told(DATA_FEE_TOO_HIGH) =>
            {
                Ok(Activation::Refused(error))
            }
            None => Err(error),
        },
        Ok(sent) => Ok(Activation::Sent(Box::new(sent))),
    }
}

/// The error that the owner of the chain has paused activations, by a price that no transaction can pay.
async fn paused(client: &Client, program: Address) -> Option<ChainError> {
    let gas = client.call(ARB_WASM, &activationGasCall {}).await;
    let gas = gas.ok().filter(|gas| *gas > ACTIVATION_GAS_MAX)?;
    let message = format!("the chain has paused activations: {program} is not activated");
    let refusal = Refusal::new("ActivationsPaused", message).with(
        format!("an activation for at most {ACTIVATION_GAS_MAX} gas"),
        format!("{gas} gas, as ArbWasm.activationGas says"),
        "run the command again when the owner of the chain has resumed activations: what is deployed stays",
    );
    Some(refusal.exiting(Exit::Chain).into())
}

/// Returns true if the program at `address` is activated, current and unexpired.
pub async fn is_active(client: &Client, address: Address) -> Result<bool, ChainError> {
    is_answered(client, &IArbWasm::programVersionCall { program: address }).await
}

/// Returns true if ArbWasm answers a question about a program that is active, and refuses it otherwise.
async fn is_answered(client: &Client, question: &impl SolCall) -> Result<bool, ChainError> {
    match client.call(ARB_WASM, question).await {
        Ok(_) => Ok(true),
        Err(ChainError::Refused { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The fee in wei that activating the program at `address` costs now.
///
/// # Errors
/// Why the chain does not take it, and what the endpoint says.
pub async fn data_fee(client: &Client, address: Address) -> Result<U256, ChainError> {
    let call = IArbWasm::activateProgramCall { program: address };
    let fee = unpaid_fee(client.call(ARB_WASM, &call).await);
    fee.map_err(|error| refusal(address, error))
}

/// The data fee in wei of code that is not on the chain yet; 0 if its code hash is active. A copy of the chain, where the
/// code is put, says it.
async fn fee_before_creation(client: &Client, artifact: &Artifact) -> Result<U256, ChainError> {
    let codehash = artifact.codehash().into();
    let is_active = IArbWasm::codehashVersionCall { codehash };
    if is_answered(client, &is_active).await? {
        return Ok(U256::ZERO);
    }
    let record = ProgramSlots::of(artifact.codehash().into()).record;
    let record = StatePart::Slot(ProgramSlots::ACCOUNT, record.into());
    let parts = [record, StatePart::Account(NOWHERE)];
    let code = artifact.code.clone();
    Fork::tried(client, parts, move |chain| fee_on_copy(chain, code)).await
}

/// The same, on a copy of the chain.
fn fee_on_copy(mut chain: Chain, code: Bytes) -> Result<U256, ChainError> {
    chain.set_code(NOWHERE, code);
    let call = IArbWasm::activateProgramCall { program: NOWHERE };
    match unpaid_fee(Simulation::new(chain).ask(ARB_WASM, &call)) {
        Err(error) if error.is_refused_as::<IArbWasm::ProgramUpToDate>() => Ok(U256::ZERO),
        fee => fee,
    }
}

/// The fee in wei that ArbWasm says to a call that pays nothing: nobody needs money to ask, and nothing but the question
/// itself.
///
/// # Errors
/// What the call was refused for beside the fee.
pub fn unpaid_fee<T>(answer: Result<T, ChainError>) -> Result<U256, ChainError> {
    let Err(error) = answer else {
        return Ok(U256::ZERO);
    };
    let revert = error.revert();
    let refused = revert.and_then(|revert| revert.decoded::<IArbWasm::ProgramInsufficientValue>());
    refused.map(|refused| refused.want).ok_or(error)
}

/// A module that breaks a rule ends the call with an error that is no revert.
fn refusal(program: Address, error: ChainError) -> ChainError {
    match error {
        ChainError::Rpc(RpcError { message, .. }) => {
            ChainError::activation_refused(program, message)
        }
        ChainError::Refused { revert, .. } if revert.data().is_empty() => {
            ChainError::activation_refused(program, revert.to_string())
        }
        other => other,
    }
}

/// A program's data fee with a margin in percent, if it is below the maximum.
///
/// # Errors
/// [`DATA_FEE_TOO_HIGH`]: what an endpoint says is sent as value, and may be anything.
pub fn with_margin_within_limit(
    client: &Client,
    what: &str,
    fee: U256,
    percent: u32,
) -> Result<U256, ChainError> {
    let fee = fee.saturating_mul(U256::from(100 + u64::from(percent))) / U256::from(100);
    let most = client.max_data_fee();
    if fee > most {
        Err(Refusal::new(
            DATA_FEE_TOO_HIGH,
            format!("the data fee of {what} is {fee} wei, more than the maximum: nothing was sent"),
        )
        .with(
            format!("at most {most} wei with its margin, as --max-data-fee says"),
            format!("{fee} wei, as the endpoint says"),
            "ask another endpoint; raise --max-data-fee if that is what the chain takes",
        )
        .into())
    } else {
        Ok(fee)
    }
}

/// Errors unless `account` holds code with that hash.
pub(crate) async fn require_code(
    client: &Client,
    account: Address,
    expected: CodeHash,
) -> Result<(), ChainError> {
    match client.codehash(account).await? {
        Some(found) if found == expected => Ok(()),
        Some(found) => Err(Refusal::new(
            "OtherCode",
            format!("{account} holds other code than was deployed"),
        )
        .with(
            expected.to_string(),
            found.to_string(),
            "stop and find out who deployed it",
        )
        .into()),
        None => Err(ChainError::missing("deployed code", account)),
    }
}
