//! The versions of a definition as a graph: the ways between them, and what each way runs.
//!
//! The registry takes the way with the fewest steps. A step that shortens a way must therefore run what the longer way
//! runs, or instances that take it keep data that the new code misreads. [`VersionGraph::find_bypasses`] compares them.

use crate::ids::CodeHash;
use crate::model::definition::Version;
use crate::model::kinds::StepKind;
use crate::model::step::runs;
use alloy::primitives::Bytes;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use stylus_registry_core::path;
use stylus_upgrades_interface::ids::VersionIndex;
use stylus_upgrades_interface::limits::PATH_MAX;
use stylus_upgrades_interface::registry::Step;

/// The versions of a definition in their order of registration, with the steps between them.
#[derive(Debug, Clone, Default)]
pub struct VersionGraph {
    nodes: Vec<VersionNode>,
}

/// A version, with the steps that lead to it in their order of registration.
#[derive(Debug, Clone)]
struct VersionNode {
    label: String,
    code: CodeHash,
    incoming: Vec<VersionEdge>,
}

/// A step between two versions.
#[derive(Debug, Clone, PartialEq, Eq)]
struct VersionEdge {
    /// Position of the version that it leaves.
    from: usize,
    /// The code that it runs; nothing where data stay as they are.
    runs: Option<MigrationCode>,
}

/// The code that a step runs, as far as two steps are compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MigrationCode {
    /// The kind of the step.
    pub kind: StepKind,
    /// keccak256 of the script or of the program; of a call, of the code that is called.
    pub code: CodeHash,
    /// The calldata.
    pub data: Bytes,
}

/// A step that is to be added to a definition.
#[derive(Debug, Clone)]
pub struct StepAddition<'a> {
    /// The version that it leaves.
    pub from: &'a str,
    /// The version that it reaches: a registered one, or a new one.
    pub to: &'a str,
    /// keccak256 of the code of the version that it reaches.
    pub code: CodeHash,
    /// The code that it runs; nothing where data stay as they are.
    pub runs: Option<MigrationCode>,
}

/// A migration that one way between two versions runs, and that another way leaves out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MigrationBypass {
    /// The version whose migration is left out.
    pub label: String,
    /// The migration.
    pub migration: MigrationCode,
    /// The versions on the way that runs it, both ends included.
    pub with: Vec<String>,
    /// The versions on the way that leaves it out, both ends included.
    pub without: Vec<String>,
}

/// Sequences of migrations by number: equal sequences have the same number, and none has 0.
#[derive(Default)]
struct SequenceNumbers(BTreeMap<(MigrationCode, usize), usize>);

impl SequenceNumbers {
    /// The number of the sequence that begins with a migration and goes on with `rest`.
    fn begin_with(&mut self, migration: &MigrationCode, rest: usize) -> usize {
        let next = self.0.len() + 1;
        *self.0.entry((migration.clone(), rest)).or_insert(next)
    }
}

/// The shortest ways from every version to one of them.
struct ShortestWays {
    /// By version: the step to the next one.
    next: BTreeMap<usize, StepPosition>,
    /// By version: the number of the sequence of migrations from it.
    sequence: BTreeMap<usize, usize>,
}

/// Two ways between the same versions that do not run the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct DifferentWays {
    from: usize,
    to: usize,
    shortest: usize,
    other: usize,
    /// Position of the last step of the other way, among those into `to`.
    last: usize,
}

/// Two ways from one version to two versions with the same code that do not run the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct DifferentCodeWays {
    from: usize,
    to: usize,
    sequence: usize,
    twin: usize,
    other: usize,
}

/// A step of a way: the version that it reaches, and its position among the steps into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct StepPosition {
    to: usize,
    at: usize,
}

/// A version from which instances have no path any more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathLoss {
    /// Its label.
    pub label: String,
    /// The number of upgrades that take an instance there, where the way has too many steps for one; nothing where
    /// there is no way.
    pub upgrades: Option<usize>,
}

impl MigrationCode {
    /// Returns what a step runs into a version with that code; nothing where data stay as they are.
    pub fn of(step: &Step, code: CodeHash) -> Option<Self> {
        Self::new(runs(step), step.scriptCodehash.into(), &step.data, code)
    }

    /// Returns what a step of that kind runs, with its script, its data, and the code of the version that it reaches.
    pub fn new(kind: StepKind, script: CodeHash, data: &Bytes, code: CodeHash) -> Option<Self> {
        let code = match kind {
            StepKind::None => return None,
            StepKind::Call | StepKind::ForeignCall => code,
            StepKind::Script | StepKind::Complex | StepKind::Unknown(_) => script,
        };
        Some(Self {
            kind,
            code,
            data: data.clone(),
        })
    }
}

