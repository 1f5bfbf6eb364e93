//! Writing SVG: text with its colours for light and dark surroundings.

use std::fmt::Write as _;

/// A picture that is being drawn. Lengths are in pixels.
pub(crate) struct Svg {
    body: String,
}

impl Svg {
    pub(crate) fn new() -> Self {
        Self {
            body: String::new(),
        }
    }

    pub(crate) fn text(&mut self, at: (i32, i32), class: &str, words: &str) {
        let (x, y) = at;
        let words = escaped(words);
        let _ = writeln!(
            self.body,
            r#"<text x="{x}" y="{y}" text-anchor="start" class="{class}" xml:space="preserve">{words}</text>"#
        );
    }

    pub(crate) fn rect(&mut self, at: (i32, i32), size: (i32, i32), class: &str) {
        let ((x, y), (width, height)) = (at, size);
        let _ = writeln!(
            self.body,
            r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" class="{class}"/>"#
        );
    }

    pub(crate) fn circle(&mut self, at: (i32, i32), radius: i32, class: &str) {
        let (x, y) = at;
        let _ = writeln!(
            self.body,
            r#"<circle cx="{x}" cy="{y}" r="{radius}" class="{class}"/>"#
        );
    }

    /// The document, of that size, described by `title` for those who do not see it.
    pub(crate) fn finish(self, size: (i32, i32), title: &str, style: &str) -> String {
        let (width, height) = size;
        let (title, body) = (escaped(title), self.body);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{title}</title>\n<style>\n{style}</style>\n\
             <defs><marker id=\"head\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" \
             markerHeight=\"7\" orient=\"auto\"><path d=\"M0,0 L10,5 L0,10 z\" class=\"head\"/>\
             </marker></defs>\n{body}</svg>\n"
        )
    }
}

fn escaped(words: &str) -> String {
    words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
