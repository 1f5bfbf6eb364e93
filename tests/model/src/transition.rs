//! What anybody can do, and what becomes of it.

use std::collections::BTreeSet;

use crate::approvals::Signed;
use crate::instances::give;
use crate::policy::Set;
use crate::scope::{APPROVERS, STRANGER, Scope, WALLET};
use crate::state::{Content, Holder, Side, SignedApproval, State};
use crate::way::Way;

/// Something that somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transition {
    /// Sends a governed call.
    Call(u8, Content),
    /// Signs what he would approve by it now.
    Sign(u8, Content),
    /// Submits what some signed of a content, in that epoch and round.
    Submit {
        /// What they signed.
        content: Content,
        /// Its epoch.
        epoch: u8,
        /// Its round.
        round: u8,
        /// They.
        signers: Set,
        /// Whether what the first approver signed for himself is submitted as the last one's, who is a contract that
        /// takes his signatures (ERC-1271).
        borrowed: bool,
    },
    /// Takes his approval back.
    Revoke(u8, Content),
    /// Ends the open action.
    Cancel(u8, Content),
    /// Asks a proxy to upgrade to 2.0.
    Upgrade(u8, u8),
    /// Has the registry upgrade an instance to 2.0.
    UpgradeInstance(u8, u8),
    /// Has the program of a complex step end it; back or not.
    Finish(u8, bool),
    /// Rolls out these proxies.
    Rollout(Set),
    /// The owner of a proxy gives it away.
    Give(u8, Holder),
    /// The lambda answers so from here on.
    Say(bool),
    /// The check of the step to 2.0 refuses from here on, or does not any more.
    Obstruct(bool),
    /// The same in the other definition.
    Elsewhere(Deed),
    /// A stranger has the contract do it, by itself or in the middle of a proxy's call.
    By(Way, Deed),
    /// Sixteen days pass.
    Tick,
}

/// What is done in the other definition, or by a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Sends a governed call.
    Call(u8, Content),
    /// Takes his approval back.
    Revoke(u8, Content),
    /// Ends the open action.
    Cancel(u8, Content),
    /// Rolls out these proxies.
    Rollout(Set),
    /// Has the registry upgrade an instance to 2.0.
    UpgradeInstance(u8, u8),
    /// Submits what some signed of a content, in that epoch and round.
    Submit(Content, (u8, u8), Set),
}

impl From<Deed> for Transition {
    fn from(deed: Deed) -> Self {
        match deed {
            Deed::Call(who, content) => Self::Call(who, content),
            Deed::Revoke(who, content) => Self::Revoke(who, content),
            Deed::Cancel(who, content) => Self::Cancel(who, content),
            Deed::Rollout(proxies) => Self::Rollout(proxies),
            Deed::UpgradeInstance(who, proxy) => Self::UpgradeInstance(who, proxy),
            Deed::Submit(content, (epoch, round), signers) => Self::Submit {
                content,
                epoch,
                round,
                signers,
                borrowed: false,
            },
        }
    }
}

/// What a call is refused with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// `NotAnApprover`
    NotAnApprover,
    /// `AlreadyApproved`
    AlreadyApproved,
    /// `NotApproved`
    NotApproved,
    /// `ActionNotFound`
    ActionNotFound,
    /// `ActionExpired`
    ActionExpired,
    /// `InvalidSignature`
    InvalidSignature,
    /// `InvalidPolicy`
    InvalidPolicy,
    /// `DefinitionPaused`
    DefinitionPaused,
    /// `DefinitionNotPaused`
    DefinitionNotPaused,
    /// `NotMigrating`
    NotMigrating,
    /// `NotAnInstance`
    NotAnInstance,
    /// `ProxyExists`
    ProxyExists,
    /// `NotSupported`
    NotSupported,
    /// `DirectCallRequired`
    DirectCallRequired,
    /// `StaleInstance`
    StaleInstance,
    /// `TransferNotAccepted`
    TransferNotAccepted,
    /// `CodeChanged`
    CodeChanged,
    /// `VersionExists`
    VersionExists,
    /// `VersionNotCurrent`
    VersionNotCurrent,
    /// `InvalidStep`
    InvalidStep,
    /// `NoPath`
    NoPath,
    /// `UpgradeInProgress`
    UpgradeInProgress,
    /// `UpgradeNotAuthorized`
    UpgradeNotAuthorized,
    /// `VersionNotFound`
    VersionNotFound,
    /// `AlreadyAtVersion`
    AlreadyAtVersion,
    /// Whatever a proxy of others says whose admin is another one.
    NotObeyed,
    /// Whatever the check of a step says.
    Obstructed,
}

