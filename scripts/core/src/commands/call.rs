//! `call` and `send`: a function of a contract, by its signature or, where its interface is known, by its name.

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::client::Transactions;
use crate::client::{ChainError, Client, show};
use crate::context::prelude::*;
use crate::functions::{Functions, interfaces, of_the_chain};
use crate::model::{DefinitionState, InstanceState};
use crate::options::wei;
use crate::pipeline::calldata;
use crate::pipeline::function_name::{by_name, unknown};
use crate::program_code::is_program;
use crate::registry;
use crate::text::shell_word;
use alloy::dyn_abi::FunctionExt;
use alloy::json_abi::Function;
use alloy::network::TransactionBuilder;
use alloy::rpc::types::TransactionRequest;
use clap::Args;
use futures::join;
use stylus_upgrades_interface::chain::{ARB_WASM, IArbWasm, STYLUS_DEPLOYER};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::UpgradeInProgress;
use stylus_upgrades_interface::slots;

/// `send`.
pub(crate) static SEND: Spec<CallArgs> = Spec {
    name: "send",
    about: "Send a transaction to a function of a contract: `send counter increment`",
    group: Group::Deploy,
    examples: &[
        "send counter increment --account ana",
        "send counter 'set(uint256)' 5 --account ana",
        "send vault deposit --value 1000 --account ana",
    ],
    writes: no_file,
    governed: Governs::Never,
    reports: || vec![report_type::<Called>()],
    run: |context, args| Box::pin(send(context, args)),
};

/// `call`.
pub(crate) static CALL: Spec<CallArgs> = Spec {
    name: "call",
    about: "Read a function of a contract: `call counter value`",
    group: Group::Deploy,
    examples: &[
        "call counter value",
        "call counter 'balanceOf(address) returns (uint256)' 0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E",
        "call counter value --json",
    ],
    writes: no_file,
    governed: Governs::Never,
    reports: || vec![report_type::<Answered>()],
    run: |context, args| Box::pin(call(context, args)),
};

/// A call of a contract.
#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    /// The contract, an address or an alias
    to: String,
    /// The function and its arguments: 'value() returns (uint256)', or its name if the interface is known;
    /// or calldata 0x…
    #[arg(
        required = true,
        value_name = "FUNCTION [ARGUMENT]…",
        allow_negative_numbers = true
    )]
    call: Vec<String>,
    /// The value to send, in wei
    #[arg(long, value_name = "WEI", default_value_t, value_parser = wei)]
    value: U256,
}

/// A call as it was typed.
struct Typed {
    to: Address,
    data: Bytes,
    value: U256,
    /// The function, unless the call was typed as calldata.
    function: Option<Function>,
}

/// Reads at the newest block.
pub(crate) async fn call(context: &Context, args: &CallArgs) -> Result<Outcome> {
    let client = context.snapshot().await?;
    let questions = ask_ahead(context, &client, args);
    client
        .ahead(questions, answered(context, &client, args))
        .await
}

async fn answered(context: &Context, client: &Client, args: &CallArgs) -> Result<Outcome> {
    // A precompile answers without code.
    let typed = typed(context, client, args, |_| false).await?;
    let what = what(&typed);
    let answer = client
        .call_raw(&what, typed.to, typed.data.clone(), typed.value)
        .await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Err(explained(client, &what, typed.to, error).await?.into()),
    };
    let values = match &typed.function {
        Some(function) if !function.outputs.is_empty() => {
            Some(decode(function, &answer, typed.to)?)
        }
        _ => None,
    };
    if values.is_none() && answer.is_empty() {
        let has_no_code = client.code(typed.to).await?.is_empty();
        context.note(if has_no_code && !typed.data.is_empty() { format!("warning: {what} returned nothing: there is no code") } else { format!(
                "{what} returned nothing, and what it changed is not kept: `send` sends it as a transaction"
            ) });
    }
    let report = Answered {
        to: typed.to,
        function: typed.function.map(|function| function.signature()),
        returned: values,
        data: answer,
    };
    Ok(context.outcome(&report))
}

