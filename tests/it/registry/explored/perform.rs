//! What the model does, sent to the real registry, and what both say compared.

use alloy::primitives::{Bytes, U256};
use alloy::signers::SignerSync;
use alloy::sol_types::{SolError, SolValue};
use stylus_upgrades::governance::signed::Approval;
use stylus_upgrades_interface::adopted::IOwnable;
use stylus_upgrades_interface::complex::IComplexStep::finishStepCall;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::registry::{IRegistry, Progress, Signature};
use stylus_upgrades_model::{
    APPROVERS, Answer, Content, Control, Deed, Refusal, STRANGER, SignedApproval, State, TICK,
    Transition,
};
use stylus_upgrades_tests::abi::IHostile;

use super::on_chain::{DAY, NAME, OTHER, OnChain, key, say};
use crate::registry::adopted::fixture::{OWNER, admin_of};
use crate::registry::fixture::{account, framework};
use crate::review::fixture::data;

const GAS: u64 = 32_000_000;

impl OnChain {
    /// What an approver would sign for the action of that round.
    pub(super) fn approval(
        &self,
        of: &str,
        state: &State,
        content: Content,
        round: u8,
    ) -> Approval {
        Approval {
            chain_id: self.fixture.chain.chain_id(),
            registry: self.fixture.registry,
            call: self.calldata(of, content),
            epoch: self.scope.epoch(state, content).into(),
            round: round.into(),
            deadline: u64::MAX,
        }
    }

    /// What is sent for a governed call, or to take one's approval back, or to end the action.
    fn decided(&self, of: &str, state: &State, transition: Transition) -> Option<(u8, Bytes)> {
        let action = |content| {
            let round = state.round(content);
            self.approval(of, state, content, round).action().0
        };
        Some(match transition {
            Transition::Call(who, content) => (who, self.calldata(of, content)),
            Transition::Revoke(who, content) => {
                let action = action(content);
                (who, data(&IRegistry::revokeCall { action }))
            }
            Transition::Cancel(who, content) => {
                let action = action(content);
                (who, data(&IRegistry::cancelCall { action }))
            }
            Transition::Rollout => {
                let name = of.to_owned();
                (STRANGER, data(&IRegistry::rolloutCall { name, max: 9 }))
            }
            _ => return None,
        })
    }

    /// Does it; what was returned, or the revert data.
    fn perform(&mut self, state: &State, transition: Transition) -> Result<Bytes, Bytes> {
        let registry = self.fixture.registry;
        let stranger = key(STRANGER).address();
        let decided = match (transition, &state.other) {
            (Transition::Elsewhere(deed), Some(other)) => self.decided(OTHER, other, deed.into()),
            _ => self.decided(NAME, state, transition),
        };
        if let Some((who, input)) = decided {
            let from = key(who).address();
            let done = self.fixture.raw(from, registry, input, U256::ZERO, GAS);
            return done.map(|done| done.returned).map_err(|error| error.0);
        }
        let (from, to, input) = match transition {
            Transition::Submit {
                content,
                epoch,
                round,
                signers,
            } => (
                stranger,
                registry,
                self.submission(content, (epoch, round), signers),
            ),
            Transition::Upgrade(who, proxy) => {
                let version = "2.0".into();
                let proxy = self.proxies[usize::from(proxy)];
                (
                    key(who).address(),
                    proxy,
                    data(&Proxy::upgradeToCall { version }),
                )
            }
            Transition::Finish(proxy, back) => {
                let finish = IHostile::delegateCall {
                    target: framework().storage.address,
                    data: data(&finishStepCall { back }),
                };
                let actions = vec![data(&finish)];
                let proxy = self.proxies[usize::from(proxy)];
                (stranger, proxy, data(&IHostile::actCall { actions }))
            }
            Transition::Give(proxy, to) => {
                let of = match to {
                    Control::Ours => NAME,
                    _ => "another",
                };
                let new = admin_of(&self.fixture, of);
                let proxy = self.proxies[usize::from(proxy)];
                let give = IOwnable::transferOwnershipCall { newOwner: new };
                (account(OWNER), proxy.create(1), data(&give))
            }
            // the others are sent above, or need no transaction
            _ => return Ok(self.outside(state, transition)),
        };
        let done = self.fixture.raw(from, to, input, U256::ZERO, GAS);
        done.map(|done| done.returned).map_err(|error| error.0)
    }