/// What a call came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The state after it.
    pub state: State,
    /// The governed call that was executed.
    pub executed: Option<Content>,
    /// The instances that it names because they stay as they were.
    pub skipped: Set,
    /// The instances that `rollout` moved.
    pub moved: Set,
}

/// What an approval came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Done {
    /// The governed call that was executed.
    pub(crate) executed: Option<Content>,
    /// The instances that it names because they stay as they were.
    pub(crate) skipped: Set,
    /// The instances that `rollout` moved.
    pub(crate) moved: Set,
}

impl Scope {
    /// Everything that anybody could try.
    pub fn transitions(&self, state: &State) -> Vec<Transition> {
        let mut transitions = vec![Transition::Tick];
        let rollouts = self.rollouts();
        transitions.extend(rollouts.map(Transition::Rollout));
        let contents = named(self.contents, state);
        for content in contents.iter().copied() {
            for who in 0..=STRANGER {
                transitions.push(Transition::Call(who, content));
                // while `pause` is not set, `pause` is never open
                if !matches!(content, Content::Pause(_)) || !self.pausing.is_empty() {
                    transitions.push(Transition::Cancel(who, content));
                }
                if self.may_revoke(state, who, content) {
                    transitions.push(Transition::Revoke(who, content));
                }
                if self.signs && who < APPROVERS {
                    transitions.push(Transition::Sign(who, content));
                }
            }
        }
        let other = state.flipped();
        let elsewhere = other.map(|other| self.deeds_elsewhere(&other));
        let elsewhere = elsewhere.into_iter().flatten();
        transitions.extend(elsewhere.map(Transition::Elsewhere));
        if self.wavers {
            transitions.push(Transition::Say(!state.lambda));
        }
        if self.checked {
            transitions.push(Transition::Obstruct(!state.obstructed));
        }
        transitions.extend(self.submissions(state));
        if self.contracts {
            let mut deeds = vec![Deed::Rollout(0b11)];
            for content in contents {
                deeds.push(Deed::Call(WALLET, content));
                if self.may_revoke(state, WALLET, content) {
                    deeds.push(Deed::Revoke(WALLET, content));
                }
            }
            for proxy in 0..2 {
                deeds.push(Deed::UpgradeInstance(WALLET, proxy));
                let all = 0..=STRANGER;
                transitions.extend(all.map(|who| Transition::UpgradeInstance(who, proxy)));
            }
            transitions.extend(deeds.into_iter().flat_map(|deed| self.by_contract(deed)));
        }
        for proxy in 0..2 {
            if self.is_adopted(proxy) {
                transitions.extend([
                    Transition::Give(proxy, Holder::Definition(Side::First)),
                    Transition::Give(proxy, Holder::Another),
                ]);
            } else if state.instance(proxy).is_some() {
                let all = (0..=STRANGER).filter(|_| !self.evm);
                transitions.extend(all.map(|who| Transition::Upgrade(who, proxy)));
                if self.complex {
                    transitions.extend([
                        Transition::Finish(proxy, false),
                        Transition::Finish(proxy, true),
                    ]);
                }
            }
        }
        transitions
    }

    /// The proxies that calls of `rollout` name.
    fn rollouts(&self) -> impl Iterator<Item = Set> + use<> {
        let scope = *self;
        (1..=0b11_u8).filter(move |all| (0..2).all(|n| all & (1 << n) == 0 || scope.has_proxy(n)))
    }

    /// What is submitted of everything that was signed.
    fn submissions(&self, state: &State) -> Vec<Transition> {
        let groups: BTreeSet<_> = state
            .signatures
            .iter()
            .map(|one| (one.content, one.epoch, one.round))
            .collect();
        let mut transitions = Vec::new();
        for (content, epoch, round) in groups {
            let all = signers(state, content, epoch, round);
            let some = (1..=all).filter(|some| some & !all == 0);
            for signers in some {
                let submit = Deed::Submit(content, (epoch, round), signers);
                transitions.push(submit.into());
                transitions.extend(self.by_contract(submit));
            }
            let borrows = self.wallet_of_first && all & 1 != 0;
            let borrowed = [1 << (APPROVERS - 1), 1 | 1 << (APPROVERS - 1)];
            let borrowed = borrowed.into_iter().filter(|_| borrows);
            transitions.extend(borrowed.map(|signers| Transition::Submit {
                content,
                epoch,
                round,
                signers,
                borrowed: true,
            }));
        }
        transitions
    }

    /// Whether it is tried to revoke something. What is not open can be refused as well, and what nobody has
    /// approved: that leads nowhere but where approvals are signed.
    fn may_revoke(&self, state: &State, who: u8, content: Content) -> bool {
        let open = state.actions.get(&content);
        let has_approved = |approvals: Set| approvals & (1 << who) != 0;
        let is_stranger = !has_approved(self.policy_of(state, content).0.names());
        self.signs || open.is_some_and(|open| has_approved(open.approvals) || is_stranger)
    }