/// Asks for what a call of a function needs, and for its answer: the signature alone tells the calldata. What is wrong
/// with the words is said elsewhere.
async fn ask_ahead(context: &Context, client: &Client, args: &CallArgs) {
    let Some((first, arguments)) = args.call.split_first() else {
        return;
    };
    let function = calldata::signature(first);
    let to = context.manifest.address(&args.to);
    let (Ok(function), Ok(to)) = (function, to) else {
        return;
    };
    let Ok(data) = calldata::encode_for(&function, arguments, &context.manifest) else {
        return;
    };
    let of_registry = async {
        let named = context.named_registry().ok().flatten();
        if let Some(registry) = named.map(|unverified| unverified.address()) {
            let views = client.registry(registry);
            let _ = join!(
                views.known_instance(to),
                client.code(registry),
                client.code(STYLUS_DEPLOYER)
            );
        }
    };
    let what = function.signature();
    let answer = client.call_raw(&what, to, data, args.value);
    let _ = join!(client.code(to), answer, of_registry);
}

/// The report of `call`.
#[derive(Serialize)]
pub(crate) struct Answered {
    to: Address,
    function: Option<String>,
    returned: Option<Vec<String>>,
    data: Bytes,
}

impl CommandReport for Answered {
    fn lines(&self, _: &Names) -> Vec<String> {
        match &self.returned {
            Some(values) => values.clone(),
            None if self.data.is_empty() => Vec::new(),
            None => vec![self.data.to_string()],
        }
    }
}

/// Simulates one transaction, then sends it.
pub(crate) async fn send(context: &Context, args: &CallArgs) -> Result<Outcome> {
    let client = context.working_client("send").await?;
    // Without data it is a payment, which anybody takes.
    let typed = typed(context, &client, args, |data| !data.is_empty()).await?;
    let what = what(&typed);
    let sent = match context.earlier(Some(typed.to), &typed.data) {
        Some(sent) => sent,
        None => {
            let request = TransactionRequest::default();
            let request = request
                .with_to(typed.to)
                .with_input(typed.data)
                .with_value(typed.value);
            match client.transact(&what, request).await {
                Ok(sent) => sent,
                Err(error) => return Err(explained(&client, &what, typed.to, error).await?.into()),
            }
        }
    };
    let report = Called {
        transactions: Transactions::of(&[sent]),
        to: typed.to,
        function: typed.function.map(|function| function.signature()),
    };
    Ok(context.outcome(&report))
}

/// The report of `send`.
#[derive(Serialize)]
pub(crate) struct Called {
    #[serde(flatten)]
    transactions: Transactions,
    to: Address,
    function: Option<String>,
}

impl CommandReport for Called {
    fn lines(&self, _: &Names) -> Vec<String> {
        self.transactions.lines()
    }
}

/// The error with who keeps an instance from answering: its definition is paused, its pause is not over, or it is in a
/// migration. Nothing where its registry does not say.
async fn while_paused(
    client: &Client,
    what: &str,
    proxy: Address,
    error: &ChainError,
) -> Option<ChainError> {
    let registry = registry::registry_of(client, proxy).await.ok()?;
    let instance = registry.known_instance(proxy).await.ok()??;
    let head = registry.head(&instance.definition).await.ok()?;
    let (name, word) = (&instance.definition, shell_word(&instance.definition));
    let (says, next) = match (instance.state, head.state) {
        (InstanceState::Paused, DefinitionState::Paused) => (
            format!("{name} is paused: every call of its instances is refused"),
            format!("wait until its approvers end the pause: stylus-upgrades resume {word}"),
        ),
        (InstanceState::Paused, _) => (
            format!("{name} was paused, and this instance was not resumed yet"),
            format!("stylus-upgrades upgrade {word} resumes it, by anybody"),
        ),
        (state, _) if state.is_migrating() => (
            "a migration of the instance runs, and every other call is refused meanwhile"
                .to_owned(),
            format!("stylus-upgrades run-migration {proxy} continues it, by its handler"),
        ),
        _ => return None,
    };
    let refusal = Refusal::of(error).saying(format!("{what} was refused: {says}"));
    Some(refusal.advising(next).into())
}

/// The error; where a program does not run that the contract is or runs, what the chain says of the program. An EVM
/// proxy of it answers with an empty revert.
async fn explained(
    client: &Client,
    what: &str,
    to: Address,
    error: ChainError,
) -> Result<ChainError> {
    if error.is_refused_as::<UpgradeInProgress>() {
        let told = while_paused(client, what, to, &error).await;
        return Ok(told.unwrap_or(error));
    }
    let revert = error.revert();
    let is_silent = revert.is_some_and(|revert| revert.data().is_empty());
    if !is_silent && !error.is_not_runnable() {
        return Ok(error);
    }
    let implementation = Address::from_word(client.storage(to, slots::IMPLEMENTATION).await?);
    for program in [to, implementation] {
        let version = IArbWasm::programVersionCall { program };
        if is_program(&client.code(program).await?)
            && let Err(error) = client.call(ARB_WASM, &version).await
            && error.revert().is_some()
        {
            return Ok(error.during(&format!("{what}, by the program {program},")));
        }
    }
    Ok(error)
}

