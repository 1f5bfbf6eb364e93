//! The versions of a definition, drawn: one row each in order of registration, the steps between them
//! on the left, the instances where they are. The list below the drawing says the same. Of many versions
//! those around the current one are drawn, the youngest, and those with instances.

use super::lists::Listed;
use super::page::text;
use crate::model::{StepKind, Version, runs};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// Versions that are drawn, at most.
const ROWS_MAX: usize = 40;
/// Versions on each side of the current one that are drawn in any case.
const AROUND: usize = 8;
/// Instances that are drawn one by one in a row, at most.
const DOTS_MAX: usize = 12;
/// Width of the drawing.
const WIDTH: usize = 360;
/// Height of a row.
const ROW: usize = 48;
/// Where the versions stand.
const LINE: usize = 96;
/// Distance between two steps that would cover each other.
const LANE: usize = 18;
/// Steps beside each other, at most.
const LANES_MAX: usize = 5;
/// Radius of a version.
const RADIUS: usize = 7;
/// Characters that a row has room for.
const ROOM: usize = 34;

/// A step between two drawn versions.
struct Edge {
    from: usize,
    to: usize,
    kind: StepKind,
    lane: usize,
}

/// The positions of the versions that are drawn: all, where they are few. Else those around the current
/// one, then the youngest with instances, then the youngest.
pub fn window(total: usize, current: Option<usize>, used: &[usize]) -> Vec<usize> {
    if total <= ROWS_MAX {
        return (0..total).collect();
    }
    let around = current.map_or(0..0, |at| at.saturating_sub(AROUND)..at + AROUND + 1);
    let mut chosen: BTreeSet<usize> = around.filter(|at| *at < total).collect();
    for at in used.iter().rev().copied().chain((0..total).rev()) {
        if chosen.len() == ROWS_MAX {
            break;
        }
        chosen.insert(at);
    }
    chosen.into_iter().collect()
}

/// The drawing of some versions of so many; `at` counts instances by version.
pub fn graph(
    current: &str,
    drawn: &[Listed],
    at: &BTreeMap<String, usize>,
    total: usize,
) -> Markup {
    let left_out = total.saturating_sub(drawn.len());
    let height = drawn.len() * ROW;
    let gap = |row: usize, position: usize| {
        let before = row.checked_sub(1).and_then(|row| drawn.get(row));
        let next = before.map_or(0, |before| before.position + 1);
        position.saturating_sub(next)
    };
    html! {
        @if left_out > 0 { p { (left_out) " of " (total) " versions are not drawn." } }
        @if !drawn.is_empty() {
            svg.graph viewBox=(format!("0 0 {WIDTH} {height}")) role="img"
                aria-label="versions and the steps between them; the list below says the same" {
                @for edge in &edges(drawn) { (step(edge)) }
                @for (row, Listed { position, version }) in drawn.iter().enumerate() {
                    @let missing = gap(row, *position);
                    @if missing > 0 {
                        text.gap x=(LINE + RADIUS + 8) y=(row * ROW + 6) { "⋮ " (missing) " not drawn" }
                    }
                    (point(row, version, version.version == current,
                        at.get(&version.version).copied().unwrap_or_default()))
                }
            }
            p.legend {
                @for kind in [StepKind::None, StepKind::Call, StepKind::Script, StepKind::Complex] {
                    span { (sign(kind)) " " (words(kind)) } " "
                }
                span { "◉ current" } " " span { "▪ an instance" }
            }
        }
    }
}

/// The steps between drawn versions, each in a lane where it covers no other.
fn edges(drawn: &[Listed]) -> Vec<Edge> {
    let rows = drawn.iter().enumerate();
    let rows: BTreeMap<&str, usize> = rows
        .map(|(row, one)| (one.version.version.as_str(), row))
        .collect();
    let mut all: Vec<Edge> = Vec::new();
    for (to, Listed { version, .. }) in drawn.iter().enumerate() {
        for step in version.incoming() {
            let Some(from) = rows.get(step.from.as_str()).copied() else {
                continue;
            };
            let is_next = to == from + 1;
            let covers = |lane: usize| {
                all.iter()
                    .any(|other| other.lane == lane && other.from < to && from < other.to)
            };
            let lane = match is_next {
                true => 0,
                false => (1..LANES_MAX)
                    .find(|lane| !covers(*lane))
                    .unwrap_or(LANES_MAX),
            };
            all.push(Edge {
                from,
                to,
                kind: runs(step),
                lane,
            });
        }
    }
    all
}

fn middle(row: usize) -> usize {
    row * ROW + ROW / 2
}

/// A step: straight down to the next row, else around those between.
fn step(edge: &Edge) -> Markup {
    let (top, bottom) = (middle(edge.from), middle(edge.to));
    let class = format!("step step-{}", edge.kind);
    let (path, head, label) = match edge.lane {
        0 => {
            let end = bottom - RADIUS;
            let tip = format!(
                "{LINE},{end} {},{} {},{}",
                LINE - 4,
                end - 8,
                LINE + 4,
                end - 8
            );
            let path = format!("M {LINE} {} L {LINE} {}", top + RADIUS, end - 8);
            (path, tip, (LINE + 6, (top + bottom) / 2 + 4))
        }
        lane => {
            let start = LINE - RADIUS;
            // A curve goes three quarters of the way to its control points.
            let far = start.saturating_sub(lane * LANE * 4 / 3);
            let tip = format!(
                "{start},{bottom} {},{} {},{}",
                start - 8,
                bottom - 4,
                start - 8,
                bottom + 4
            );
            let path = format!(
                "M {start} {top} C {far} {top} {far} {bottom} {} {bottom}",
                start - 8
            );
            let x = start.saturating_sub(lane * LANE + 4);
            (path, tip, (x, (top + bottom) / 2 + 4))
        }
    };
    html! {
        g class=(class) {
            path d=(path) {}
            polygon points=(head) {}
            text x=(label.0) y=(label.1) { (sign(edge.kind)) }
        }
    }
}

