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
pub struct Examined {
    endpoint: String,
    /// Nothing where it does not tell.
    chain_id: Option<u64>,
    abilities: Vec<Ability>,
    /// True if every command works.
    ok: bool,
}

/// One thing that commands need of an endpoint.
#[derive(Debug, Serialize)]
pub struct Ability {
    /// Its name.
    name: &'static str,
    /// The state: whether it is there.
    state: State,
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
enum State {
    /// All that is needed.
    Yes,
    /// Less than may be needed.
    Limited,
    /// Nothing.
    No,
}

/// The result of a question.
enum Answer {
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
pub async fn examine(client: &Client) -> Result<Examined, ChainError> {
    // What the endpoint does not do at once, it does not do.
    let client = &client.bearing(Duration::ZERO, Duration::MAX);
    let chain_id = number(&ask(client, "eth_chainId", json!([])).await?);
    let newest = number(&ask(client, "eth_blockNumber", json!([])).await?);
    let mut abilities = vec![questions(chain_id, newest), transactions(client).await?];
    if let Some(newest) = newest {
        abilities.push(state(client, newest).await?);
        abilities.push(events(client, newest).await?);
        abilities.push(proofs(client).await?);
        abilities.push(overrides(client).await?);
        abilities.push(tracers(client).await?);
        abilities.push(slots(client).await?);
        abilities.push(deployer(client).await?);
    }
    Ok(Examined {
        endpoint: client.endpoint().to_string(),
        chain_id,
        ok: abilities.iter().all(|one| one.state == State::Yes) && newest.is_some(),
        abilities,
    })
}

async fn ask(client: &Client, method: &'static str, params: Value) -> Result<Answer, ChainError> {
    let answer = client
        .provider()
        .raw_request::<_, Value>(method.into(), params);
    Ok(match answer.await {
        Ok(value) => Answer::Given(value),
        Err(error) => match client.error(method, error) {
            ChainError::Rpc(error) => {
                let lower = error.message.to_lowercase();
                let is_missing = error.is_method_not_found()
                    || lower.contains("method")
                        && NO_METHOD.iter().any(|words| lower.contains(words));
                if is_missing {
                    Answer::NoMethod
                } else {
                    Answer::Refused(error.message)
                }
            }
            ChainError::Unreachable {
                reason:
                    reason @ (Unanswered::Status { .. }
                    | Unanswered::Deadline { .. }
                    | Unanswered::TooLarge),
                ..
            } => Answer::Failed(reason.to_string()),
            error @ ChainError::Unreachable { .. } => return Err(error),
            error => Answer::Refused(error.to_string()),
        },
    })
}

fn number(answer: &Answer) -> Option<u64> {
    match answer {
        Answer::Given(value) => serde_json::from_value::<U64>(value.clone())
            .ok()
            .map(|number| number.to()),
        _ => None,
    }
}

/// Says what is found where a method is missing or refuses.
fn refused(answer: Answer) -> String {
    match answer {
        Answer::Given(_) => "another answer than the method has".into(),
        Answer::NoMethod => "it does not have the method".into(),
        Answer::Refused(reason) | Answer::Failed(reason) => reason,
    }
}

fn questions(chain_id: Option<u64>, newest: Option<u64>) -> Ability {
    let (state, found, next) = match (chain_id, newest) {
        (Some(chain), Some(block)) => (State::Yes, format!("chain {chain}, block {block}"), None),
        _ => (
            State::No,
            "it does not tell the chain's id or its newest block".into(),
            Some("name it as send_url, beside the rpc_url of an endpoint that answers"),
        ),
    };
    Ability {
        name: "questions",
        state,
        found,
        commands: "all",
        next,
    }
}

async fn transactions(client: &Client) -> Result<Ability, ChainError> {
    // No bytes are no transaction: an endpoint that takes some says so.
    let answer = ask(client, "eth_sendRawTransaction", json!(["0x"])).await?;
    let (state, found, next) = match answer {
        Answer::Given(_) | Answer::Refused(_) => (State::Yes, "it takes signed ones".into(), None),
        Answer::NoMethod | Answer::Failed(_) => (
            State::No,
            "it takes none".into(),
            Some("name another endpoint as send_url"),
        ),
    };
    Ok(Ability {
        name: "transactions",
        state,
        found,
        commands: "all that send",
        next,
    })
}

async fn state(client: &Client, newest: u64) -> Result<Ability, ChainError> {
    let (mut found, mut state) = ("that of the newest block alone".to_owned(), State::No);
    for depth in DEPTHS {
        let block = newest.saturating_sub(depth);
        let params = json!([Address::ZERO, format!("{block:#x}")]);
        match ask(client, "eth_getBalance", params).await? {
            Answer::Given(_) if block == 0 => {
                (found, state) = ("that of every block".into(), State::Yes);
                break;
            }
            Answer::Given(_) => {
                (found, state) = (format!("at least {depth} blocks back"), State::Limited);
            }
            _ => break,
        }
    }
    Ok(Ability {
        name: "old state",
        state,
        found,
        commands: "trace, coverage and replay of old transactions; first contact with a registry that nobody remembers",
        next: (state != State::Yes).then_some("give --rpc-url of an archive node for these"),
    })
}

async fn events(client: &Client, newest: u64) -> Result<Ability, ChainError> {
    let (mut most, mut reason) = (None, String::new());
    for blocks in RANGES {
        let from = newest.saturating_sub(blocks - 1);
        let filter = json!([{
            "address": NOBODY,
            "fromBlock": format!("{from:#x}"),
            "toBlock": format!("{newest:#x}"),
        }]);
        match ask(client, "eth_getLogs", filter).await? {
            Answer::Given(_) => {
                most = Some(blocks);
                break;
            }
            other => reason = refused(other),
        }
    }
    let is_whole = most.is_some_and(|most| most > newest || Some(&most) == RANGES.first());
    let (state, found) = match most {
        Some(_) if is_whole => (State::Yes, "of any range that was asked for".into()),
        Some(most) => {
            let requests = DAY.div_ceil(most);
            let found = format!(
                "of {most} blocks a request: {requests} requests for a day of Arbitrum One"
            );
            (State::Limited, found)
        }
        None => (State::No, reason),
    };
    let next = "name another endpoint as logs_url; `pending` needs few of them";
    Ok(Ability {
        name: "events",
        state,
        found,
        commands: "status, history, plan, approve, first contact with a registry",
        next: (state != State::Yes).then_some(next),
    })
}

/// An ability that one question shows.
async fn by_one(
    client: &Client,
    (name, commands): (&'static str, &'static str),
    (method, params): (&'static str, Value),
    is_right: impl Fn(&Value) -> bool,
    next: &'static str,
) -> Result<Ability, ChainError> {
    let (state, found) = match ask(client, method, params).await? {
        Answer::Given(value) if is_right(&value) => (State::Yes, format!("{method} answers")),
        other => (State::No, format!("{method}: {}", refused(other))),
    };
    Ok(Ability {
        name,
        state,
        found,
        commands,
        next: (state != State::Yes).then_some(next),
    })
}

async fn proofs(client: &Client) -> Result<Ability, ChainError> {
    let params = json!([NOBODY, [B256::ZERO], "latest"]);
    by_one(
        client,
        ("proofs", "census, and --confirm-url of another endpoint"),
        ("eth_getProof", params),
        |value| value.get("accountProof").is_some(),
        "give --rpc-url of a node that proves for these",
    )
    .await
}

async fn overrides(client: &Client) -> Result<Ability, ChainError> {
    let code = hex::encode_prefixed(ANSWERS_42);
    let params = json!([{ "to": NOBODY }, "latest", { NOBODY.to_string(): { "code": code } }]);
    let answer = json!(B256::from(U256::from(42)));
    by_one(
        client,
        ("overrides", "upgrade and migrate: the check of the pause"),
        ("eth_call", params),
        |value| *value == answer,
        "give --rpc-url of another endpoint for it: without them that check is left out",
    )
    .await
}

async fn tracers(client: &Client) -> Result<Ability, ChainError> {
    let params = json!([{ "to": NOBODY }, "latest", { "tracer": "callTracer" }]);
    by_one(
        client,
        (
            "traces",
            "trace, coverage, and the cause of a failed transaction",
        ),
        ("debug_traceCall", params),
        Value::is_object,
        "give --rpc-url of a node with the debug namespace for these",
    )
    .await
}

async fn slots(client: &Client) -> Result<Ability, ChainError> {
    let (name, commands) = ("lists of slots", "census, without keys that you name");
    let next = "give --rpc-url of a node with the debug namespace for it";
    let block = ask(client, "eth_getBlockByNumber", json!(["latest", false])).await?;
    let hash = match &block {
        Answer::Given(block) => block["hash"].clone(),
        _ => Value::Null,
    };
    let params = json!([hash, 0, NOBODY, "0x", 1]);
    by_one(
        client,
        (name, commands),
        ("debug_storageRangeAt", params),
        |value| value.get("storage").is_some(),
        next,
    )
    .await
}

/// Finds out whether the chain has the CREATE2 deployer, or takes it.
async fn deployer(client: &Client) -> Result<Ability, ChainError> {
    let (state, found, next) = match has_create2_deployer(client).await {
        Ok(true) => (State::Yes, "the CREATE2 deployer is there".into(), None),
        Ok(false) => (
            State::Yes,
            "the first deployment puts the CREATE2 deployer there".into(),
            None,
        ),
        Err(error @ ChainError::Unreachable { .. }) => return Err(error),
        Err(error) => (
            State::No,
            error.to_string(),
            Some(
                "as the owner of a chain of your own, set the L1 price to 0 for a moment (ArbOwner.setL1PricePerUnit), \
                 and deploy the registry",
            ),
        ),
    };
    Ok(Ability {
        name: "deployments",
        state,
        found,
        commands: "deploy, registry deploy, register",
        next,
    })
}

impl CommandReport for Examined {
    fn lines(&self, _: &Names) -> Vec<String> {
        let mut lines = vec![format!("endpoint  {}", self.endpoint)];
        for one in &self.abilities {
            let mark = match one.state {
                State::Yes => '✓',
                State::Limited => '!',
                State::No => '✗',
            };
            lines.push(format!("  {mark} {}: {}", one.name, one.found));
            if one.state != State::Yes {
                lines.push(format!("      needed by: {}", one.commands));
            }
            lines.extend(one.next.map(|next| format!("      {next}")));
        }
        lines
    }
}
