//! The abilities of an endpoint, asked of it, and which commands work with it therefore. A chain may be served by
//! endpoints that give events of ten blocks, have dropped old state, or take transactions and answer nothing.

use crate::client::{ChainError, Client, Unanswered};
use crate::deploy::has_create2_deployer;
use crate::names::Names;
use crate::report::CommandReport;
use alloy::primitives::{Address, B256, U64, U256, address, hex};
use alloy::providers::Provider;
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;

/// Words for the same, with whatever code, where they are about a method.
const NO_METHOD: [&str; 6] = [
    "does not exist",
    "not found",
    "not available",
    "not supported",
    "unsupported",
    "not whitelisted",
];
/// Blocks of which the events are asked for, the most first.
const RANGES: [u64; 8] = [1_000_000, 100_000, 10_000, 2_000, 500, 100, 10, 5];
/// Blocks of One in a day, which makes four of them each second.
const DAY: u64 = 345_600;
/// Blocks back of which the state is asked for, the oldest last.
const DEPTHS: [u64; 4] = [128, 10_000, 1_000_000, u64::MAX];
/// An account that has no code, and is given some for one question.
const NOBODY: Address = address!("00000000000000000000000000000000a0701e12");
/// Code that returns 42.
const ANSWERS_42: [u8; 10] = hex!("602a60005260206000f3");

/// The abilities of one endpoint.
#[derive(Debug, Serialize)]
pub struct EndpointReport {
    endpoint: String,
    /// Nothing where it does not tell.
    chain_id: Option<u64>,
    abilities: Vec<EndpointAbility>,
    /// True if every command works.
    ok: bool,
}

/// One thing that commands need of an endpoint.
#[derive(Debug, Serialize)]
pub struct EndpointAbility {
    /// Its name.
    name: &'static str,
    /// The state: whether it is there.
    state: AbilityState,
    /// The facts that were found.
    found: String,
    /// The commands that need it.
    commands: &'static str,
    /// The step that helps where it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'static str>,
}

/// The state of an ability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum AbilityState {
    /// All that is needed.
    Yes,
    /// Less than may be needed.
    Limited,
    /// Nothing.
    No,
}

/// The result of a question.
enum MethodAnswer {
    Given(Value),
    /// The endpoint does not have the method.
    NoMethod,
    /// It has, and refuses.
    Refused(String),
    /// Its server answers, and not as JSON-RPC does.
    Failed(String),
}

/// Asks the endpoint for everything that commands need of one.
///
/// # Errors
/// That it cannot be reached.
pub async fn examine(client: &Client) -> Result<EndpointReport, ChainError> {
    // What the endpoint does not do at once, it does not do.
    let client = &client.bearing(Duration::ZERO, Duration::MAX);
    let chain_id = number(&ask(client, "eth_chainId", json!([])).await?);
    let newest = number(&ask(client, "eth_blockNumber", json!([])).await?);
    let mut abilities = vec![
        check_questions(chain_id, newest),
        check_transactions(client).await?,
    ];
    if let Some(newest) = newest {
        abilities.push(check_old_state(client, newest).await?);
        abilities.push(check_events(client, newest).await?);
        abilities.push(check_proofs(client).await?);
        abilities.push(check_overrides(client).await?);
        abilities.push(check_tracers(client).await?);
        abilities.push(check_slot_lists(client).await?);
        abilities.push(check_deployer(client).await?);
    }
    let has_all = abilities
        .iter()
        .all(|ability| ability.state == AbilityState::Yes);
    Ok(EndpointReport {
        endpoint: client.endpoint().to_string(),
        chain_id,
        ok: has_all && newest.is_some(),
        abilities,
    })
}

async fn ask(
    client: &Client,
    method: &'static str,
    params: Value,
) -> Result<MethodAnswer, ChainError> {
    let answer = client
        .provider()
        .raw_request::<_, Value>(method.into(), params);
    Ok(match answer.await {
        Ok(value) => MethodAnswer::Given(value),
        Err(error) => match client.error(method, error) {
            ChainError::Rpc(error) => {
                let lower = error.message.to_lowercase();
                let is_missing = error.is_method_not_found()
                    || lower.contains("method")
                        && NO_METHOD.iter().any(|words| lower.contains(words));
                if is_missing {
                    MethodAnswer::NoMethod
                } else {
                    MethodAnswer::Refused(error.message)
                }
            }
            ChainError::Unreachable {
                reason:
                    reason @ (Unanswered::Status { .. }
                    | Unanswered::Deadline { .. }
                    | Unanswered::TooLarge),
                ..
            } => MethodAnswer::Failed(reason.to_string()),
            error @ ChainError::Unreachable { .. } => return Err(error),
            error => MethodAnswer::Refused(error.to_string()),
        },
    })
}