/// A version: where it stands, its label, and the instances that are at it.
fn point(row: usize, version: &Version, is_current: bool, instances: usize) -> Markup {
    let y = middle(row);
    let x = LINE + RADIUS + 8;
    let whole = text(&version.version);
    let label = match whole.chars().count() > ROOM {
        true => whole.chars().take(ROOM - 1).chain(['…']).collect(),
        false => whole.clone(),
    };
    html! {
        g class=(if is_current { "version current" } else { "version" }) {
            title { (whole) }
            circle cx=(LINE) cy=(y) r=(RADIUS) {}
            @if is_current { circle.inner cx=(LINE) cy=(y) r=(RADIUS - 3) {} }
            text x=(x) y=(y - 3) { (label) @if is_current { " (current)" } }
            @for dot in 0..instances.min(DOTS_MAX) {
                rect.instance x=(x + dot * 12) y=(y + 4) width="8" height="8" {}
            }
            @if instances > 0 {
                text.count x=(x + instances.min(DOTS_MAX) * 12 + 4) y=(y + 12) { (instances) }
            }
        }
    }
}

/// The sign of a kind: what the line's shape says, without one.
fn sign(kind: StepKind) -> &'static str {
    match kind {
        StepKind::None => "=",
        StepKind::Call | StepKind::ForeignCall => "ƒ",
        StepKind::Script => "§",
        StepKind::Complex => "…",
        StepKind::Unknown(_) => "?",
    }
}

/// What runs in a step of that kind.
pub(super) fn words(kind: StepKind) -> &'static str {
    match kind {
        StepKind::None => "nothing runs",
        StepKind::Call => "a function of the new code",
        StepKind::ForeignCall => "a function of the new code, without the mixin",
        StepKind::Script => "a script",
        StepKind::Complex => "many transactions",
        StepKind::Unknown(_) => "a step of an unknown kind",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CodeHash, LayoutHash, SourceHash};
    use crate::model::RecordedCode;
    use crate::registry::call;
    use alloy::primitives::{Address, Bytes};

    fn version(label: &str, from: &[&str]) -> Version {
        Version {
            version: label.into(),
            code: RecordedCode {
                implementation: Address::ZERO,
                codehash: CodeHash::ZERO,
                layout: LayoutHash::ZERO,
                source: SourceHash::ZERO,
            },
            sequence: 0,
            steps: from.iter().map(|from| call(from, Bytes::new())).collect(),
        }
    }

    fn listed(version: Version) -> Listed {
        Listed {
            position: 0,
            version,
        }
    }

    #[test]
    fn a_label_that_is_too_long_is_drawn_with_a_mark_and_whole_in_its_title() {
        let label = "9".repeat(ROOM + 1);
        let drawn = point(0, &version(&label, &[]), false, 0).into_string();
        assert!(
            drawn.contains(&format!("<title>{label}</title>")),
            "{drawn}"
        );
        assert!(
            drawn.contains(&format!(">{}…<", "9".repeat(ROOM - 1))),
            "{drawn}"
        );
        let whole = "9".repeat(ROOM);
        let drawn = point(0, &version(&whole, &[]), false, 0).into_string();
        assert!(drawn.contains(&format!(">{whole}</text>")), "{drawn}");
    }

    #[test]
    fn of_many_versions_those_around_the_current_one_and_those_in_use_are_drawn() {
        assert_eq!(window(3, Some(1), &[0]), [0, 1, 2]);
        let drawn = window(1_000, Some(500), &[0, 7, 990]);
        assert_eq!(drawn.len(), ROWS_MAX);
        for at in (492..=508).chain([0, 7, 990, 999]) {
            assert!(drawn.contains(&at), "{at}: {drawn:?}");
        }
        assert!(drawn.is_sorted(), "{drawn:?}");
        let all: Vec<usize> = (0..1_000).collect();
        let drawn = window(1_000, Some(2), &all);
        assert!(drawn.contains(&0) && drawn.contains(&999), "{drawn:?}");
        assert_eq!(window(1_000, None, &[]).first(), Some(&960));
    }

    #[test]
    fn steps_that_would_cover_each_other_lie_beside_each_other() {
        let versions = [
            version("1.0", &[""]),
            version("1.1", &["1.0"]),
            version("2.0", &["1.0", "1.1"]),
            version("3.0", &["1.1", "2.0"]),
            version("4.0", &["2.0"]),
        ]
        .map(listed);
        let lanes = edges(&versions);
        let lanes: Vec<_> = lanes
            .iter()
            .map(|one| (one.from, one.to, one.lane))
            .collect();
        assert_eq!(
            lanes,
            [
                (0, 1, 0),
                (0, 2, 1),
                (1, 2, 0),
                (1, 3, 2),
                (2, 3, 0),
                (2, 4, 1)
            ]
        );
    }
}