impl VersionGraph {
    /// The graph of versions in their order of registration.
    pub fn new(versions: &[Version]) -> Self {
        let mut graph = Self::default();
        for version in versions {
            let code = version.code.codehash;
            let incoming = version.incoming().filter_map(|step| {
                Some(VersionEdge {
                    from: graph.position(&step.from)?,
                    runs: MigrationCode::of(step, code),
                })
            });
            let node = VersionNode {
                label: version.version.clone(),
                code,
                incoming: incoming.collect(),
            };
            graph.nodes.push(node);
        }
        graph
    }

    /// The graph with one more step; the same where it has that step, or does not know where it begins.
    #[must_use]
    pub fn with_step(&self, addition: &StepAddition<'_>) -> Self {
        let mut graph = self.clone();
        let to = graph.position(addition.to).unwrap_or_else(|| {
            graph.nodes.push(VersionNode {
                label: addition.to.to_owned(),
                code: addition.code,
                incoming: Vec::new(),
            });
            graph.nodes.len() - 1
        });
        let Some(from) = graph.position(addition.from).filter(|from| *from < to) else {
            return graph;
        };
        let edge = VersionEdge {
            from,
            runs: addition.runs.clone(),
        };
        if let Some(node) = graph.nodes.get_mut(to)
            && !node.incoming.contains(&edge)
        {
            node.incoming.push(edge);
        }
        graph
    }

    /// The code hash of a version; nothing where there is no such version.
    pub fn code(&self, label: &str) -> Option<CodeHash> {
        Some(self.nodes.get(self.position(label)?)?.code)
    }

    /// Versions from which the registry takes an instance to `current` at once, and not to `to`, which is younger.
    pub fn lost_paths(&self, current: &str, to: &str) -> Vec<PathLoss> {
        let (Some(now), Some(then)) = (self.position(current), self.position(to)) else {
            return Vec::new();
        };
        let all = 0..now + 1;
        let lost = all.filter(|from| {
            let has_path = *from == now || self.is_path(*from, now);
            now < then && has_path && !self.is_path(*from, then)
        });
        let lost = lost.map(|from| PathLoss {
            label: self.label(from).to_owned(),
            upgrades: self.upgrades(self.label(from), to).map(|all| all.len()),
        });
        lost.collect()
    }

    /// The versions at which upgrades end that together take an instance from one version to another, in order: one
    /// where the registry takes it there at once, more where the way has too many steps. Nothing where there is no way.
    pub fn upgrades(&self, from: &str, to: &str) -> Option<Vec<&str>> {
        let [from, to] = [self.position(from)?, self.position(to)?];
        if self.is_path(from, to) {
            return Some(vec![self.label(to)]);
        }
        let way = self.way(from, to)?;
        let ends: Vec<usize> = way.iter().map(|step| step.to).collect();
        let (mut start, mut left, mut upgrades) = (from, ends.as_slice(), Vec::new());
        while !left.is_empty() {
            let reach = left.iter().take(PATH_MAX).enumerate().rev();
            let mut reach = reach.filter(|(_, end)| self.is_path(start, **end));
            let (at, end) = reach.next()?;
            upgrades.push(self.label(*end));
            (start, left) = (*end, left.get(at + 1..).unwrap_or_default());
        }
        Some(upgrades)
    }

    /// The versions on the shortest way from one version to another, the end included and the beginning not, however
    /// long it is. Nothing where there is no way.
    pub fn labels_to(&self, from: &str, to: &str) -> Option<Vec<&str>> {
        let way = self.way(self.position(from)?, self.position(to)?)?;
        Some(way.iter().map(|step| self.label(step.to)).collect())
    }

    /// Returns true if the registry takes an instance from one version to another at once.
    fn is_path(&self, from: usize, to: usize) -> bool {
        let index = |at: usize| VersionIndex(u32::try_from(at).unwrap_or(u32::MAX));
        let found = path::find(index(from), index(to), |version| {
            let at = usize::try_from(version.0).unwrap_or(usize::MAX);
            let node = self.nodes.get(at);
            let incoming = node.iter().flat_map(|node| &node.incoming);
            incoming.map(|edge| index(edge.from)).collect()
        });
        found.is_some_and(|path| path.len() <= PATH_MAX)
    }

