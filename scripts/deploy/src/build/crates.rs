//! How far a compilation is: crates done, of how many, and how long the rest takes.

use super::toolchain::TARGET;
use crate::progress::{Progress, Rate};
use crate::text::duration;
use cargo_metadata::{Artifact, PackageId, TargetKind};
use std::collections::BTreeSet;
use std::process::Command;
use std::thread::available_parallelism;

/// Seconds that a core takes for a crate, on average of what a contract needs of stylus-sdk.
const SECONDS_PER_CRATE: u64 = 1;

/// Tells of a compilation while it goes on.
pub(super) struct Crates<'a> {
    progress: &'a dyn Progress,
    /// How many are needed, where that is known.
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

    /// Where nothing was compiled yet: asks cargo by `tree` how many the package needs, and says what that takes.
    pub(super) fn counted(progress: &'a dyn Progress, mut tree: Command) -> Self {
        tree.args(["--frozen", "--target", TARGET, "--edges", "normal,build"]);
        tree.args(["--prefix", "none", "--format", "{p}"]);
        let told = tree.output().ok().filter(|told| told.status.success());
        let needed = told.map(|told| packages(&String::from_utf8_lossy(&told.stdout)));
        if let Some(needed) = needed {
            let cores = available_parallelism().map_or(1, |cores| cores.get() as u64);
            progress.note(&format!(
                "{needed} crates are compiled now, once for every profile and toolchain of your projects: about {} on {cores} \
                 cores",
                duration(needed * SECONDS_PER_CRATE / cores)
            ));
        }
        Self {
            needed,
            rate: Some(Rate::from(0)),
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

/// How many packages cargo lists, each once: what it showed before has a mark.
fn packages(listed: &str) -> u64 {
    let lines = listed.lines().filter(|line| !line.is_empty());
    let packages: BTreeSet<_> = lines.map(|line| line.trim_end_matches(" (*)")).collect();
    packages.len() as u64
}

#[test]
fn a_package_that_is_listed_twice_is_one() {
    let listed = "note v0.1.0\nsyn v2.0.1\nquote v1.0.2\nsyn v1.0.9\nsyn v2.0.1 (*)\n\n";
    assert_eq!(packages(listed), 4);
}
