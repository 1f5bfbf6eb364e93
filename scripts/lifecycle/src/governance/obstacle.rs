//! Obstacles to the execution of an action beside its approvals, delays and lambdas. The registry's `readiness` knows
//! nothing of the call; it follows from the call, which the event of the proposal has.

use super::calls::Call;
use super::facts::seconds_left;
use crate::client::ChainError;
use crate::error::Refusal;
use crate::ids::CodeHash;
use crate::model::{DefinitionState, InstanceState, RecordedCode};
use crate::program_code::is_program;
use crate::registry::Registry;
use crate::text::shell_word;
use alloy::primitives::Address;
use futures::try_join;
use serde::Serialize;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// An obstacle to the execution of an action, for now or for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Obstacle {
    /// The error that the registry would revert with, or `Superseded`.
    pub name: &'static str,
    /// The sentence that describes it.
    pub says: String,
    /// True if the action can never be executed any more.
    pub ends: bool,
    /// The required state.
    #[serde(skip)]
    expected: String,
    /// The present state.
    #[serde(skip)]
    found: String,
    /// The remedy.
    #[serde(skip)]
    pub next: String,
}

impl Obstacle {
    /// Creates an obstacle with this name and sentence.
    fn new(name: &'static str, says: String, expected: impl Into<String>, found: String) -> Self {
        Self {
            name,
            says,
            ends: false,
            expected: expected.into(),
            found,
            next: String::new(),
        }
    }

    fn advising(self, next: impl Into<String>) -> Self {
        Self {
            next: next.into(),
            ..self
        }
    }

    fn for_ever(self) -> Self {
        Self { ends: true, ..self }
    }

    /// The refusal of an approval of it.
    pub fn refusal(&self) -> Refusal {
        let next = format!("nothing was sent; {}", self.next);
        Refusal::new(self.name, self.says.clone()).with(&self.expected, &self.found, next)
    }
}

/// Finds the obstacle to the execution of a call, whatever its approvals.
///
/// # Errors
/// What the chain says.
pub async fn obstacle(registry: Registry<'_>, call: &Call) -> Result<Option<Obstacle>, ChainError> {
    let (superseded, stale, stays, paused, code) = try_join!(
        superseded(registry, call),
        stale(registry, call),
        async {
            match call {
                Call::TransferProxy(transfer) => transfer_obstacle(registry, transfer).await,
                _ => Ok(None),
            }
        },
        paused(registry, call),
        code(registry, call),
    )?;
    let first = superseded.or(stale).or(stays).or(paused).or(code);
    Ok(first.or_else(|| direct(call)))
}

/// Finds that the call's creation exists already, and differs from the call.
async fn superseded(registry: Registry<'_>, call: &Call) -> Result<Option<Obstacle>, ChainError> {
    if let Call::CreateDefinition(define) = call {
        let known = registry.known_head(&define.name).await?;
        return Ok(known.map(|_| {
            let says = format!("{} is defined already", define.name);
            let expected = "a name that is not defined";
            Obstacle::new("Superseded", says, expected, "a definition".into())
                .advising("to define another one, use a new name")
                .for_ever()
        }));
    }
    let Some((version, Some(code), _)) = call.version() else {
        return Ok(None);
    };
    let known = registry.known_version(call.definition(), version).await?;
    let Some(registered) = known.map(|known| known.code) else {
        return Ok(None);
    };
    let code = RecordedCode::from(code);
    if registered == code {
        return Ok(None);
    }
    let other = if registered.codehash == code.codehash {
        "with the same code, and another account, layout or sources"
    } else {
        "with other code"
    };
    let registered = format!("{version} is registered {other}");
    let says = format!("{} {registered} already", call.definition());
    let expected = "a version that is not registered, or is registered exactly as in the action";
    let superseded = Obstacle::new("Superseded", says, expected, registered);
    let next = "to propose this code again, use a new version label";
    Ok(Some(superseded.advising(next).for_ever()))
}

/// Finds that the instance has changed since the call was proposed.
async fn stale(registry: Registry<'_>, call: &Call) -> Result<Option<Obstacle>, ChainError> {
    let (at, proxy, nonce) = match call {
        Call::SetHandler(call) => (registry.address, call.proxy, call.nonce),
        Call::AbortMigration(call) => (registry.address, call.proxy, call.nonce),
        Call::TransferProxy(call) => (registry.address, call.proxy, call.nonce),
        Call::RemoveInstance(call) => (registry.address, call.proxy, call.nonce),
        Call::AcceptTransfer(call) if !call.registry.is_zero() => {
            (call.registry, call.proxy, call.nonce)
        }
        _ => return Ok(None),
    };
    let found = match registry.client.registry(at).details(proxy).await {
        Ok(details) => details.nonce,
        // another registry may have no such view: it is compared where the transfer is judged
        Err(error) if at != registry.address && error.is_no_answer() => return Ok(None),
        Err(error) => return Err(error),
    };
    if found == nonce {
        return Ok(None);
    }
    let says = format!("{proxy} has changed since it was approved");
    let (expected, found) = (format!("its nonce {nonce}"), found.to_string());
    let next = "look at the instance with `stylus-upgrades status`; if it is still wanted, run the command again: it \
                proposes a new action";
    Ok(Some(
        Obstacle::new("StaleInstance", says, expected, found)
            .advising(next)
            .for_ever(),
    ))
}

