//! What the model does, sent to the real registry, and what both say compared.

use crate::prelude::*;
use alloy::signers::SignerSync;
use stylus_upgrades::governance::signed::Approval;
use stylus_upgrades_interface::complex::IComplexStep::finishStepCall;
use stylus_upgrades_interface::registry::Signature;
use stylus_upgrades_test_model::{
    APPROVERS, Answer, Content, Deed, Holder, Refusal, STRANGER, Side, SignedApproval, State, TICK,
    Transition, Way,
};

use super::on_chain::{DAY, NAME, OnChain, give, key, label};
use crate::registry::adopted::fixture::admin_of;
use crate::registry::fixture::{Done, Reverted, framework};
use crate::registry::lambdas::say;

pub(super) const GAS: u64 = 32_000_000;

/// A call that is sent to a registry.
struct Sent {
    registry: Address,
    /// By whom.
    who: u8,
    input: Bytes,
}

impl OnChain {
    /// What that approver would sign for the action of that round.
    fn approval(
        &self,
        of: Side,
        state: &State,
        content: Content,
        (round, who): (u8, u8),
    ) -> Approval {
        Approval {
            chain_id: self.fixture.chain.chain_id(),
            registry: self.place(of).registry,
            call: self.calldata(of, content),
            epoch: self.scope.epoch(state, content).into(),
            round: (round + self.earlier(of, content)).into(),
            deadline: u64::MAX,
            approver: key(who).address(),
        }
    }

    /// The action that approvals of a content are for.
    pub(super) fn action(&self, of: Side, state: &State, content: Content) -> B256 {
        let round = state.round(content);
        self.approval(of, state, content, (round, 0)).action().0
    }

    /// What is sent to a registry.
    fn decided(&self, of: Side, state: &State, transition: Transition) -> Option<Sent> {
        let (who, input) = match transition {
            Transition::Call(who, content) => (who, self.calldata(of, content)),
            Transition::Revoke(who, content) => {
                let action = self.action(of, state, content);
                (who, data(&IRegistry::revokeCall { action }))
            }
            Transition::Cancel(who, content) => {
                let action = self.action(of, state, content);
                (who, data(&IRegistry::cancelCall { action }))
            }
            Transition::Rollout(proxies) => {
                let rollout = IRegistry::rolloutCall {
                    name: self.place(of).name.into(),
                    proxies: self.named(proxies),
                };
                (STRANGER, data(&rollout))
            }
            Transition::UpgradeInstance(who, proxy) => {
                let proxy = self.proxies[usize::from(proxy)];
                let upgrade = calls::upgrade_instance(proxy, label(2), Bytes::new());
                (who, data(&upgrade))
            }
            Transition::Submit {
                content,
                epoch,
                round,
                signers,
                borrowed,
            } => {
                let of = |signer| SignedApproval {
                    content,
                    epoch,
                    round,
                    signer,
                };
                (STRANGER, self.submission(of, signers, borrowed))
            }
            _ => return None,
        };
        let registry = self.place(of).registry;
        Some(Sent {
            registry,
            who,
            input,
        })
    }

    /// Has the contract do it, by itself or in the middle of a proxy's call; what the registry returned.
    fn perform_by(&mut self, state: &State, way: Way, deed: Deed) -> Result<Done<Bytes>, Reverted> {
        let sent = self.decided(Side::First, state, deed.into());
        let sent = sent.expect("a deed");
        let call = |target, input| hostile::send(target, input);
        let inner = |returned: &Bytes| {
            IHostile::callCall::abi_decode_returns(returned).expect("what was answered")
        };
        let to_wallet = call(sent.registry, sent.input);
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
        let sent = match (transition, state.flipped()) {
            (Transition::Elsewhere(deed), Some(other)) => {
                self.decided(Side::Second, &other, deed.into())
            }
            _ => self.decided(Side::First, state, transition),
        };
        if let Some(sent) = sent {
            let from = key(sent.who).address();
            return self
                .fixture
                .raw(from, sent.registry, sent.input, U256::ZERO, GAS);
        }
        match transition {
            Transition::Upgrade(who, proxy) => {
                let upgrade = Proxy::upgradeToCall { version: label(2) };
                self.send_to_proxy(who, proxy, data(&upgrade))
            }
            Transition::Finish(proxy, back) => {
                let storage = framework().storage.address;
                let finish = hostile::delegate(storage, &finishStepCall { back });
                self.send_to_proxy(STRANGER, proxy, data(&act([finish])))
            }
            Transition::Give(proxy, to) => {
                let of = match to {
                    Holder::Definition(_) => NAME,
                    Holder::Owner | Holder::Another => "another",
                };
                let admin = admin_of(&self.fixture, of);
                let proxy = self.proxies[usize::from(proxy)];
                match give(&mut self.fixture, proxy, admin) {
                    true => Ok(nothing()),
                    false => Err(Reverted(Bytes::new())),
                }
            }
            // the others are sent above, or need no transaction
            _ => {
                self.outside(state, transition);
                Ok(nothing())
            }
        }
    }

