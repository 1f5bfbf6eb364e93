//! The model, written from the design alone: a graph of versions, the rule that selects a path,
//! and the state of an instance.

use std::collections::BTreeSet;

/// What a step is, and how it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Kind 0.
    Nothing,
    /// Kind 1.
    Call,
    /// Kind 1 whose calldata comes with the upgrade.
    Later,
    /// Kind 2.
    Script,
    /// Kind 3.
    Complex,
    /// Kind 4.
    Foreign,
    /// Of kind 1, 2 or 4, and fails always.
    Bad(u8),
}

/// A way into a version, from the one at a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Incoming {
    pub(super) from: usize,
    pub(super) kind: Kind,
}

/// A step of a path, between versions by their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PathStep {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) kind: Kind,
}

/// The versions of a definition in the order of their registration, each with its incoming steps, in
/// the order of their registration too.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph(pub(super) Vec<Vec<Incoming>>);

impl Graph {
    /// The path that has the fewest steps; among equals the one whose last step was registered
    /// first, then its last but one, and so on.
    pub(super) fn path(&self, from: usize, to: usize) -> Option<Vec<PathStep>> {
        let mut position = to;
        let mut steps: Vec<PathStep> = Vec::new();
        for way in self.choices(from, to)? {
            let Incoming { from, kind } = self.0[position][way];
            steps.insert(
                0,
                PathStep {
                    from,
                    to: position,
                    kind,
                },
            );
            position = from;
        }
        Some(steps)
    }

    /// How many paths of that many steps there are.
    pub(super) fn ties(&self, from: usize, to: usize, steps: usize) -> usize {
        if steps == 0 || to <= from {
            return usize::from(steps == 0 && to == from);
        }
        let incoming = self.0[to].iter();
        incoming
            .map(|way| self.ties(from, way.from, steps - 1))
            .sum()
    }

    /// Which way in is taken, from the target backwards.
    fn choices(&self, from: usize, to: usize) -> Option<Vec<usize>> {
        if to <= from {
            return None;
        }
        let incoming = self.0[to].iter().enumerate();
        let all = incoming.filter_map(|(way, Incoming { from: earlier, .. })| {
            let mut choices = vec![way];
            if *earlier != from {
                choices.extend(self.choices(from, *earlier)?);
            }
            Some(choices)
        });
        all.min_by_key(|choices| (choices.len(), choices.clone()))
    }
}

/// Why an upgrade is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    AlreadyThere,
    NoPath,
    /// The calldata of a step is missing.
    NotApplied(PathStep),
    /// Calldata where a complex step is on the path.
    DataWithComplex(PathStep),
    /// The step itself fails.
    Failed(PathStep),
}

/// An instance.
#[derive(Clone, Debug)]
pub(super) struct Life {
    /// The version that it is at.
    pub(super) at: usize,
    /// The versions that its data has been brought to.
    pub(super) reached: BTreeSet<usize>,
    /// The steps that wrote something down, creation included.
    pub(super) log: Vec<(u8, usize, usize)>,
    /// The complex step that it is in, and where it wants to go.
    pub(super) within: Option<(PathStep, usize)>,
    /// Whether it is on the stub: a complex step has ended, and its version is not current.
    pub(super) stopped: bool,
}

/// What a transaction did.
#[derive(Debug)]
pub(super) struct Moved {
    /// The version that it was at.
    pub(super) was: usize,
    /// The steps that were applied, in their order.
    pub(super) applied: Vec<PathStep>,
}

/// What an initializer writes down as its kind and the version that it leaves.
pub(super) const CREATED: u8 = u8::MAX;

impl Life {
    /// Born at a version, by an initializer or without.
    pub(super) fn created(at: usize, initialized: bool) -> Self {
        Self {
            at,
            reached: BTreeSet::from([at]),
            log: initialized
                .then_some((CREATED, 0, at))
                .into_iter()
                .collect(),
            within: None,
            stopped: false,
        }
    }

    /// An upgrade, with calldata for its last step or without.
    pub(super) fn upgrade(
        &mut self,
        graph: &Graph,
        target: usize,
        data: bool,
    ) -> Result<Moved, Refusal> {
        if target == self.at {
            return Err(Refusal::AlreadyThere);
        }
        let path = graph.path(self.at, target).ok_or(Refusal::NoPath)?;
        let complex = path
            .iter()
            .find(|path_step| path_step.kind == Kind::Complex);
        if let (Some(path_step), true) = (complex, data) {
            return Err(Refusal::DataWithComplex(*path_step));
        }
        for (position, path_step) in path.iter().enumerate() {
            let brought = data && position + 1 == path.len();
            match path_step.kind {
                Kind::Later if !brought => return Err(Refusal::NotApplied(*path_step)),
                Kind::Bad(_) => return Err(Refusal::Failed(*path_step)),
                _ => {}
            }
        }
        Ok(self.travel(&path, target))
    }

    /// The item of the complex step is migrated.
    pub(super) fn item(&mut self) {
        let (path_step, _) = self.within.expect("a complex step");
        self.log.push((3, path_step.from, path_step.to));
    }

    /// The complex step ends where it ends, on the stub. Where it wants to go.
    pub(super) fn end(&mut self) -> (Moved, usize) {
        let (path_step, target) = self.within.take().expect("a complex step");
        let was = self.at;
        self.reached.insert(path_step.to);
        self.at = path_step.to;
        self.stopped = true;
        let applied = vec![path_step];
        (Moved { was, applied }, target)
    }

    /// It is taken from the stub.
    pub(super) fn resume(&mut self) -> Moved {
        self.stopped = false;
        Moved {
            was: self.at,
            applied: Vec::new(),
        }
    }

    /// Steps up to the next complex one, each once, in order.
    fn travel(&mut self, path: &[PathStep], target: usize) -> Moved {
        let was = self.at;
        let mut applied = Vec::new();
        for path_step in path {
            let kind = match path_step.kind {
                Kind::Complex => {
                    self.within = Some((*path_step, target));
                    break;
                }
                Kind::Nothing => None,
                Kind::Call | Kind::Later => Some(1),
                Kind::Script => Some(2),
                Kind::Foreign => Some(4),
                Kind::Bad(_) => unreachable!("refused before"),
            };
            assert!(self.reached.insert(path_step.to), "{path_step:?} twice");
            self.log
                .extend(kind.map(|kind| (kind, path_step.from, path_step.to)));
            self.at = path_step.to;
            applied.push(*path_step);
        }
        Moved { was, applied }
    }
}
