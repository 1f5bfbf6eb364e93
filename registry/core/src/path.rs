//! The search for a path between two versions of a definition.
//!
//! A step leads from an older version to a younger one, so the search runs backwards from the
//! target, breadth first, incoming steps in their order of registration: the first path that it finds
//! has the fewest steps.

use alloc::vec::Vec;

use stylus_upgrades_interface::{ids::VersionIndex, limits::PATH_VISITS_MAX};

/// One step of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathEdge {
    /// Index of the version that it leaves.
    pub from: VersionIndex,
    /// Index of the version that it reaches.
    pub to: VersionIndex,
    /// Position among the steps into `to`.
    pub position: usize,
}

/// A version that the search has reached.
struct SearchVisit {
    version: VersionIndex,
    /// Position of the visit that led here, and the way that was taken.
    next: usize,
    position: usize,
}

/// The path from one version to another, in the order in which its steps run, however long it is. `None` where there is
/// none, or it is not among the first [`PATH_VISITS_MAX`] versions that the search reaches. `incoming_of` answers the
/// indices of the versions that the steps into a version leave.
pub fn find(
    from: VersionIndex,
    to: VersionIndex,
    mut incoming_of: impl FnMut(VersionIndex) -> Vec<VersionIndex>,
) -> Option<Vec<PathEdge>> {
    let mut visits: Vec<SearchVisit> = alloc::vec![SearchVisit {
        version: to,
        next: 0,
        position: 0,
    }];
    let mut at = 0;
    while let Some(visit) = visits.get(at) {
        for (position, earlier) in incoming_of(visit.version).into_iter().enumerate() {
            if earlier < from || visits.iter().any(|seen| seen.version == earlier) {
                continue; // older than the start: no path from there
            }
            if visits.len() >= PATH_VISITS_MAX {
                return None;
            }
            visits.push(SearchVisit {
                version: earlier,
                next: at,
                position,
            });
            if earlier == from {
                return edges(&visits);
            }
        }
        at += 1;
    }
    None
}

/// The path from the last visit to the first.
fn edges(visits: &[SearchVisit]) -> Option<Vec<PathEdge>> {
    let mut path = Vec::new();
    let mut at = visits.len().checked_sub(1)?;
    while at != 0 {
        let visit = visits.get(at)?;
        path.push(PathEdge {
            from: visit.version,
            to: visits.get(visit.next)?.version,
            position: visit.position,
        });
        at = visit.next;
    }
    Some(path)
}

#[cfg(test)]
mod tests;