    fn send_to_proxy(&mut self, who: u8, proxy: u8, input: Bytes) -> Result<Done<Bytes>, Reverted> {
        let (from, to) = (key(who).address(), self.proxies[usize::from(proxy)]);
        self.fixture.raw(from, to, input, U256::ZERO, GAS)
    }

    /// What happens without a transaction of these people.
    fn outside(&mut self, state: &State, transition: Transition) {
        match transition {
            Transition::Sign(signer, content) => {
                let outcome = self.scope.act(state, transition).expect("anybody signs");
                let mut new = outcome.state.signatures.difference(&state.signatures);
                if let Some(signed) = new.next() {
                    let of = (signed.round, signer);
                    let approval = self.approval(Side::First, state, content, of);
                    let digest = approval.digests().expect("typed").eip712;
                    let signature = key(signer).sign_hash_sync(&digest).expect("signed");
                    self.signed.insert(*signed, signature.as_bytes().into());
                }
            }
            Transition::Say(yes) => say(&mut self.fixture, self.lambda, yes),
            Transition::Obstruct(yes) => say(&mut self.fixture, self.check, yes),
            Transition::Tick => self.fixture.wait(u64::from(TICK) * DAY),
            _ => unreachable!("{transition:?} is a transaction"),
        }
    }

    /// What these approvers signed, one call; the last one's borrowed from the first.
    fn submission(&self, of: impl Fn(u8) -> SignedApproval, signers: u8, borrowed: bool) -> Bytes {
        let all = (0..APPROVERS).filter(|who| signers & (1 << who) != 0);
        let approvals = all.map(|signer| {
            let by = match borrowed && signer == APPROVERS - 1 {
                true => 0,
                false => signer,
            };
            Signature {
                signer: key(signer).address(),
                data: self.signed[&of(by)].clone(),
            }
        });
        data(&IRegistry::submitSignedCall {
            action: self.calldata(Side::First, of(0).content),
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
                if let Transition::Rollout(_) = deed {
                    let moved = IRegistry::rolloutCall::abi_decode_returns(&done.returned);
                    let known = u16::try_from(answered.moved.count_ones()).expect("two at most");
                    assert_eq!(moved, Ok(known), "{transition:?} in {state:#?}");
                }
                let skipped = done.skipped();
                let skipped: BTreeSet<_> = skipped.into_iter().map(|event| event.proxy).collect();
                let named: BTreeSet<_> = self.named(answered.skipped).into_iter().collect();
                assert_eq!(skipped, named, "{transition:?} in {state:#?}");
            }
            (Err(Refusal::NotObeyed | Refusal::Obstructed), Err(_)) => {}
            (Err(refusal), Err(Reverted(reverted))) => {
                let expected = format!("{refusal:?}");
                let found = name_of(reverted);
                assert_eq!(found, Some(&*expected), "{transition:?} in {state:#?}");
            }
            _ => panic!("{expected:?}, but {found:?}: {transition:?} in {state:#?}"),
        }
    }
}

/// What comes of something that is no call of a registry or a proxy.
fn nothing() -> Done<Bytes> {
    Done {
        returned: Bytes::new(),
        logs: vec![],
        gas: 0,
    }
}

/// The name of the error that revert data are.
fn name_of(reverted: &[u8]) -> Option<&'static str> {
    let selector = *reverted.first_chunk()?;
    let of_registry = IRegistry::IRegistryErrors::name_by_selector(selector);
    of_registry.or_else(|| Proxy::IUpgradeabilityProxyErrors::name_by_selector(selector))
}
