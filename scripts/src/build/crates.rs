//! How far a compilation is: crates done, of how many, and how long the rest takes.

use super::toolchain::TARGET;
use crate::progress::{Progress, Rate};
use crate::text::duration;
use cargo_metadata::{Artifact, DependencyKind, Metadata, MetadataCommand, PackageId, TargetKind};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::thread::available_parallelism;

/// Seconds that a core takes for a crate, on average of what a contract needs of stylus-sdk.
const SECONDS_PER_CRATE: u64 = 1;

/// Tells of a compilation while it goes on.
pub(super) struct Crates<'a> {
    progress: &'a dyn Progress,
    /// How many are needed, where that is known: some more than are compiled, as cargo tells of features.
    needed: Option<u64>,
    done: BTreeSet<PackageId>,
    /// Where none was there already.
    rate: Option<Rate>,
}

impl<'a> Crates<'a> {
    /// As long as nobody knows how many there are.
    pub(super) fn unknown(progress: &'a dyn Progress) -> Self {
        Self {
            progress,
            needed: None,
            done: BTreeSet::new(),
            rate: None,
        }
    }

    /// Asks cargo how many the package with that manifest needs, and says before they are compiled for
    /// the first time what that takes.
    pub(super) fn counted(
        progress: &'a dyn Progress,
        mut metadata: Command,
        manifest: &Path,
        is_first: bool,
    ) -> Self {
        metadata.args([
            "--frozen",
            "--format-version",
            "1",
            "--filter-platform",
            TARGET,
        ]);
        let told = metadata.output().ok();
        let told = told
            .and_then(|told| MetadataCommand::parse(String::from_utf8_lossy(&told.stdout)).ok());
        let needed = told.and_then(|told| needed(&told, manifest));
        if let Some(needed) = needed.filter(|_| is_first) {
            let cores = available_parallelism().map_or(1, |cores| cores.get() as u64);
            progress.note(&format!(
                "at most {needed} crates are compiled now, once for all your projects: about {} on {cores} cores",
                duration(needed * SECONDS_PER_CRATE / cores)
            ));
        }
        Self {
            needed,
            rate: is_first.then(|| Rate::from(0)),
            ..Self::unknown(progress)
        }
    }

    /// A crate is there.
    pub(super) fn made(&mut self, artifact: &Artifact) {
        let is_script = artifact.target.kind.contains(&TargetKind::CustomBuild);
        if is_script || !self.done.insert(artifact.package_id.clone()) {
            return;
        }
        let done = self.done.len() as u64;
        let name = &artifact.target.name;
        match (self.needed, &self.rate) {
            _ if artifact.fresh => {}
            (Some(needed), Some(rate)) => {
                let needed = needed.max(done);
                let detail = format!("{name}, {}", rate.summary(done, needed));
                self.progress.advance(done, needed, "crates", &detail);
            }
            _ => self.progress.tick(&format!("crate {done}, {name}")),
        }
    }
}

/// How many packages that one needs, with those that run while it is built.
fn needed(told: &Metadata, manifest: &Path) -> Option<u64> {
    let mut packages = told.packages.iter();
    let root = packages.find(|one| one.manifest_path == manifest)?;
    let nodes = &told.resolve.as_ref()?.nodes;
    let (mut found, mut next) = (BTreeSet::from([&root.id]), vec![&root.id]);
    while let Some(id) = next.pop() {
        let node = nodes.iter().find(|node| node.id == *id)?;
        let is_needed = |kind: DependencyKind| kind != DependencyKind::Development;
        for one in &node.deps {
            let mut kinds = one.dep_kinds.iter();
            if kinds.any(|kind| is_needed(kind.kind)) && found.insert(&one.pkg) {
                next.push(&one.pkg);
            }
        }
    }
    Some(found.len() as u64)
}
