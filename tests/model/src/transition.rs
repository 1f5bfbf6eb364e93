//! What anybody can do, and what becomes of it.

use std::collections::BTreeSet;

use crate::instances::{finish_step, give};
use crate::policy::Set;
use crate::scope::{APPROVERS, STRANGER, Scope};
use crate::state::{Content, Control, SignedApproval, State};

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
    },
    /// Takes his approval back.
    Revoke(u8, Content),
    /// Ends the open action.
    Cancel(u8, Content),
    /// Asks a proxy to upgrade to 2.0.
    Upgrade(u8, u8),
    /// Has the program of a complex step end it; back or not.
    Finish(u8, bool),
    /// Rolls out.
    Rollout,
    /// The owner of a proxy gives it away.
    Give(u8, Control),
    /// The lambda answers so from here on.
    Say(bool),
    /// The same in the other definition.
    Elsewhere(Deed),
    /// Sixteen days pass.
    Tick,
}

/// What is done in the other definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Sends a governed call.
    Call(u8, Content),
    /// Takes his approval back.
    Revoke(u8, Content),
    /// Ends the open action.
    Cancel(u8, Content),
    /// Rolls out.
    Rollout,
}

impl From<Deed> for Transition {
    fn from(deed: Deed) -> Self {
        match deed {
            Deed::Call(who, content) => Self::Call(who, content),
            Deed::Revoke(who, content) => Self::Revoke(who, content),
            Deed::Cancel(who, content) => Self::Cancel(who, content),
            Deed::Rollout => Self::Rollout,
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
}

/// What a call came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The state behind it.
    pub state: State,
    /// The governed call that was executed.
    pub executed: Option<Content>,
}

impl Scope {
    /// Everything that anybody could try.
    pub fn transitions(&self, state: &State) -> Vec<Transition> {
        let mut transitions = vec![Transition::Tick, Transition::Rollout];
        for content in self.contents.iter().copied() {
            for who in 0..=STRANGER {
                transitions.push(Transition::Call(who, content));
                // while `pause` is not set, `pause` is never open
                if content != Content::Pause || !self.pausing.is_empty() {
                    transitions.extend([
                        Transition::Revoke(who, content),
                        Transition::Cancel(who, content),
                    ]);
                }
                if self.signs && who < APPROVERS {
                    transitions.push(Transition::Sign(who, content));
                }
            }
        }
        for content in self.elsewhere.iter().copied() {
            for who in 0..=STRANGER {
                let deeds = [
                    Deed::Call(who, content),
                    Deed::Revoke(who, content),
                    Deed::Cancel(who, content),
                ];
                let deeds = deeds.into_iter().take(match content {
                    Content::Pause => 1,
                    _ => 3,
                });
                transitions.extend(deeds.map(Transition::Elsewhere));
            }
        }
        if !self.elsewhere.is_empty() {
            transitions.push(Transition::Elsewhere(Deed::Rollout));
        }
        if self.wavers {
            transitions.push(Transition::Say(!state.lambda));
        }
        let groups: BTreeSet<_> = state
            .signatures
            .iter()
            .map(|one| (one.content, one.epoch, one.round))
            .collect();
        for (content, epoch, round) in groups {
            let all = signers(state, content, epoch, round);
            let some = (1..=all).filter(|some| some & !all == 0);
            transitions.extend(some.map(|signers| Transition::Submit {
                content,
                epoch,
                round,
                signers,
            }));
        }
        for proxy in 0..2 {
            if self.foreign {
                transitions.extend([
                    Transition::Give(proxy, Control::Ours),
                    Transition::Give(proxy, Control::Another),
                ]);
            } else if state.proxies[usize::from(proxy)].instance.is_some() {
                transitions.extend((0..=STRANGER).map(|who| Transition::Upgrade(who, proxy)));
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

    /// What becomes of it.
    ///
    /// # Errors
    /// What it is refused with: it changed nothing then.
    pub fn act(&self, state: &State, transition: Transition) -> Result<Outcome, Refusal> {
        let mut next = state.clone();
        let mut executed = None;
        match transition {
            Transition::Call(who, content) => {
                executed = self.approve(&mut next, content, 1 << who, who, None)?;
            }
            Transition::Submit {
                content,
                epoch,
                round,
                signers,
            } => {
                let first = signers.trailing_zeros() as u8;
                let of = Some((epoch, round));
                executed = self.approve(&mut next, content, signers, first, of)?;
            }
            Transition::Sign(signer, content) => {
                let (_, round) = self.open(state, content);
                next.signatures.insert(SignedApproval {
                    content,
                    epoch: self.epoch(state, content),
                    round,
                    signer,
                });
            }
            Transition::Revoke(who, content) => self.revoke(&mut next, who, content)?,
            Transition::Cancel(who, content) => self.cancel(&mut next, who, content)?,
            Transition::Upgrade(who, proxy) => self.upgrade_alone(&mut next, who, proxy)?,
            Transition::Finish(proxy, back) => finish_step(&mut next, proxy, back)?,
            Transition::Rollout => self.roll_out(&mut next),
            Transition::Give(proxy, to) => give(&mut next, proxy, to)?,
            Transition::Say(yes) => next.lambda = yes,
            Transition::Elsewhere(deed) => {
                let other = state.other.as_deref().ok_or(Refusal::NotAnInstance)?;
                let outcome = self.act(other, deed.into())?;
                executed = outcome.executed;
                next.other = Some(Box::new(outcome.state));
            }
            Transition::Tick => {
                next.ticks += 1;
                if let Some(other) = &mut next.other {
                    other.ticks += 1;
                }
            }
        }
        Ok(Outcome {
            state: next,
            executed,
        })
    }
}

/// Everybody who signed that.
fn signers(state: &State, content: Content, epoch: u8, round: u8) -> Set {
    let group = (content, epoch, round);
    let of = |one: &&SignedApproval| (one.content, one.epoch, one.round) == group;
    let signatures = state.signatures.iter().filter(of);
    signatures.fold(0, |all, one| all | 1 << one.signer)
}