fn number(answer: &MethodAnswer) -> Option<u64> {
    match answer {
        MethodAnswer::Given(value) => serde_json::from_value::<U64>(value.clone())
            .ok()
            .map(|number| number.to()),
        _ => None,
    }
}

/// Describes what is found where a method is missing or refuses.
fn describe_refusal(answer: MethodAnswer) -> String {
    match answer {
        MethodAnswer::Given(_) => "another answer than the method has".into(),
        MethodAnswer::NoMethod => "it does not have the method".into(),
        MethodAnswer::Refused(reason) | MethodAnswer::Failed(reason) => reason,
    }
}

fn check_questions(chain_id: Option<u64>, newest: Option<u64>) -> EndpointAbility {
    let (state, found, next) = match (chain_id, newest) {
        (Some(chain), Some(block)) => (
            AbilityState::Yes,
            format!("chain {chain}, block {block}"),
            None,
        ),
        _ => (
            AbilityState::No,
            "it does not tell the chain's id or its newest block".into(),
            Some("name it as send_url, beside the rpc_url of an endpoint that answers"),
        ),
    };
    EndpointAbility {
        name: "questions",
        state,
        found,
        commands: "all",
        next,
    }
}

async fn check_transactions(client: &Client) -> Result<EndpointAbility, ChainError> {
    // No bytes are no transaction: an endpoint that takes some says so.
    let answer = ask(client, "eth_sendRawTransaction", json!(["0x"])).await?;
    let (state, found, next) = match answer {
        MethodAnswer::Given(_) | MethodAnswer::Refused(_) => {
            (AbilityState::Yes, "it takes signed ones".into(), None)
        }
        MethodAnswer::NoMethod | MethodAnswer::Failed(_) => (
            AbilityState::No,
            "it takes none".into(),
            Some("name another endpoint as send_url"),
        ),
    };
    Ok(EndpointAbility {
        name: "transactions",
        state,
        found,
        commands: "all that send",
        next,
    })
}

async fn check_old_state(client: &Client, newest: u64) -> Result<EndpointAbility, ChainError> {
    let (mut found, mut state) = (
        "that of the newest block alone".to_owned(),
        AbilityState::No,
    );
    for depth in DEPTHS {
        let block = newest.saturating_sub(depth);
        let params = json!([Address::ZERO, format!("{block:#x}")]);
        match ask(client, "eth_getBalance", params).await? {
            MethodAnswer::Given(_) if block == 0 => {
                (found, state) = ("that of every block".into(), AbilityState::Yes);
                break;
            }
            MethodAnswer::Given(_) => {
                (found, state) = (
                    format!("at least {depth} blocks back"),
                    AbilityState::Limited,
                );
            }
            _ => break,
        }
    }
    Ok(EndpointAbility {
        name: "old state",
        state,
        found,
        commands: "trace, coverage and replay of old transactions; first contact with a registry that nobody remembers",
        next: (state != AbilityState::Yes).then_some("give --rpc-url of an archive node for these"),
    })
}

async fn check_events(client: &Client, newest: u64) -> Result<EndpointAbility, ChainError> {
    let (mut most, mut reason) = (None, String::new());
    for blocks in RANGES {
        let from = newest.saturating_sub(blocks - 1);
        let filter = json!([{
            "address": NOBODY,
            "fromBlock": format!("{from:#x}"),
            "toBlock": format!("{newest:#x}"),
        }]);
        match ask(client, "eth_getLogs", filter).await? {
            MethodAnswer::Given(_) => {
                most = Some(blocks);
                break;
            }
            other => reason = describe_refusal(other),
        }
    }
    let is_whole = most.is_some_and(|most| most > newest || Some(&most) == RANGES.first());
    let (state, found) = match most {
        Some(_) if is_whole => (AbilityState::Yes, "of any range that was asked for".into()),
        Some(most) => {
            let requests = DAY.div_ceil(most);
            let found = format!(
                "of {most} blocks a request: {requests} requests for a day of Arbitrum One"
            );
            (AbilityState::Limited, found)
        }
        None => (AbilityState::No, reason),
    };
    let next = "name another endpoint as logs_url; `pending` needs few of them";
    Ok(EndpointAbility {
        name: "events",
        state,
        found,
        commands: "status, history, plan, approve, first contact with a registry",
        next: (state != AbilityState::Yes).then_some(next),
    })
}