    /// The migrations that some instances would leave out once a step is added. Every pair of ways between two versions
    /// is compared, but those that differ without the step too. Versions with the same code are one end: their data mean
    /// the same.
    pub fn find_bypasses(&self, addition: &StepAddition<'_>) -> Vec<MigrationBypass> {
        let graph = self.with_step(addition);
        if graph.count_steps() == self.count_steps() {
            return Vec::new();
        }
        let mut numbers = SequenceNumbers::default();
        let before = self.different_ways(&mut numbers);
        let mut bypasses = BTreeSet::new();
        for ways in graph.different_ways(&mut numbers).difference(&before) {
            let last = graph.step(ways.to, ways.last);
            let other = last.and_then(|last| graph.way(ways.from, last.from));
            let (Some(shortest), Some(mut other)) = (graph.way(ways.from, ways.to), other) else {
                continue;
            };
            other.push(StepPosition {
                to: ways.to,
                at: ways.last,
            });
            bypasses.extend(graph.compare_ways(ways.from, &shortest, &other));
        }
        let told: BTreeSet<String> = bypasses.iter().map(|bypass| bypass.label.clone()).collect();
        let before = self.different_code_ways(&mut numbers);
        for ways in graph.different_code_ways(&mut numbers).difference(&before) {
            let both = [ways.to, ways.twin].map(|to| graph.way(ways.from, to));
            if let [Some(way), Some(other)] = both {
                let compared = graph.compare_ways(ways.from, &way, &other).into_iter();
                bypasses.extend(compared.filter(|bypass| !told.contains(&bypass.label)));
            }
        }
        bypasses.into_iter().collect()
    }

    /// Pairs of ways from one version to two versions with the same code that do not run the same. Only versions count at
    /// which that code is reached for the first time: what runs between two versions with one code leads back to it.
    fn different_code_ways(&self, numbers: &mut SequenceNumbers) -> BTreeSet<DifferentCodeWays> {
        let ends = 0..self.nodes.len();
        let all: Vec<ShortestWays> = ends.map(|to| self.shortest_ways(to, 0, numbers)).collect();
        let sequence = |from: usize, to: usize| all.get(to)?.sequence.get(&from).copied();
        let mut different = BTreeSet::new();
        for (to, node) in self.nodes.iter().enumerate() {
            let has_code = |other: &VersionNode| other.code == node.code && !node.code.is_zero();
            let same = self
                .nodes
                .iter()
                .enumerate()
                .filter(|(_, other)| has_code(other));
            let same: Vec<usize> = same.map(|(at, _)| at).collect();
            if same.len() < 2 {
                continue;
            }
            let is_first = |from: usize, at: usize| {
                let mut earlier = same.iter().filter(|earlier| **earlier != at);
                !earlier.any(|earlier| {
                    sequence(from, *earlier).is_some() && sequence(*earlier, at).is_some()
                })
            };
            for from in 0..to {
                let Some(own) = sequence(from, to).filter(|_| is_first(from, to)) else {
                    continue;
                };
                for twin in same.iter().copied().filter(|twin| *twin < to) {
                    let other = sequence(from, twin).filter(|_| is_first(from, twin));
                    if let Some(other) = other.filter(|other| *other != own) {
                        different.insert(DifferentCodeWays {
                            from,
                            to,
                            sequence: own,
                            twin,
                            other,
                        });
                    }
                }
            }
        }
        different
    }

    /// Finds what one of two ways from a version leaves out of what the other one runs: first what the shorter one
    /// leaves out.
    fn compare_ways(
        &self,
        from: usize,
        shorter: &[StepPosition],
        longer: &[StepPosition],
    ) -> Vec<MigrationBypass> {
        let [short, long] = [shorter, longer].map(|way| self.migrations(way));
        if short
            .iter()
            .map(|(_, runs)| runs)
            .eq(long.iter().map(|(_, runs)| runs))
        {
            return Vec::new();
        }
        let bypass = |(label, runs): &(usize, &MigrationCode), with, without| MigrationBypass {
            label: self.label(*label).to_owned(),
            migration: (*runs).clone(),
            with: self.labels(from, with),
            without: self.labels(from, without),
        };
        let left_out = left_out(&long, &short).map(|migration| bypass(migration, longer, shorter));
        let mut bypasses: Vec<_> = left_out.collect();
        if bypasses.is_empty() {
            let left_out = self::left_out(&short, &long);
            bypasses = left_out
                .map(|migration| bypass(migration, shorter, longer))
                .collect();
        }
        if bypasses.is_empty() {
            // The same migrations in another order.
            let mut pairs = long.iter().zip(&short);
            let first = pairs.find(|(long, short)| long.1 != short.1);
            bypasses.extend(first.map(|(migration, _)| bypass(migration, longer, shorter)));
        }
        bypasses
    }

