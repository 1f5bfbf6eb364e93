//! Renders the book's diagrams. Their sources are Mermaid, so other tools can draw them as well.
//! This renderer supports the part of Mermaid that the book uses, and refuses everything else.

mod flowchart;
mod sequence;
mod text;

use thiserror::Error;

/// What cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {reason}: {text}")]
pub struct DiagramError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
    /// The line's text.
    pub text: String,
}

/// How both kinds of diagrams look.
const STYLE: &str = "\
text { font: 13px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328; }
.small { font-size: 12px; }
.title { font-weight: 600; }
.box { fill: #eef3fb; stroke: #4a6da7; }
.note { fill: #fff8e1; stroke: #b58900; }
.frame { fill: none; stroke: #8a94a6; stroke-dasharray: 5 4; }
.lifeline { stroke: #b8c0cc; stroke-dasharray: 3 4; }
.arrow { fill: none; stroke: #3b4252; stroke-width: 1.4; marker-end: url(#head); }
.answer { fill: none; stroke: #3b4252; stroke-width: 1.2; stroke-dasharray: 6 4; marker-end: url(#head); }
.head { fill: #3b4252; }
.paper { fill: #ffffff; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.box { fill: #1b2a44; stroke: #7fa7e6; }
.note { fill: #33290a; stroke: #d0a726; }
.frame { stroke: #7d8590; }
.lifeline { stroke: #4b525c; }
.arrow, .answer { stroke: #c9d1d9; }
.head { fill: #c9d1d9; }
.paper { fill: #0d1117; }
}
";

/// Draws a diagram.
///
/// # Errors
///
/// The first line names no kind of diagram that is known, or a line is no statement of it.
pub fn render(source: &str) -> Result<String, DiagramError> {
    let lines = text::Lines::read(source);
    match lines.kind {
        "sequenceDiagram" => sequence::render(&lines),
        "flowchart TD" => flowchart::render(&lines),
        other => Err(DiagramError {
            line: 1,
            reason: "expected `sequenceDiagram` or `flowchart TD`",
            text: other.to_owned(),
        }),
    }
}