/// An ability that commands need, and what helps where an endpoint does not have it.
struct CommandNeed {
    name: &'static str,
    commands: &'static str,
    next: &'static str,
}

/// Checks an ability that the answer of one method shows.
async fn check_method(
    client: &Client,
    need: CommandNeed,
    method: &'static str,
    params: Value,
    is_right: impl Fn(&Value) -> bool,
) -> Result<EndpointAbility, ChainError> {
    let (state, found) = match ask(client, method, params).await? {
        MethodAnswer::Given(value) if is_right(&value) => {
            (AbilityState::Yes, format!("{method} answers"))
        }
        other => (
            AbilityState::No,
            format!("{method}: {}", describe_refusal(other)),
        ),
    };
    Ok(EndpointAbility {
        name: need.name,
        state,
        found,
        commands: need.commands,
        next: (state != AbilityState::Yes).then_some(need.next),
    })
}

async fn check_proofs(client: &Client) -> Result<EndpointAbility, ChainError> {
    let need = CommandNeed {
        name: "proofs",
        commands: "census, and --confirm-url of another endpoint",
        next: "give --rpc-url of a node that proves for these",
    };
    let params = json!([NOBODY, [B256::ZERO], "latest"]);
    let is_right = |value: &Value| value.get("accountProof").is_some();
    check_method(client, need, "eth_getProof", params, is_right).await
}

async fn check_overrides(client: &Client) -> Result<EndpointAbility, ChainError> {
    let need = CommandNeed {
        name: "overrides",
        commands: "upgrade and migrate: the check of the pause",
        next: "give --rpc-url of another endpoint for it: without them that check is left out",
    };
    let code = hex::encode_prefixed(ANSWERS_42);
    let params = json!([{ "to": NOBODY }, "latest", { NOBODY.to_string(): { "code": code } }]);
    let answer = json!(B256::from(U256::from(42)));
    check_method(client, need, "eth_call", params, |value| *value == answer).await
}

async fn check_tracers(client: &Client) -> Result<EndpointAbility, ChainError> {
    let need = CommandNeed {
        name: "traces",
        commands: "trace, coverage, and the cause of a failed transaction",
        next: "give --rpc-url of a node with the debug namespace for these",
    };
    let params = json!([{ "to": NOBODY }, "latest", { "tracer": "callTracer" }]);
    check_method(client, need, "debug_traceCall", params, Value::is_object).await
}

async fn check_slot_lists(client: &Client) -> Result<EndpointAbility, ChainError> {
    let need = CommandNeed {
        name: "lists of slots",
        commands: "census, without keys that you name",
        next: "give --rpc-url of a node with the debug namespace for it",
    };
    let block = ask(client, "eth_getBlockByNumber", json!(["latest", false])).await?;
    let hash = match &block {
        MethodAnswer::Given(block) => block["hash"].clone(),
        _ => Value::Null,
    };
    let params = json!([hash, 0, NOBODY, "0x", 1]);
    let is_right = |value: &Value| value.get("storage").is_some();
    check_method(client, need, "debug_storageRangeAt", params, is_right).await
}

/// Checks that the chain has the CREATE2 deployer, or takes it.
async fn check_deployer(client: &Client) -> Result<EndpointAbility, ChainError> {
    let (state, found, next) = match has_create2_deployer(client).await {
        Ok(is_there) => {
            let found = if is_there {
                "the CREATE2 deployer is there"
            } else {
                "the first deployment puts the CREATE2 deployer there"
            };
            (AbilityState::Yes, found.into(), None)
        }
        Err(error @ ChainError::Unreachable { .. }) => return Err(error),
        Err(error) => (
            AbilityState::No,
            error.to_string(),
            Some(
                "as the owner of a chain of your own, set the L1 price to 0 for a moment (ArbOwner.setL1PricePerUnit), \
                 and deploy the registry",
            ),
        ),
    };
    Ok(EndpointAbility {
        name: "deployments",
        state,
        found,
        commands: "deploy, registry deploy, register",
        next,
    })
}

impl CommandReport for EndpointReport {
    fn lines(&self, _: &Names) -> Vec<String> {
        let mut lines = vec![format!("endpoint  {}", self.endpoint)];
        for ability in &self.abilities {
            let mark = match ability.state {
                AbilityState::Yes => '✓',
                AbilityState::Limited => '!',
                AbilityState::No => '✗',
            };
            lines.push(format!("  {mark} {}: {}", ability.name, ability.found));
            if ability.state != AbilityState::Yes {
                lines.push(format!("      needed by: {}", ability.commands));
            }
            lines.extend(ability.next.map(|next| format!("      {next}")));
        }
        lines
    }
}