    /// What happens without a transaction of these people.
    fn outside(&mut self, state: &State, transition: Transition) -> Bytes {
        match transition {
            Transition::Sign(signer, content) => {
                let outcome = self.scope.act(state, transition).expect("anybody signs");
                let mut new = outcome.state.signatures.difference(&state.signatures);
                if let Some(signed) = new.next() {
                    let approval = self.approval(NAME, state, content, signed.round);
                    let digest = approval.digests().expect("typed").eip712;
                    let signature = key(signer).sign_hash_sync(&digest).expect("signed");
                    self.signed.insert(*signed, signature.as_bytes().into());
                }
            }
            Transition::Say(yes) => say(&mut self.fixture, self.lambda, yes),
            Transition::Tick => self.fixture.wait(u64::from(TICK) * DAY),
            _ => unreachable!("{transition:?} is a transaction"),
        }
        Bytes::new()
    }

    fn submission(&self, content: Content, (epoch, round): (u8, u8), signers: u8) -> Bytes {
        let of = (0..APPROVERS).filter(|who| signers & (1 << who) != 0);
        let approvals = of.map(|signer| {
            let approval = SignedApproval {
                content,
                epoch,
                round,
                signer,
            };
            Signature {
                signer: key(signer).address(),
                data: self.signed[&approval].clone(),
            }
        });
        data(&IRegistry::submitSignedCall {
            action: self.calldata(NAME, content),
            deadline: u64::MAX,
            approvals: approvals.collect(),
        })
    }

    /// Does it, and compares what came of it with the model.
    pub(super) fn compare(&mut self, state: &State, transition: Transition, expected: Answer) {
        let found = self.perform(state, transition);
        match (expected, &found) {
            (Ok(executed), Ok(returned)) => {
                let is_governed = matches!(
                    transition,
                    Transition::Call(..)
                        | Transition::Submit { .. }
                        | Transition::Elsewhere(Deed::Call(..))
                );
                if is_governed {
                    // `createProxy` returns an address behind it
                    let words = returned.get(..128).unwrap_or_default();
                    let progress = Progress::abi_decode(words).expect("a progress");
                    assert_eq!(progress.executed, executed, "{transition:?} in {state:#?}");
                }
            }
            (Err(Refusal::NotObeyed), Err(_)) => {}
            (Err(refusal), Err(reverted)) => {
                let selector = reverted.get(..4).unwrap_or_default();
                assert_eq!(
                    selector,
                    error_of(refusal),
                    "{refusal:?}: {transition:?} in {state:#?}"
                );
            }
            _ => panic!("{expected:?}, but {found:?}: {transition:?} in {state:#?}"),
        }
    }
}

/// The selector of an error.
fn error_of(refusal: Refusal) -> [u8; 4] {
    match refusal {
        Refusal::NotAnApprover => IRegistry::NotAnApprover::SELECTOR,
        Refusal::AlreadyApproved => IRegistry::AlreadyApproved::SELECTOR,
        Refusal::NotApproved => IRegistry::NotApproved::SELECTOR,
        Refusal::ActionNotFound => IRegistry::ActionNotFound::SELECTOR,
        Refusal::ActionExpired => IRegistry::ActionExpired::SELECTOR,
        Refusal::InvalidSignature => IRegistry::InvalidSignature::SELECTOR,
        Refusal::InvalidPolicy => IRegistry::InvalidPolicy::SELECTOR,
        Refusal::DefinitionPaused => IRegistry::DefinitionPaused::SELECTOR,
        Refusal::DefinitionNotPaused => IRegistry::DefinitionNotPaused::SELECTOR,
        Refusal::NotMigrating => IRegistry::NotMigrating::SELECTOR,
        Refusal::NotAnInstance => IRegistry::NotAnInstance::SELECTOR,
        Refusal::ProxyExists => IRegistry::ProxyExists::SELECTOR,
        Refusal::UpgradeInProgress => Proxy::UpgradeInProgress::SELECTOR,
        Refusal::UpgradeNotAuthorized => Proxy::UpgradeNotAuthorized::SELECTOR,
        Refusal::VersionNotFound => Proxy::VersionNotFound::SELECTOR,
        Refusal::AlreadyAtVersion => Proxy::AlreadyAtVersion::SELECTOR,
        Refusal::NotObeyed => unreachable!("any revert will do"),
    }
}
