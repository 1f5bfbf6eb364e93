//! Findings as workflow commands of GitHub Actions: a line on stdout that the pull request shows
//! beside the line of the source.

use super::{CheckFinding, Level};

/// `::error file=src/lib.rs,line=3,title=layout-reorder::…`
pub fn annotation(finding: &CheckFinding) -> String {
    let level = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    };
    let mut properties = Vec::new();
    if let Some(file) = &finding.file {
        properties.push(format!("file={}", property(&file.display().to_string())));
    }
    properties.extend(finding.line.map(|line| format!("line={line}")));
    properties.push(format!("title={}", property(&finding.code)));
    let mut message = finding.message.clone();
    let more = [&finding.next, &finding.allow].into_iter().flatten();
    for more in finding.details.iter().chain(more) {
        message.push('\n');
        message.push_str(more);
    }
    format!("::{level} {}::{}", properties.join(","), data(&message))
}

/// What ends a line would end the command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