    /// What is done in the other definition.
    fn deeds_elsewhere(&self, other: &State) -> Vec<Deed> {
        let mut deeds: Vec<_> = self.rollouts().map(Deed::Rollout).collect();
        for content in named(self.elsewhere, other) {
            for who in 0..=STRANGER {
                deeds.push(Deed::Call(who, content));
                if !matches!(content, Content::Pause(_)) {
                    deeds.push(Deed::Cancel(who, content));
                }
                if self.may_revoke(other, who, content) {
                    deeds.push(Deed::Revoke(who, content));
                }
            }
        }
        deeds
    }

    /// Something that the contract does, in every way.
    fn by_contract(&self, deed: Deed) -> Vec<Transition> {
        let by = [Way::Contract, Way::Within(0), Way::Within(1)];
        let by = by.map(|way| Transition::By(way, deed));
        let by = by.into_iter().filter(|_| self.contracts);
        by.collect()
    }

    /// What becomes of it.
    ///
    /// # Errors
    /// What it is refused with: it changed nothing then.
    pub fn act(&self, state: &State, transition: Transition) -> Result<Outcome, Refusal> {
        let (way, transition) = match transition {
            Transition::By(way, deed) => (way, deed.into()),
            transition => (Way::Direct, transition),
        };
        way.begins(state)?;
        let mut outcome = self.act_by(state, transition, way)?;
        self.forget_revoked(&mut outcome.state);
        outcome.state.share();
        Ok(outcome)
    }

    fn act_by(&self, state: &State, transition: Transition, way: Way) -> Result<Outcome, Refusal> {
        let mut next = state.clone();
        let mut done = Done::default();
        match transition {
            Transition::Call(who, content) => {
                done = self.approve(&mut next, content, 1 << who, who, None, way)?;
            }
            Transition::Submit {
                content,
                epoch,
                round,
                signers,
                borrowed,
            } => {
                let first = signers.trailing_zeros() as u8;
                let signed = Some(Signed {
                    epoch,
                    round,
                    borrowed,
                });
                done = self.approve(&mut next, content, signers, first, signed, way)?;
            }
            Transition::Sign(signer, content) => {
                let (_, round) = self.open(state, content);
                next.signatures.insert(SignedApproval {
                    round,
                    ..self.next_approval(state, signer, content)
                });
            }
            Transition::Revoke(who, content) => self.revoke(&mut next, who, content)?,
            Transition::Cancel(who, content) => self.cancel(&mut next, who, content)?,
            Transition::Upgrade(who, proxy) => self.upgrade_alone(&mut next, who, proxy)?,
            Transition::UpgradeInstance(who, proxy) => {
                self.upgrade_instance(&mut next, who, proxy, way)?;
            }
            Transition::Finish(proxy, back) => self.finish_step(&mut next, proxy, back)?,
            Transition::Rollout(proxies) => done = self.roll_out(&mut next, proxies, way)?,
            Transition::Give(proxy, to) => give(&mut next, proxy, to)?,
            Transition::Say(yes) => next.lambda = yes,
            Transition::Obstruct(yes) => next.obstructed = yes,
            Transition::Elsewhere(deed) => {
                let there = state.flipped().ok_or(Refusal::NotAnInstance)?;
                let outcome = self.act(&there, deed.into())?;
                let back = outcome.state.flipped().ok_or(Refusal::NotAnInstance)?;
                return Ok(Outcome {
                    state: back,
                    ..outcome
                });
            }
            Transition::By(..) => unreachable!("a deed is none"),
            Transition::Tick => {
                next.ticks += 1;
            }
        }
        Ok(Outcome {
            state: next,
            executed: done.executed,
            skipped: done.skipped,
            moved: done.moved,
        })
    }
}

/// These contents, about what is now, and what is open about what was before.
fn named(contents: &[Content], state: &State) -> Vec<Content> {
    let now = contents.iter().map(|content| content.now(state));
    let mut named: Vec<_> = now.collect();
    let open = state.actions.keys().copied();
    let open = open.filter(|content| !named.contains(content));
    let open: Vec<_> = open.collect();
    named.extend(open);
    named
}

/// Everybody who signed that.
fn signers(state: &State, content: Content, epoch: u8, round: u8) -> Set {
    let group = (content, epoch, round);
    let of = |one: &&SignedApproval| (one.content, one.epoch, one.round) == group;
    let signatures = state.signatures.iter().filter(of);
    signatures.fold(0, |all, one| all | 1 << one.signer)
}
