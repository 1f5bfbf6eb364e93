//! Flowcharts from the top down: `id["label"]` and `a -->|label| b`, each on a line of its own.
//!
//! A box stands one row below the lowest box that leads to it; in a row boxes stand in the order
//! in which the source names them.

use super::text::{Lines, draw, draw_box, size, wrong};
use super::{DiagramError, STYLE};
use crate::svg::{Anchor, Svg};

const MARGIN: i32 = 16;
/// Space between two boxes of a row, at least.
const BETWEEN: i32 = 46;
/// Space between two rows, where labels stand.
const ROW: i32 = 84;

struct Node<'a> {
    id: &'a str,
    label: &'a str,
    row: usize,
    /// The box: its left upper corner and its size.
    at: (i32, i32),
    size: (i32, i32),
}

struct Edge<'a> {
    from: usize,
    to: usize,
    label: &'a str,
    answer: bool,
}

pub(super) fn render(lines: &Lines<'_>) -> Result<String, DiagramError> {
    let mut nodes: Vec<Node<'_>> = Vec::new();
    let mut edges = Vec::new();
    for &(at, text) in &lines.statements {
        if let Some((id, label)) = text
            .strip_suffix("\"]")
            .and_then(|text| text.split_once("[\""))
        {
            let (width, height) = size(label);
            nodes.push(Node {
                id,
                label,
                row: 0,
                at: (0, 0),
                size: (width + 28, height + 18),
            });
        } else {
            edges.push(edge(&nodes, at, text)?);
        }
    }
    rank(&mut nodes, &edges);
    let between = between(&nodes, &edges);
    let size = location(&mut nodes, between);
    let mut svg = Svg::new();
    svg.rect((0, 0), size, "paper");
    for node in &nodes {
        svg.rect(node.at, node.size, "box");
        let top = (node.at.0 + node.size.0 / 2, node.at.1 + 8);
        draw_box(&mut svg, top, node.label);
    }
    for edge in &edges {
        connect(&mut svg, &nodes[edge.from], &nodes[edge.to], edge);
    }
    Ok(svg.finish(size, lines.title, STYLE))
}

/// Reads `a -->|label| b`, `a --> b`, or the same with `-.->` for an answer.
fn edge<'a>(nodes: &[Node<'_>], at: usize, text: &'a str) -> Result<Edge<'a>, DiagramError> {
    let find = |id: &str| {
        nodes
            .iter()
            .position(|node| node.id == id.trim())
            .ok_or_else(|| wrong(at, "no such box", id))
    };
    let answer = text.contains("-.->");
    let arrow = if answer { "-.->" } else { "-->" };
    let Some((from, rest)) = text.split_once(arrow) else {
        return Err(wrong(at, "not a statement", text));
    };
    let (label, to) = match rest.strip_prefix('|') {
        Some(rest) => rest
            .split_once('|')
            .ok_or_else(|| wrong(at, "a label that does not end", text))?,
        None => ("", rest),
    };
    let (from, to) = (find(from)?, find(to)?);
    Ok(Edge {
        from,
        to,
        label,
        answer,
    })
}

/// Gives every box its row. Edges that lead up do not count.
fn rank(nodes: &mut [Node<'_>], edges: &[Edge<'_>]) {
    for _ in 0..nodes.len() {
        for edge in edges.iter().filter(|edge| edge.from < edge.to) {
            if !edge.answer {
                nodes[edge.to].row = nodes[edge.to].row.max(nodes[edge.from].row + 1);
            }
        }
    }
}

/// Space between two boxes of a row: the labels between them have room.
fn between(nodes: &[Node<'_>], edges: &[Edge<'_>]) -> i32 {
    let level = edges
        .iter()
        .filter(|edge| nodes[edge.from].row == nodes[edge.to].row);
    let widest = level.map(|edge| size(edge.label).0 + 30).max();
    widest.unwrap_or_default().max(BETWEEN)
}

/// Places the rows below each other, each in the middle.
fn location(nodes: &mut [Node<'_>], between: i32) -> (i32, i32) {
    let rows = nodes.iter().map(|node| node.row + 1).max().unwrap_or(0);
    let width_of = |nodes: &[Node<'_>], row: usize| {
        let boxes = nodes.iter().filter(|node| node.row == row);
        boxes.map(|node| node.size.0 + between).sum::<i32>() - between
    };
    let widest = (0..rows).map(|row| width_of(nodes, row)).max().unwrap_or(0);
    let mut y = MARGIN;
    for row in 0..rows {
        let mut x = MARGIN + (widest - width_of(nodes, row)) / 2;
        let mut tallest = 0;
        for node in nodes.iter_mut().filter(|node| node.row == row) {
            node.at = (x, y);
            x += node.size.0 + between;
            tallest = tallest.max(node.size.1);
        }
        y += tallest + ROW;
    }
    (widest + 2 * MARGIN, y - ROW + MARGIN)
}

fn connect(svg: &mut Svg, from: &Node<'_>, to: &Node<'_>, edge: &Edge<'_>) {
    let middle = |node: &Node<'_>| node.at.0 + node.size.0 / 2;
    let class = if edge.answer { "answer" } else { "arrow" };
    let (start, end) = if from.row == to.row {
        let y = from.at.1 + from.size.1 / 2;
        if from.at.0 < to.at.0 {
            ((from.at.0 + from.size.0, y), (to.at.0, y))
        } else {
            ((from.at.0, y), (to.at.0 + to.size.0, y))
        }
    } else if from.row < to.row {
        (
            (middle(from), from.at.1 + from.size.1),
            (middle(to), to.at.1),
        )
    } else {
        // An answer goes up beside the arrow that it answers.
        let side = |node: &Node<'_>| middle(node) + 40;
        ((side(from), from.at.1), (side(to), to.at.1 + to.size.1))
    };
    svg.line(start, end, class);
    if edge.label.is_empty() {
        return;
    }
    let (width, height) = size(edge.label);
    if from.row == to.row {
        let at = (i32::midpoint(start.0, end.0), start.1 - height - 4);
        draw(svg, at, Anchor::Middle, edge.label);
        return;
    }
    // Behind the middle, where arrows from one box have parted.
    let behind = |start: i32, end: i32| start + (end - start) * 6 / 10;
    let (x, y) = (behind(start.0, end.0), behind(start.1, end.1));
    let corner = (x - width / 2 - 4, y - height / 2 - 2);
    svg.rect(corner, (width + 8, height + 2), "paper");
    draw(svg, (x, corner.1), Anchor::Middle, edge.label);
}

#[test]
fn boxes_stand_below_what_leads_to_them() {
    let source = "flowchart TD\na[\"First\"]\nb[\"Second<br/>with more\"]\na -->|leads to| b\n";
    let svg = super::render(source).expect("a diagram");
    for words in ["First", "Second", "with more", "leads to"] {
        assert!(svg.contains(words), "{words}");
    }
    let refused = super::render("flowchart TD\na[\"First\"]\na --> b\n");
    assert_eq!(refused.expect_err("a refusal").line, 3);
}