fn what(typed: &Typed) -> String {
    match &typed.function {
        Some(function) => function.signature(),
        None => format!("call {}", typed.to),
    }
}

/// The call that the words mean. A function needs code that has it, and so does calldata of which `needs_code` says it.
async fn typed(
    context: &Context,
    client: &Client,
    args: &CallArgs,
    needs_code: impl Fn(&Bytes) -> bool,
) -> Result<Typed> {
    let to = context.manifest.address(&args.to)?;
    let words = args.call.split_first();
    let (first, arguments) =
        words.ok_or_else(|| unknown("", &to.to_string(), &Functions::default()))?;
    let value = args.value;
    let calldata = if first.starts_with("0x") {
        Some(calldata::encode(&args.call, &context.manifest)?)
    } else {
        None
    };
    if calldata.as_ref().is_none_or(needs_code) && client.code(to).await?.is_empty() {
        let missing = ChainError::missing("contract", to);
        return Err(if to.to_string() == args.to {
            missing.into()
        } else {
            Refusal::of(&missing)
                .saying(format!("{} is an account without code", args.to))
                .into()
        });
    }
    if let Some(data) = calldata {
        return Ok(Typed {
            to,
            data,
            value,
            function: None,
        });
    }
    let function = if first.contains('(') {
        with_outputs(context, client, to, calldata::signature(first)?).await?
    } else {
        by_name(
            first,
            arguments.len(),
            &to.to_string(),
            &interface(context, client, to).await?,
        )?
    };
    let data = calldata::encode_for(&function, arguments, &context.manifest)?;
    Ok(Typed {
        to,
        data,
        value,
        function: Some(function),
    })
}

/// Adds the return types to a signature that has none, if the interface is known.
async fn with_outputs(
    context: &Context,
    client: &Client,
    to: Address,
    function: Function,
) -> Result<Function> {
    if !function.outputs.is_empty() {
        return Ok(function);
    }
    let known = interface(context, client, to).await?;
    Ok(known
        .function(&function.selector().0)
        .cloned()
        .unwrap_or(function))
}

/// Decodes the values that a function returned.
fn decode(function: &Function, answer: &Bytes, to: Address) -> Result<Vec<String>> {
    let reason = match function.abi_decode_output(answer) {
        Ok(values) => return Ok(values.iter().map(show).collect()),
        Err(_) if answer.is_empty() => "an empty answer".into(),
        Err(error) => error.to_string(),
    };
    Err(ChainError::unexpected_answer(to, &function.signature(), reason).into())
}

/// The interface of an account: of the registered version that it runs, else as this machine built its code,
/// else as the chain and the framework have it. `None` if it is not known.
async fn interface(context: &Context, client: &Client, to: Address) -> Result<Functions> {
    if let Some((_, functions)) = of_the_chain(to) {
        return Ok(functions);
    }
    let framework = &interfaces().proxy;
    let own = match by_registry(context, client, to).await? {
        Some(functions) => functions,
        None => by_code(context, client, to).await?.unwrap_or_default(),
    };
    Ok(own.with(framework))
}

async fn by_registry(context: &Context, client: &Client, to: Address) -> Result<Option<Functions>> {
    let Some(unverified) = context.named_registry()? else {
        return Ok(None);
    };
    let registry = context.verified(client, unverified).await?;
    if to == registry.address {
        return Ok(Some(interfaces().registry.clone()));
    }
    let session = Session { context, registry };
    let found = match registry.known_instance(to).await {
        Ok(found) => found,
        Err(error) => {
            return Err(explained(client, "the registry", registry.address, error)
                .await?
                .into());
        }
    };
    let Some(found) = found else {
        return Ok(None);
    };
    let code = registry.code(&found.definition, &found.version).await?;
    session.functions(&found.definition, code.codehash).await
}

async fn by_code(context: &Context, client: &Client, to: Address) -> Result<Option<Functions>> {
    let implementation = Address::from_word(client.storage(to, slots::IMPLEMENTATION).await?);
    for account in [implementation, to] {
        let Some(codehash) = client.codehash(account).await? else {
            continue;
        };
        if let Some(callable) = context.built_callable(codehash)? {
            return Ok(Some(Functions::of_abi(&callable.abi)));
        }
    }
    Ok(None)
}
