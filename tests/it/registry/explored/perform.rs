//! What the model does, sent to the real registry, and what both say compared.

use crate::prelude::*;
use alloy::signers::SignerSync;
use stylus_upgrades::governance::signed::Approval;
use stylus_upgrades_interface::adopted::IOwnable;
use stylus_upgrades_interface::complex::IComplexStep::finishStepCall;
use stylus_upgrades_interface::registry::Signature;
use stylus_upgrades_test_model::{
    APPROVERS, Answer, Content, Control, Deed, Refusal, STRANGER, SignedApproval, State, TICK,
    Transition, Way,
};

use super::on_chain::{DAY, NAME, OTHER, OnChain, key};
use crate::registry::adopted::fixture::{OWNER, admin_of};
use crate::registry::fixture::{Done, Reverted, account, framework};
use crate::registry::lambdas::say;

pub(super) const GAS: u64 = 32_000_000;

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

    /// What is sent to the registry, and by whom.
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
            Transition::UpgradeInstance(who, proxy) => {
                let upgrade =
                    calls::upgrade_instance(self.proxies[usize::from(proxy)], "2.0", Bytes::new());
                (who, data(&upgrade))
            }
            Transition::Submit {
                content,
                epoch,
                round,
                signers,
            } => (STRANGER, self.submission(content, (epoch, round), signers)),
            _ => return None,
        })
    }

    /// Has the contract do it, by itself or in the middle of a proxy's call; what the registry returned.
    fn perform_by(&mut self, state: &State, way: Way, deed: Deed) -> Result<Done<Bytes>, Reverted> {
        let (_, input) = self.decided(NAME, state, deed.into()).expect("a deed");
        let call = |target, input| hostile::send(target, input);
        let inner = |returned: &Bytes| {
            IHostile::callCall::abi_decode_returns(returned).expect("what was answered")
        };
        let to_wallet = call(self.fixture.registry, input);
        let (to, input, layers) = match way {
            Way::Within(proxy) => {
                let actions = vec![call(self.wallet, to_wallet)];
                let proxy = self.proxies[usize::from(proxy)];
                (proxy, data(&act(actions)), 3)
            }
            Way::Direct | Way::Contract => (self.wallet, to_wallet, 1),
        };
        let stranger = key(STRANGER).address();
        let mut done = self.fixture.raw(stranger, to, input, U256::ZERO, GAS)?;
        for _ in 0..layers {
            done.returned = inner(&done.returned);
        }
        Ok(done)
    }

    /// Does it; what was returned, or the revert data.
    fn perform(&mut self, state: &State, transition: Transition) -> Result<Done<Bytes>, Reverted> {
        if let Transition::By(way, deed) = transition {
            return self.perform_by(state, way, deed);
        }
        let registry = self.fixture.registry;
        let stranger = key(STRANGER).address();
        let decided = match (transition, &state.other) {
            (Transition::Elsewhere(deed), Some(other)) => self.decided(OTHER, other, deed.into()),
            _ => self.decided(NAME, state, transition),
        };
        if let Some((who, input)) = decided {
            let from = key(who).address();
            return self.fixture.raw(from, registry, input, U256::ZERO, GAS);
        }
        let (from, to, input) = match transition {
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
                let storage = framework().storage.address;
                let finish = hostile::delegate(storage, &finishStepCall { back });
                let proxy = self.proxies[usize::from(proxy)];
                (stranger, proxy, data(&act([finish])))
            }
            Transition::Give(proxy, to) => {
                let of = match to {
                    Control::Registry => NAME,
                    _ => "another",
                };
                let new = admin_of(&self.fixture, of);
                let proxy = self.proxies[usize::from(proxy)];
                let give = IOwnable::transferOwnershipCall { newOwner: new };
                (account(OWNER), proxy.create(1), data(&give))
            }
            // the others are sent above, or need no transaction
            _ => {
                self.outside(state, transition);
                return Ok(Done {
                    returned: Bytes::new(),
                    logs: vec![],
                    gas: 0,
                });
            }
        };
        self.fixture.raw(from, to, input, U256::ZERO, GAS)
    }

    /// What happens without a transaction of these people.
    fn outside(&mut self, state: &State, transition: Transition) {
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
            (Ok(answered), Ok(done)) => {
                let deed = match transition {
                    Transition::Elsewhere(deed) | Transition::By(_, deed) => deed.into(),
                    transition => transition,
                };
                if matches!(deed, Transition::Call(..) | Transition::Submit { .. }) {
                    // `createProxy` returns an address after it
                    let words = done.returned.get(..128).unwrap_or_default();
                    let progress = Progress::abi_decode(words).expect("a progress");
                    let executed = answered.executed;
                    assert_eq!(progress.executed, executed, "{transition:?} in {state:#?}");
                }
                let skipped = done.skipped();
                let skipped: BTreeSet<_> = skipped.into_iter().map(|event| event.proxy).collect();
                let all = (0..).zip(self.proxies);
                let named = all.filter(|(n, _)| answered.skipped & (1 << n) != 0);
                let named: BTreeSet<_> = named.map(|(_, proxy)| proxy).collect();
                assert_eq!(skipped, named, "{transition:?} in {state:#?}");
            }
            (Err(Refusal::NotObeyed), Err(_)) => {}
            (Err(refusal), Err(Reverted(reverted))) => {
                let expected = format!("{refusal:?}");
                let found = name_of(reverted);
                assert_eq!(found, Some(&*expected), "{transition:?} in {state:#?}");
            }
            _ => panic!("{expected:?}, but {found:?}: {transition:?} in {state:#?}"),
        }
    }
}

/// The name of the error that revert data are.
fn name_of(reverted: &[u8]) -> Option<&'static str> {
    let selector = *reverted.first_chunk()?;
    let of_registry = IRegistry::IRegistryErrors::name_by_selector(selector);
    of_registry.or_else(|| Proxy::IUpgradeabilityProxyErrors::name_by_selector(selector))
}
