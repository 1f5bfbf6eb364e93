//! Keepalive and activation: whatever the examination says would help. Anybody may, with any key.
//! What was paid for is not needed any more when the chain is asked again, so that a run which was
//! killed continues where it was.

use crate::client::{ChainError, Client, Sent};
use crate::cost::Gas;
use crate::deploy;
use crate::error::Report;
use crate::expiry::{Cure, Program};
use crate::ids::{CodeHash, TxHash};
use crate::progress::Progress;
use crate::text::utc;
use alloy::primitives::{Address, U256};
use serde::Serialize;
use stylus_upgrades_interface::chain::{ARB_WASM, IArbWasm};

/// The result of the cure of one program.
#[derive(Debug, Clone, Serialize)]
pub struct CureOutcome {
    /// The code.
    pub codehash: CodeHash,
    /// An account that holds it.
    pub account: Address,
    /// The description of the code.
    pub what: String,
    /// The cure that was done.
    pub cure: Cure,
    /// The data fee in wei that was paid.
    pub fee: Option<U256>,
    /// The transaction; `None` where none was needed.
    pub tx: Option<TxHash>,
    /// Gas that it used.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub gas: Option<Gas>,
    /// The reason why nothing came of it.
    pub error: Option<Report>,
}

impl CureOutcome {
    fn new(program: &Program) -> Self {
        Self {
            codehash: program.codehash,
            account: program.address(),
            what: program.title(),
            cure: program.cure,
            fee: None,
            tx: None,
            gas: None,
            error: None,
        }
    }

    /// Notes what was sent.
    fn note(&mut self, sent: Option<Sent>) {
        let Some(sent) = sent else { return };
        let activated = sent.event_of::<IArbWasm::ProgramActivated>(ARB_WASM);
        let prolonged = sent.event_of::<IArbWasm::ProgramLifetimeExtended>(ARB_WASM);
        self.fee = activated
            .map(|event| event.dataFee)
            .or_else(|| prolonged.map(|event| event.dataFee));
        self.tx = Some(sent.tx);
        self.gas = Some(sent.cost.gas);
    }

    /// A line for people.
    pub fn line(&self) -> String {
        let done = match (&self.error, self.cure) {
            (Some(error), _) => format!("✗ {}: {}", self.what, error.message),
            (None, Cure::Later { from }) => {
                format!("· {}: possible from {}", self.what, utc(from))
            }
            (None, _) if self.tx.is_none() => {
                format!("· {}: active meanwhile, nothing was sent", self.what)
            }
            (None, Cure::Keepalive) => format!("✓ {}: kept alive", self.what),
            (None, _) => format!("✓ {}: activated", self.what),
        };
        match (self.fee, self.tx) {
            (Some(fee), Some(tx)) => format!("  {done}, data fee {fee} wei, {tx}"),
            _ => format!("  {done}"),
        }
    }
}

/// The data fee in wei that the cures of all these programs cost now. Each moves the next one's.
///
/// # Errors
/// What the chain says; a program that it does not take costs nothing.
pub async fn estimate_fees(client: &Client, programs: &[&Program]) -> Result<U256, ChainError> {
    let mut sum = U256::ZERO;
    for program in programs {
        let fee = match program.cure {
            Cure::Keepalive => keepalive_fee(client, program.codehash).await,
            Cure::Activate => deploy::data_fee(client, program.address()).await,
            Cure::None | Cure::Later { .. } => continue,
        };
        match fee {
            Ok(fee) => sum = sum.saturating_add(fee),
            Err(error) if is_about_the_program(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(sum)
}

/// Does for every one of these programs what would help. A program that the chain refuses does not keep
/// the others from being cured.
///
/// # Errors
/// What concerns them all: an endpoint that does not answer, an account that cannot pay.
pub async fn fix(
    client: &Client,
    programs: &[&Program],
    bump_percent: u32,
    progress: &dyn Progress,
) -> Result<Vec<CureOutcome>, ChainError> {
    let mut all = Vec::with_capacity(programs.len());
    for program in programs {
        let mut outcome = CureOutcome::new(program);
        if program.cure == Cure::None {
            continue;
        }
        if matches!(program.cure, Cure::Activate | Cure::Keepalive) {
            let what = program.title();
            progress.begin(&format!("renewing {what}"));
            let sent = match program.cure {
                Cure::Keepalive => keepalive(client, program, bump_percent).await.map(Some),
                _ => deploy::activate(client, &what, program.address(), bump_percent).await,
            };
            progress.end(&match &sent {
                Ok(_) => format!("{what} is renewed"),
                Err(_) => format!("{what} was not renewed"),
            });
            match sent {
                Ok(sent) => outcome.note(sent),
                Err(error) if is_about_the_program(&error) => {
                    outcome.error = Some(Report::of(&error));
                }
                Err(error) => return Err(error),
            }
        }
        all.push(outcome);
    }
    Ok(all)
}

/// Returns true if the chain refuses this program, and may well take the others.
fn is_about_the_program(error: &ChainError) -> bool {
    error.was_not_done()
        || error.is_told(deploy::DATA_FEE_TOO_HIGH)
        || error.is_told(deploy::TOO_MANY_FRAGMENTS)
}

/// Prolongs an activation.
async fn keepalive(
    client: &Client,
    program: &Program,
    bump_percent: u32,
) -> Result<Sent, ChainError> {
    let codehash = program.codehash;
    let call = IArbWasm::codehashKeepaliveCall {
        codehash: codehash.into(),
    };
    let fee = keepalive_fee(client, codehash).await?;
    let value = deploy::with_margin_within_limit(client, &program.title(), fee, bump_percent)?;
    let what = format!("keep {} alive", program.title());
    client.send(&what, ARB_WASM, &call, value).await
}

/// The fee in wei that prolonging an activation costs now. The chain says it to a caller that pays nothing.
async fn keepalive_fee(client: &Client, codehash: CodeHash) -> Result<U256, ChainError> {
    let call = IArbWasm::codehashKeepaliveCall {
        codehash: codehash.into(),
    };
    deploy::unpaid_fee(client.call(ARB_WASM, &call).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_stands_only_where_something_was_sent() {
        let mut cured = CureOutcome {
            codehash: CodeHash::ZERO,
            account: Address::ZERO,
            what: "proxy (A)".into(),
            cure: Cure::Keepalive,
            fee: None,
            tx: None,
            gas: None,
            error: None,
        };
        for cure in [
            Cure::Keepalive,
            Cure::Activate,
            Cure::Later { from: 86_400 },
        ] {
            cured.cure = cure;
            assert!(cured.line().starts_with("  · "), "{}", cured.line());
        }
        assert!(cured.line().contains("possible from 1970-01-02"));
        cured.cure = Cure::Keepalive;
        cured.tx = Some(TxHash::ZERO);
        assert!(cured.line().starts_with("  ✓ "), "{}", cured.line());
    }
}
