//! Every order of calls, breadth first.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::invariants;
use crate::policy::Set;
use crate::scope::Scope;
use crate::state::{Instance, InstanceState, State};
use crate::transition::{Refusal, Transition};

/// What came of it, or with what the transition is refused.
pub type Answer = Result<Answered, Refusal>;

/// What a transition that is not refused answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Answered {
    /// Whether a governed call was executed.
    pub executed: bool,
    /// The instances that it names because they stay as they were.
    pub skipped: Set,
    /// The instances that `rollout` moved.
    pub moved: Set,
}

impl Scope {
    /// The state that something leads to, with the invariant that it breaks; `None` where it is refused, or
    /// leads out of this scope.
    pub fn next(&self, state: &State, transition: Transition) -> Option<State> {
        let outcome = self.act(state, transition).ok()?;
        let broken = invariants::broken(self, state, transition, &outcome);
        let mut next = outcome.state;
        invariants::note_time(self, &mut next);
        invariants::note_activations(state, transition, outcome.executed, &mut next);
        next.broken = broken;
        let others = next.other.iter().flat_map(|other| other.rounds.values());
        let most = next.rounds.values().chain(others).max();
        let most = most.copied().unwrap_or_default();
        (next.ticks <= self.ticks && most <= self.rounds).then_some(next)
    }

    /// Explores every order of calls, breadth first, up to so many in a row.
    pub fn explore(&self, depth: usize) -> Explored {
        let first = State::first(self);
        let mut seen: HashSet<State> = HashSet::from([first.clone()]);
        let mut queue = VecDeque::from([(first, 0)]);
        let mut explored = Explored::default();
        while let Some((state, at)) = queue.pop_front() {
            explored.depth = at;
            let definitions = [Some(&state), state.other.as_deref()];
            let standings = definitions.into_iter().flatten().flat_map(Standing::of);
            explored.standings.extend(standings);
            if let Some(invariant) = invariants::ahead(self, &state) {
                explored.broken.entry(invariant.name()).or_insert(at);
            }
            if let Some(invariant) = state.broken {
                explored.broken.entry(invariant.name()).or_insert(at);
            }
            if at == depth {
                explored.is_cut = true;
                continue;
            }
            for transition in self.transitions(&state) {
                let Some(next) = self.next(&state, transition) else {
                    continue;
                };
                explored.calls += 1;
                if seen.insert(next.clone()) {
                    queue.push_back((next, at + 1));
                }
            }
        }
        explored.states = seen.len();
        explored
    }

    /// What the model answers.
    pub fn answer(&self, state: &State, transition: Transition) -> Answer {
        let outcome = self.act(state, transition);
        outcome.map(|outcome| Answered {
            executed: outcome.executed.is_some(),
            skipped: outcome.skipped,
            moved: outcome.moved,
        })
    }

    /// For each transition and each answer that it ever gets, up to so many in a row, a shortest way there:
    /// the last of each is the one that is answered so.
    pub fn witnesses(&self, depth: usize) -> Vec<Vec<Transition>> {
        let first = State::first(self);
        let mut seen: HashSet<State> = HashSet::from([first.clone()]);
        let mut queue = VecDeque::from([(first, Vec::new())]);
        let mut answered: HashSet<(Transition, Answer)> = HashSet::new();
        let mut witnesses = Vec::new();
        while let Some((state, path)) = queue.pop_front() {
            for transition in self.transitions(&state) {
                let extended = || [path.as_slice(), &[transition]].concat();
                if answered.insert((transition, self.answer(&state, transition))) {
                    witnesses.push(extended());
                }
                let next = self.next(&state, transition);
                if let Some(next) = next.filter(|_| path.len() + 1 < depth)
                    && seen.insert(next.clone())
                {
                    queue.push_back((next, extended()));
                }
            }
        }
        witnesses
    }
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Explored {
    /// Different states.
    pub states: usize,
    /// Calls that were not refused.
    pub calls: usize,
    /// Different states of one instance together with its definition.
    pub standings: HashSet<Standing>,
    /// Most calls in a row.
    pub depth: usize,
    /// Whether more calls in a row could lead to more states.
    pub is_cut: bool,
    /// The invariants that were broken, and after how many calls first.
    pub broken: HashMap<&'static str, usize>,
}

/// Where an instance stands, as far as the registry's rules tell it from another: its definition's state, and its
/// record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Standing {
    /// Whether its definition is paused.
    pub paused: bool,
    /// Whether it is older than what is current.
    pub lags: bool,
    /// What it is doing.
    pub state: InstanceState,
    /// Whether it was called back, and stays where it is.
    pub held: bool,
    /// Whether it leaves the stub by an upgrade.
    pub replaced: bool,
}

impl Standing {
    /// Those of a definition's instances.
    fn of(state: &State) -> Vec<Self> {
        let instances = state.records.iter().filter_map(|record| record.instance);
        let of = |one: Instance| {
            let lags = one.version < state.current;
            Self {
                paused: state.paused,
                lags,
                state: one.state,
                held: one.held,
                replaced: one.replaced && lags,
            }
        };
        instances.map(of).collect()
    }
}