/// Finds the reason why an instance cannot leave as it is: it is in a complex migration, or adopted and not live. Whoever
/// received an adopted proxy on the pause stub could not take it from there, and what it holds would be locked.
///
/// # Errors
/// What the chain says.
pub async fn transfer_obstacle(
    registry: Registry<'_>,
    transfer: &abi::transferProxyCall,
) -> Result<Option<Obstacle>, ChainError> {
    let proxy = transfer.proxy;
    let Some(instance) = registry.known_instance(proxy).await? else {
        return Ok(None); // the registry says so
    };
    let refused = |says, expected, next| {
        let obstacle = Obstacle::new(
            "UpgradeInProgress",
            says,
            expected,
            instance.state.to_string(),
        );
        Some(obstacle.advising(next))
    };
    if instance.state.is_migrating() {
        return Ok(refused(
            format!("{proxy} is in a complex migration: end it before the transfer"),
            "an instance that no complex migration is changing",
            format!(
                "first end it: stylus-upgrades run-migration {proxy}, or with --abort to go back"
            ),
        ));
    }
    if !instance.kind.is_adopted() || instance.state == InstanceState::Live {
        return Ok(None);
    }
    let name = shell_word(&instance.definition);
    let next = match registry.head(&instance.definition).await?.state {
        DefinitionState::Paused => format!("first resume it: stylus-upgrades resume {name}"),
        _ => format!("first take it from the pause stub: stylus-upgrades upgrade {name}"),
    };
    Ok(refused(
        format!(
            "{proxy} is adopted and runs the pause stub, from which its next owner could not take it"
        ),
        "a live instance",
        next,
    ))
}

/// Finds that the definition is paused, or not, or has another current version than a resumption names.
async fn paused(registry: Registry<'_>, call: &Call) -> Result<Option<Obstacle>, ChainError> {
    if !matches!(
        call,
        Call::CreateProxy(_) | Call::Pause(_) | Call::Resume(_)
    ) {
        return Ok(None);
    }
    let name = call.definition();
    let head = registry.head(name).await?;
    let is_paused = head.state == DefinitionState::Paused;
    Ok(match call {
        Call::Resume(_) if !is_paused => {
            let says = format!("{name} is not paused");
            let obstacle = Obstacle::new(
                "DefinitionNotPaused",
                says,
                "a pause",
                head.state.to_string(),
            );
            Some(obstacle.advising("nothing is to be resumed"))
        }
        Call::Resume(resume) if resume.version != head.current => {
            let says = format!(
                "{} is current, and it resumes {}",
                head.current, resume.version
            );
            let obstacle = Obstacle::new("VersionNotCurrent", says, &resume.version, head.current);
            Some(obstacle.advising("stylus-upgrades resume proposes it at what is current"))
        }
        Call::AcceptTransfer(call) if !call.registry.is_zero() && call.version != head.current => {
            let says = format!(
                "{} is current, and it accepts {}",
                head.current, call.version
            );
            let obstacle = Obstacle::new(
                "VersionNotCurrent",
                says,
                head.current,
                call.version.clone(),
            );
            Some(
                obstacle.advising("accept it at what is current, or roll it out where it is first"),
            )
        }
        Call::CreateProxy(_) | Call::Pause(_) if is_paused => {
            let says = format!("{name} is paused");
            let obstacle = Obstacle::new(
                "DefinitionPaused",
                says,
                "a live definition",
                "a pause".into(),
            );
            Some(obstacle.advising("who may resumes it: `stylus-upgrades resume`"))
        }
        _ => None,
    })
}

/// Finds code that the call names and that is not what was approved, or does not run.
async fn code(registry: Registry<'_>, call: &Call) -> Result<Option<Obstacle>, ChainError> {
    let client = registry.client;
    for (what, account, expected) in call.subjects() {
        let (code, seconds_left) = try_join!(client.code(account), seconds_left(client, account))?;
        let found = CodeHash::of(&code);
        if found != expected {
            let says = format!("the {what} {account} has changed since it was approved");
            let (expected, found) = (expected.to_string(), found.to_string());
            let obstacle = Obstacle::new("CodeChanged", says, expected, found);
            return Ok(Some(
                obstacle.advising("do not approve it; ask who changed it"),
            ));
        }
        if is_program(&code) && seconds_left.is_none() {
            return Ok(Some(not_runnable(what, account)));
        }
    }
    Ok(None)
}

fn not_runnable(what: &str, account: Address) -> Obstacle {
    let says = format!("the {what} {account} does not run");
    let (expected, found) = ("an active program", "one that is not".into());
    let next = "`stylus-upgrades doctor` says which program has to be activated";
    Obstacle::new("ImplementationNotRunnable", says, expected, found).advising(next)
}

/// Finds that only an account without code can execute the call: it orders a proxy of others.
fn direct(call: &Call) -> Option<Obstacle> {
    let orders = match call {
        Call::Adopt(_) => true,
        Call::TransferProxy(call) => call.definition.is_empty(), // an adopted one
        _ => false,
    };
    orders.then(|| {
        let says = "an account without code has to send it directly".into();
        Obstacle::new(
            "DirectCallRequired",
            says,
            "such an account",
            "a contract".into(),
        )
        .advising("anybody executes it with a key whose account has no code")
    })
}
