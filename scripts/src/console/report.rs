//! A definition in one file: for a pull request, or for whoever audits it.

use super::action::action;
use super::assets::STYLE;
use super::page::{PageContext, UNVERIFIED, text};
use crate::governance::not_executed;
use crate::history::{Entry, LiveCheck};
use crate::model::Definition;
use crate::review::Review;
use crate::text::utc;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::fmt::Write as _;

/// What every report begins with, as a comment in both formats.
const MARK: &str = "<!-- a report of stylus-upgrades -->\n";

/// Whether a file is a report.
pub fn is_report(content: &[u8]) -> bool {
    content.starts_with(MARK.as_bytes())
}

/// What a report holds.
#[derive(Debug)]
pub struct Report<'a> {
    /// The block that it was read at.
    pub block: u64,
    /// The definition.
    pub definition: &'a Definition,
    /// Its page.
    pub page: &'a Markup,
    /// What is open.
    pub actions: &'a [Review],
    /// What happened.
    pub entries: &'a [Entry],
    /// Whether it still holds.
    pub checks: &'a [LiveCheck],
}

/// A page that loads nothing and runs nothing.
pub fn html(place: &PageContext, report: &Report<'_>) -> String {
    let name = text(&report.definition.name);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (name) " – stylus-upgrades" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    p { "chain " (place.chain_id) ", registry " code { (place.registry) }
                        ", block " (report.block) }
                    @if place.is_unverified { p { strong { (UNVERIFIED) } } }
                    (report.page)
                    @for one in report.actions { hr; (action(place, one)) }
                }
            }
        }
    };
    format!("{MARK}{}", page.into_string())
}

/// The same as Markdown.
pub fn markdown(place: &PageContext, report: &Report<'_>) -> String {
    let mut out = String::from(MARK);
    let one = report.definition;
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line(format!("# {}\n", plain(&one.name)));
    line(format!(
        "Chain {}, registry `{}`, block {}. Current: {}, sequence {}, {}.\n",
        place.chain_id,
        place.registry,
        report.block,
        plain(&one.current),
        one.sequence,
        one.state
    ));
    if place.is_unverified {
        line(format!("**{UNVERIFIED}**\n"));
    }
    line("## Versions\n".into());
    line("| version | code | hash | instances |\n|---|---|---|---|".into());
    for version in &one.versions {
        let at = one.instances.iter();
        let at = at.filter(|instance| instance.version == version.version);
        line(format!(
            "| {} | `{}` | `{}` | {} |",
            plain(&version.version),
            version.code.implementation,
            version.code.codehash,
            at.count()
        ));
    }
    line("\n## Waits\n".into());
    if report.actions.is_empty() {
        line("Nothing is open.".into());
    }
    for review in report.actions {
        line(waiting(place, review));
    }
    line("\n## Whether it still holds\n".into());
    for check in report.checks {
        let (what, found) = (plain(&check.what), plain(&check.found));
        line(match check.ok {
            true => format!("- ✓ {what}: {found}"),
            false => format!(
                "- ✗ {what}: expected {}, found {found}",
                plain(&check.expected)
            ),
        });
    }
    line("\n## What happened\n".into());
    for entry in report.entries {
        let who = plain(&place.names.short(entry.who));
        let (time, what) = (utc(entry.time), plain(&entry.what));
        line(format!("- {time}, {who}: {what} (`{}`)", entry.tx));
    }
    out
}

/// An open action.
fn waiting(place: &PageContext, review: &Review) -> String {
    let mut out = format!("### {}\n\n", plain(&review.what));
    // Writing to a String does not fail.
    let _ = writeln!(out, "Action `{}`.", review.action);
    if let Some(open) = &review.readiness {
        let list = |accounts: &[_]| match accounts {
            [] => "nobody".to_owned(),
            accounts => plain(&place.names.list(accounts)),
        };
        let _ = writeln!(
            out,
            "{}/{} approvals; approved: {}; missing: {}; not executed: {}; open until {}.\n",
            open.approvals,
            open.required,
            list(&open.approved),
            list(open.needed()),
            not_executed(open),
            utc(open.expires)
        );
    }
    for field in &review.shown.display.fields {
        let _ = writeln!(out, "- {}: {}", plain(&field.name), plain(&field.value));
    }
    for one in review.checked.iter().flat_map(|one| &one.findings) {
        let (severity, about) = (one.severity.class(), one.part.words());
        let _ = writeln!(out, "- **{severity}** {about}: {}", plain(&one.says()));
    }
    for area in review.checked.iter().flat_map(|one| &one.slots) {
        out.push_str(
            "\n| when | slot | byte | field | type | change |\n|---|---|---|---|---|---|\n",
        );
        for (when, fields) in [("before", &area.before), ("after", &area.after)] {
            for one in fields {
                let _ = writeln!(
                    out,
                    "| {when} | {} | {} | {} | {} | {} |",
                    plain(&one.slot),
                    one.offset,
                    plain(&one.label),
                    plain(&one.kind),
                    one.words()
                );
            }
        }
    }
    out
}

/// Text from anywhere that is nothing but text in Markdown. An empty comment stands where forges would
/// make a link or a mention of an account.
pub fn plain(from: &str) -> String {
    let mut out = String::with_capacity(from.len());
    for c in text(from).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("@<!-- -->"),
            ':' => out.push_str(":<!-- -->"),
            '#' | '$' => {
                out.push('\\');
                out.push(c);
                out.push_str("<!-- -->");
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '!' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.replace("www.", "www<!-- -->.")
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn text_is_no_markup() {
        let name = "<b>`x`</b>|![a](b)\u{202e}";
        let shown = plain(name);
        assert_eq!(
            shown,
            "&lt;b&gt;\\`x\\`&lt;/b&gt;\\|\\!\\[a\\](b)\\\\u{202e}"
        );
    }

    #[test]
    fn text_is_no_formula_and_no_picture() {
        let shown = plain("$x$ :bomb:");
        let expected = "\\$<!-- -->x\\$<!-- --> :<!-- -->bomb:<!-- -->";
        assert_eq!(shown, expected);
    }

    #[test]
    fn text_is_no_link_and_mentions_nobody() {
        let shown = plain("https://evil.example/a www.evil.example @torvalds a#1");
        let expected = "https:<!-- -->//evil.example/a www<!-- -->.evil.example @<!-- -->torvalds a\\#<!-- -->1";
        assert_eq!(shown, expected);
    }
}
