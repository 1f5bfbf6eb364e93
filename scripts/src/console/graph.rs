//! The versions of a definition, drawn: one row each in order of registration, the steps between them
//! on the left, the instances where they are. The list below the drawing says the same.

use super::page::text;
use super::view::{Definition, Version};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Versions that are drawn, at most: the youngest.
const ROWS_MAX: usize = 40;
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
struct Edge<'a> {
    from: usize,
    to: usize,
    kind: &'a str,
    lane: usize,
}

/// The drawing.
pub fn graph(one: &Definition) -> Markup {
    let left_out = one.versions.len().saturating_sub(ROWS_MAX);
    let drawn = one.versions.get(left_out..).unwrap_or_default();
    let height = drawn.len() * ROW;
    let at: BTreeMap<&str, usize> = one.instances.iter().fold(BTreeMap::new(), |mut at, one| {
        *at.entry(one.version.as_str()).or_default() += 1;
        at
    });
    html! {
        @if left_out > 0 { p { "The first " (left_out) " versions are not drawn." } }
        @if !drawn.is_empty() {
            svg.graph viewBox=(format!("0 0 {WIDTH} {height}")) role="img"
                aria-label="versions and the steps between them; the list below says the same" {
                @for edge in &edges(drawn) { (step(edge)) }
                @for (row, version) in drawn.iter().enumerate() {
                    (point(row, version, version.version == one.current,
                        at.get(version.version.as_str()).copied().unwrap_or_default()))
                }
            }
            p.legend {
                @for kind in ["none", "call", "script", "complex"] {
                    span { (sign(kind)) " " (words(kind)) } " "
                }
                span { "◉ current" } " " span { "▪ an instance" }
            }
        }
    }
}

/// The steps between drawn versions, each in a lane where it covers no other.
fn edges(drawn: &[Version]) -> Vec<Edge<'_>> {
    let rows = drawn.iter().enumerate();
    let rows: BTreeMap<&str, usize> = rows
        .map(|(row, version)| (version.version.as_str(), row))
        .collect();
    let mut all: Vec<Edge<'_>> = Vec::new();
    for (to, version) in drawn.iter().enumerate() {
        for step in &version.steps {
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
                kind: &step.kind,
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
fn step(edge: &Edge<'_>) -> Markup {
    let (top, bottom) = (middle(edge.from), middle(edge.to));
    let class = format!("step step-{}", kind_class(edge.kind));
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

fn kind_class(kind: &str) -> &str {
    let known = ["none", "call", "script", "complex", "foreign-call"];
    known.into_iter().find(|one| *one == kind).unwrap_or("none")
}

/// The sign of a kind: what the line's shape says, without one.
fn sign(kind: &str) -> &'static str {
    match kind {
        "none" => "=",
        "call" | "foreign-call" => "ƒ",
        "script" => "§",
        "complex" => "…",
        _ => "?",
    }
}

/// What runs in a step of that kind.
pub(super) fn words(kind: &str) -> &'static str {
    match kind {
        "none" => "nothing runs",
        "call" => "a function of the new code",
        "foreign-call" => "a function of the new code, without the mixin",
        "script" => "a script",
        "complex" => "many transactions",
        _ => "a step of an unknown kind",
    }
}

#[cfg(test)]
mod tests {
    use super::super::view::VersionStep;
    use super::*;
    use alloy::primitives::{Address, B256};

    fn version(label: &str, from: &[&str]) -> Version {
        let steps = from.iter().map(|from| VersionStep {
            from: (*from).into(),
            kind: "call".into(),
        });
        Version {
            version: label.into(),
            implementation: Address::ZERO,
            codehash: B256::ZERO,
            sequence: 0,
            steps: steps.collect(),
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
    fn steps_that_would_cover_each_other_lie_beside_each_other() {
        let versions = [
            version("1.0", &[""]),
            version("1.1", &["1.0"]),
            version("2.0", &["1.0", "1.1"]),
            version("3.0", &["1.1", "2.0"]),
            version("4.0", &["2.0"]),
        ];
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
