//! A picture of a terminal.

use std::fmt::Write as _;

const LINE: i32 = 19;
const MARGIN: i32 = 18;
const HEAD: i32 = 40;
/// Width of a letter.
const LETTER: i32 = 8;

const STYLE: &str = "\
text { font: 13px ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #d7dae0; }
.window { fill: #1d2026; stroke: #3a3f4b; }
.red { fill: #ff5f57; } .yellow { fill: #febc2e; } .green { fill: #28c840; }
.command { fill: #ffffff; font-weight: bold; }
.chapter { fill: #7fb4ff; font-weight: bold; }
.done { fill: #7ee08a; }
.fact { fill: #b4bac6; }
";

/// What `command` printed, drawn as a terminal window: the chapters whose titles contain one of
/// `chapters`, and the last line. `…` stands for what is left out.
pub fn picture(command: &str, printed: &str, chapters: &[&str]) -> String {
    let mut lines = vec![("command", format!("$ {command}"))];
    for line in chosen(printed, chapters) {
        lines.push((class(line), line.trim_end().to_owned()));
    }
    let longest = lines.iter().map(|(_, line)| line.chars().count()).max();
    let width = 2 * MARGIN + LETTER * longest.unwrap_or_default() as i32;
    let height = HEAD + LINE * lines.len() as i32 + MARGIN;
    let title = escaped(&format!("What {command} prints"));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n\
         <rect x=\"1\" y=\"1\" width=\"{}\" height=\"{}\" rx=\"6\" class=\"window\"/>\n",
        width - 2,
        height - 2
    );
    for (x, class) in [(22, "red"), (42, "yellow"), (62, "green")] {
        let _ = writeln!(svg, r#"<circle cx="{x}" cy="18" r="6" class="{class}"/>"#);
    }
    for (i, (class, line)) in lines.iter().enumerate() {
        let (y, words) = (HEAD + 10 + LINE * i as i32, escaped(line));
        let _ = writeln!(
            svg,
            r#"<text x="{MARGIN}" y="{y}" class="{class}" xml:space="preserve">{words}</text>"#
        );
    }
    svg + "</svg>\n"
}

fn escaped(words: &str) -> String {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    words.replace('>', "&gt;")
}

/// The lines of the chapters that are shown.
fn chosen<'a>(printed: &'a str, chapters: &[&str]) -> Vec<&'a str> {
    let mut lines = Vec::new();
    let mut all: Vec<Vec<&str>> = Vec::new();
    for line in printed.lines() {
        match all.last_mut() {
            Some(chapter) if !line.is_empty() => chapter.push(line),
            _ => all.push(Vec::new()),
        }
    }
    let last = all.len().saturating_sub(1);
    for (i, chapter) in all.into_iter().enumerate() {
        let title = chapter.first().copied().unwrap_or_default();
        if i == last || chapters.iter().any(|shown| title.contains(shown)) {
            lines.push("");
            lines.extend(chapter);
        } else if lines.last() != Some(&"…") {
            lines.extend(["", "…"]);
        }
    }
    lines
}

fn class(line: &str) -> &'static str {
    let words = line.trim_start();
    if words.starts_with('✓') || words.starts_with("success") {
        "done"
    } else if words.starts_with('$') {
        "command"
    } else if line.starts_with(' ') {
        "fact"
    } else {
        "chapter"
    }
}

#[test]
fn a_terminal_shows_every_line_with_its_color() {
    let printed = "\nA chapter\n  $ send\n  ✓ a < b\n\nAnother\n  no\n\nThe end\n";
    let svg = picture("demo", printed, &["A chapter"]);
    assert!(!svg.contains("Another") && svg.contains("The end"));
    assert!(svg.contains(r#"class="chapter" xml:space="preserve">A chapter<"#));
    assert!(svg.contains(r#"class="done" xml:space="preserve">  ✓ a &lt; b<"#));
    assert!(svg.contains("$ demo"));
}
