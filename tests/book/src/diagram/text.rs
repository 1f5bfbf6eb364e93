//! Lines of a source, and text that is drawn on several lines.

use super::DiagramError;
use crate::svg::{Anchor, Svg};

/// Average width of a letter at 13 pixels.
const LETTER: i32 = 7;
/// Height of a line of text.
pub(super) const LINE: i32 = 17;

/// A source without comments.
pub(super) struct Lines<'a> {
    /// The first line.
    pub(super) kind: &'a str,
    /// The title, for those who do not see the picture.
    pub(super) title: &'a str,
    /// The others with their numbers, trimmed.
    pub(super) statements: Vec<(usize, &'a str)>,
}

impl<'a> Lines<'a> {
    pub(super) fn read(source: &'a str) -> Self {
        let title = source
            .lines()
            .find_map(|line| line.trim().strip_prefix("accTitle:"));
        let mut statements = source
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line.trim()))
            .filter(|(_, line)| {
                !line.is_empty() && !line.starts_with("%%") && !line.starts_with("accTitle:")
            });
        Self {
            kind: statements.next().map_or("", |(_, line)| line),
            title: title.unwrap_or_default().trim(),
            statements: statements.collect(),
        }
    }
}

/// A statement that cannot be drawn.
pub(super) fn wrong(line: usize, reason: &'static str, text: &str) -> DiagramError {
    let text = text.to_owned();
    DiagramError { line, reason, text }
}

/// A text's lines: Mermaid writes `<br/>` between them.
pub(super) fn lines(words: &str) -> Vec<&str> {
    words.split("<br/>").map(str::trim).collect()
}

/// Width and height of a text.
pub(super) fn size(words: &str) -> (i32, i32) {
    let lines = lines(words);
    let longest = lines.iter().map(|line| line.chars().count()).max();
    (
        LETTER * longest.unwrap_or_default() as i32,
        LINE * lines.len() as i32,
    )
}

/// Draws a text below `top`.
pub(super) fn draw(svg: &mut Svg, top: (i32, i32), anchor: Anchor, words: &str) {
    for (i, line) in lines(words).iter().enumerate() {
        svg.text((top.0, top.1 + 13 + LINE * i as i32), anchor, "", line);
    }
}

/// Draws the text of a box: its first line is its title.
pub(super) fn draw_box(svg: &mut Svg, top: (i32, i32), words: &str) {
    for (i, line) in lines(words).iter().enumerate() {
        let class = if i == 0 { "title" } else { "small" };
        let at = (top.0, top.1 + 13 + LINE * i as i32);
        svg.text(at, Anchor::Middle, class, line);
    }
}
