//! Approvals: given, signed, taken back; and the actions that they gather in.

use crate::execute::version_of;
use crate::policy::{Policy, Set};
use crate::scope::{APPROVERS, Mutation, Scope, TWO_OF_THREE};
use crate::state::{Action, Consent, Content, DELAY, LIFETIME, Role, SignedApproval, State};
use crate::transition::{Done, Refusal};
use crate::way::Way;

/// What is submitted of approvals that were signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signed {
    /// The epoch that they name.
    pub(crate) epoch: u8,
    /// The round that they name.
    pub(crate) round: u8,
    /// Whether that of the last approver is what the first one signed for himself.
    pub(crate) borrowed: bool,
}

impl Scope {
    /// The role that a content asks for: that of `migrate` stands in for `pause` while this is not set, stands for both
    /// where they resume, and for `create` where a version with other code than the current one is asked for.
    pub fn role(&self, state: &State, content: Content) -> Role {
        let is_set = state.pausing.is_some() && !self.has(Mutation::AnyonePauses);
        match content {
            Content::SetPolicy(_)
            | Content::SetPause(_)
            | Content::SetCreate(_)
            | Content::SetCancel(_) => Role::Policy,
            Content::Create(proxy) if self.creates_as_usual(state, proxy) => Role::Create,
            Content::Pause(_) if is_set => Role::Pause,
            _ => Role::Migrate,
        }
    }

    /// Whether `create` decides about a creation: at what is current, at what there is not yet, or where nobody creates.
    fn creates_as_usual(&self, state: &State, proxy: u8) -> bool {
        let version = version_of(proxy);
        let creating = self.creating.get(usize::from(state.creating.0));
        version >= state.current
            || creating.is_some_and(Policy::is_nobody)
            || self.has(Mutation::CreatesReplaced)
    }