    /// Lists what a way runs, with the versions that it reaches by it.
    fn migrations(&self, way: &[StepPosition]) -> Vec<(usize, &MigrationCode)> {
        let steps = way.iter().filter_map(|step| {
            let runs = self.step(step.to, step.at)?.runs.as_ref()?;
            Some((step.to, runs))
        });
        steps.collect()
    }

    /// The labels of the versions on a way, both ends included.
    fn labels(&self, from: usize, way: &[StepPosition]) -> Vec<String> {
        let all = [from].into_iter().chain(way.iter().map(|step| step.to));
        all.map(|at| self.label(at).to_owned()).collect()
    }

    fn step(&self, to: usize, at: usize) -> Option<&VersionEdge> {
        self.nodes.get(to)?.incoming.get(at)
    }

    /// The number of steps.
    fn count_steps(&self) -> usize {
        self.nodes.iter().map(|node| node.incoming.len()).sum()
    }

    fn position(&self, label: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.label == label)
    }

    fn label(&self, at: usize) -> &str {
        self.nodes.get(at).map_or("", |node| &node.label)
    }

    /// The shortest ways to a version, found as the registry finds them: backwards, breadth first, incoming steps in
    /// their order of registration. `last` is the number of what runs after them.
    fn shortest_ways(&self, to: usize, last: usize, numbers: &mut SequenceNumbers) -> ShortestWays {
        let mut ways = ShortestWays {
            next: BTreeMap::new(),
            sequence: BTreeMap::from([(to, last)]),
        };
        let mut queue = VecDeque::from([to]);
        while let Some(version) = queue.pop_front() {
            let rest = ways.sequence.get(&version).copied().unwrap_or_default();
            let node = self.nodes.get(version);
            let incoming = node.iter().flat_map(|node| &node.incoming).enumerate();
            for (at, edge) in incoming {
                if ways.sequence.contains_key(&edge.from) {
                    continue;
                }
                let sequence = match &edge.runs {
                    Some(migration) => numbers.begin_with(migration, rest),
                    None => rest,
                };
                ways.sequence.insert(edge.from, sequence);
                ways.next
                    .insert(edge.from, StepPosition { to: version, at });
                queue.push_back(edge.from);
            }
        }
        ways
    }

    /// Pairs of ways between two versions that do not run the same: the shortest way, and each other last step after the
    /// shortest way to where it begins. Where all of these are equal, all ways are.
    fn different_ways(&self, numbers: &mut SequenceNumbers) -> BTreeSet<DifferentWays> {
        let mut different = BTreeSet::new();
        for (to, node) in self.nodes.iter().enumerate() {
            if node.incoming.len() < 2 {
                continue; // all ways go on from those to the only version before
            }
            let shortest = self.shortest_ways(to, 0, numbers);
            for (at, edge) in node.incoming.iter().enumerate() {
                let last = match &edge.runs {
                    Some(migration) => numbers.begin_with(migration, 0),
                    None => 0,
                };
                let ways = self.shortest_ways(edge.from, last, numbers);
                for (from, other) in ways.sequence {
                    let shortest = shortest.sequence.get(&from).copied().unwrap_or_default();
                    if shortest != other {
                        different.insert(DifferentWays {
                            from,
                            to,
                            shortest,
                            other,
                            last: at,
                        });
                    }
                }
            }
        }
        different
    }

    /// The steps of the shortest way, however many there are.
    fn way(&self, from: usize, to: usize) -> Option<Vec<StepPosition>> {
        let ways = self.shortest_ways(to, 0, &mut SequenceNumbers::default());
        ways.sequence.get(&from)?;
        let mut steps = Vec::new();
        let mut at = from;
        while at != to {
            let step = *ways.next.get(&at)?;
            steps.push(step);
            at = step.to;
        }
        Some(steps)
    }
}

/// The migrations of one way that another one does not run, however often each runs.
fn left_out<'a, 'b>(
    of: &'b [(usize, &'a MigrationCode)],
    by: &'b [(usize, &'a MigrationCode)],
) -> impl Iterator<Item = &'b (usize, &'a MigrationCode)> {
    let mut rest: Vec<&MigrationCode> = by.iter().map(|(_, runs)| *runs).collect();
    of.iter().filter(move |(_, runs)| {
        let same = rest.iter().position(|other| other == runs);
        same.map(|at| rest.swap_remove(at)).is_none()
    })
}

#[cfg(test)]
mod tests;