    /// The policy of `migrate`.
    fn migrate(&self, state: &State) -> &'static Policy {
        &self.policies[usize::from(state.policy)]
    }

    /// The policy that decides about a content, as it stands, and whether any one of its addresses does.
    pub fn policy_of(&self, state: &State, content: Content) -> (Policy, bool) {
        let migrate = self.migrate(state);
        let pause = state
            .pausing
            .map(|(position, _)| &self.pausing[usize::from(position)]);
        let pause = pause.filter(|_| !self.has(Mutation::AnyonePauses));
        let policy = match (content, self.role(state, content), pause) {
            (Content::Resume(_), _, pause) => {
                let pause = pause.filter(|pause| !pause.is_nobody());
                match pause {
                    Some(pause) if self.has(Mutation::PauseAloneResumes) => *pause,
                    Some(pause) if migrate.is_nobody() => *pause,
                    Some(pause) => Policy::Either(migrate, pause),
                    None => *migrate,
                }
            }
            (_, Role::Policy, _) => TWO_OF_THREE,
            (_, Role::Create, _) => self.creating[usize::from(state.creating.0)],
            (_, Role::Pause, Some(pause)) => return (*pause, false),
            _ => *migrate,
        };
        (policy, matches!(content, Content::Pause(_)))
    }

    /// What approvals of a content are bound to: the sequence, or the changes of its role.
    pub fn epoch(&self, state: &State, content: Content) -> u8 {
        match (self.role(state, content), state.pausing) {
            (Role::Policy, _) => 0,
            (Role::Create, _) => state.creating.1,
            (Role::Pause, Some((_, changes))) => changes,
            _ => state.sequence,
        }
    }

    /// The action that approvals of a content are for: the open one, if there is one, and its round.
    /// One that has expired is closed.
    pub(crate) fn open(&self, state: &State, content: Content) -> (Option<Action>, u8) {
        let round = state.round(content);
        let Some(action) = state.actions.get(&content) else {
            return (None, round);
        };
        if self.has_expired(state, action) {
            (None, round + 1)
        } else {
            (Some(*action), round)
        }
    }

    fn has_expired(&self, state: &State, action: &Action) -> bool {
        state.day() > last_day(action) && !self.has(Mutation::NeverExpires)
    }

    pub(crate) fn approve(
        &self,
        state: &mut State,
        content: Content,
        givers: Set,
        first: u8,
        signed: Option<Signed>,
        way: Way,
    ) -> Result<Done, Refusal> {
        let (policy, any_one) = self.policy_of(state, content);
        let epoch = self.epoch(state, content);
        let (open, round) = self.open(state, content);
        let is_new = open.is_none();
        let mut action = open.unwrap_or(Action {
            approvals: 0,
            proposer: first,
            epoch,
            opened: state.day(),
            clock: None,
            heard: false,
        });
        let given = match self.has(Mutation::CountsStrangers) {
            true => givers,
            false => givers & policy.names(),
        };
        if let Some(signed) = signed {
            let is_revoked = |signer| {
                let of = SignedApproval {
                    content,
                    epoch,
                    round,
                    signer,
                };
                state.revoked.contains(&of) && !self.has(Mutation::ForgetsRevocations)
            };
            // one after the other, before any signature is looked at
            for who in (0..APPROVERS).filter(|who| 1 << who & givers != 0) {
                if 1 << who & !given != 0 {
                    return Err(Refusal::NotAnApprover);
                }
                if is_revoked(who) {
                    return Err(Refusal::InvalidSignature);
                }
            }
            let is_old = (signed.epoch, signed.round) != (epoch, round);
            let is_anothers = signed.borrowed && !self.has(Mutation::SignaturesNameNobody);
            if is_old && !self.has(Mutation::TakesOldSignatures) || is_anothers {
                return Err(Refusal::InvalidSignature);
            }
        }
        let before = action.approvals;
        action.approvals |= given;
        action.heard |= state.lambda && self.has(Mutation::RemembersLambda);
        let started = !any_one && self.tick(&policy, &mut action, state.day(), state.lambda);
        let says_yes = state.lambda || action.heard;
        let satisfied = if any_one {
            given != 0
        } else {
            let passed = self.has_passed(content, &action, state.day());
            policy.is_satisfied(action.approvals, passed, says_yes)
        };
        let waits = self.needs_direct(state, content) && way != Way::Direct;
        let executes = satisfied && (!waits || self.has(Mutation::ExecutesByContracts));
        if !executes && given & !before == 0 && !(started && given != 0) {
            let is_late =
                matches!(content, Content::Create(_)) && self.role(state, content) == Role::Migrate;
            return Err(match (satisfied, given) {
                (true, _) => Refusal::DirectCallRequired,
                (false, 0) if is_late => Refusal::VersionNotCurrent,
                (false, 0) => Refusal::NotAnApprover,
                (false, _) => Refusal::AlreadyApproved,
            });
        }
        self.check(state, content)?;

        let closed = is_new && round != state.round(content);
        let consent = state.consents.entry(content).or_default();
        if closed {
            *consent = Consent::default();
        }
        consent.by |= given;
        state.rounds.insert(content, round);
        if executes {
            state.actions.remove(&content);
            if !self.has(Mutation::KeepsRounds) {
                state.rounds.insert(content, round + 1);
            }
            let skipped = self.execute(state, content, way)?;
            return Ok(Done {
                executed: Some(content),
                skipped,
                moved: 0,
            });
        }
        state.actions.insert(content, action);
        Ok(Done::default())
    }

    pub(crate) fn revoke(
        &self,
        state: &mut State,
        who: u8,
        content: Content,
    ) -> Result<(), Refusal> {
        let of = self.next_approval(state, who, content);
        let is_revoked = state.revoked.contains(&of);
        let Ok(mut action) = self.named(state, content) else {
            // whatever it is, nothing that he has signed for it counts
            if is_revoked {
                return Err(Refusal::NotApproved);
            }
            if !self.has(Mutation::RefusesInVain) {
                state.revoked.insert(of);
            }
            return Ok(());
        };
        let (policy, _) = self.policy_of(state, content);
        let bit = (1 << who) & policy.names();
        let has_approved = action.approvals & bit != 0;
        if bit == 0 || (!has_approved && is_revoked) {
            return Err(Refusal::NotApproved);
        }
        if self.has_expired(state, &action) {
            return Err(Refusal::ActionExpired);
        }
        if has_approved {
            action.approvals &= !bit;
            self.tick(&policy, &mut action, state.day(), false);
            state.actions.insert(content, action);
            if let Some(consent) = state.consents.get_mut(&content) {
                consent.by &= !bit;
            }
        }
        if has_approved || !self.has(Mutation::RefusesInVain) {
            state.revoked.insert(of);
        }
        Ok(())
    }

    /// What somebody's approval of a content would be for: the action that is stored, expired or not, or would be.
    pub fn next_approval(&self, state: &State, signer: u8, content: Content) -> SignedApproval {
        SignedApproval {
            content,
            epoch: self.epoch(state, content),
            round: state.round(content),
            signer,
        }
    }

    /// Forgets what was revoked of actions that will never be open again.
    pub(crate) fn forget_revoked(&self, state: &mut State) {
        let mut revoked = std::mem::take(&mut state.revoked);
        revoked.retain(|of| {
            of.epoch == self.epoch(state, of.content) && of.round >= state.round(of.content)
        });
        state.revoked = revoked;
    }

    pub(crate) fn cancel(
        &self,
        state: &mut State,
        who: u8,
        content: Content,
    ) -> Result<(), Refusal> {
        let action = self.named(state, content)?;
        let (policy, _) = self.policy_of(state, content);
        let others = action.approvals & !(1 << action.proposer);
        let is_his = who == action.proposer && !policy.is_satisfied(others, true, true);
        // who resumes by `pause` does not end what `migrate` gathers
        let own = match content {
            Content::Resume(_) if !self.has(Mutation::PauseCancelsResume) => *self.migrate(state),
            _ => policy,
        };
        if !is_his
            && !self.decides_alone(state, &own, who)
            && !self.guards(state, who, content)
            && !self.has(Mutation::AnybodyCancels)
        {
            return Err(Refusal::NotAnApprover);
        }
        if self.has_expired(state, &action) {
            return Err(Refusal::ActionExpired);
        }
        state.actions.remove(&content);
        *state.rounds.entry(content).or_default() += 1;
        state.consents.remove(&content);
        Ok(())
    }

    /// Whether somebody is the guardian, who ends whatever is not about a policy.
    fn guards(&self, state: &State, who: u8, content: Content) -> bool {
        let guard = state
            .guard
            .map(|position| self.guarding[usize::from(position)]);
        let is_open_to_it =
            self.role(state, content) != Role::Policy || self.has(Mutation::GuardianKeepsPolicies);
        is_open_to_it && guard.is_some_and(|guard| self.decides_alone(state, &guard, who))
    }

    /// Whether somebody satisfies a policy without anybody else.
    pub(crate) fn decides_alone(&self, state: &State, policy: &Policy, who: u8) -> bool {
        let helps = state.lambda && self.has(Mutation::LambdaHelpsAlone);
        policy.is_satisfied_alone(who) || helps && policy.is_satisfied(1 << who, false, true)
    }

    /// Starts or stops the clock of its delay; whether it did. A lambda that does not consent starts
    /// none, and stops none that runs.
    fn tick(&self, policy: &Policy, action: &mut Action, day: u8, lambda: bool) -> bool {
        let was = action.clock;
        let says_yes = match was {
            Some(_) => lambda || !self.has(Mutation::LambdaStopsDelays),
            None => lambda || self.has(Mutation::StartsWithoutLambda),
        };
        let enough = policy.has_delay() && policy.is_satisfied(action.approvals, true, says_yes);
        action.clock = enough.then(|| was.unwrap_or(day));
        was != action.clock
    }

    /// Whether its delay has passed. Those of `resume` count as passed: what starts again went through them.
    fn has_passed(&self, content: Content, action: &Action, day: u8) -> bool {
        let counts = matches!(content, Content::Resume(_)) && !self.has(Mutation::ResumeWaits);
        counts || action.clock.is_some_and(|clock| clock + DELAY <= day)
    }

    /// The open action of a content, expired or not.
    fn named(&self, state: &State, content: Content) -> Result<Action, Refusal> {
        let action = state.actions.get(&content).copied();
        action.ok_or(Refusal::ActionNotFound)
    }
}

/// The last day on which an action can be approved or executed.
pub fn last_day(action: &Action) -> u8 {
    let not_before = action.clock.map_or(0, |clock| clock + DELAY);
    action.opened.max(not_before) + LIFETIME
}
