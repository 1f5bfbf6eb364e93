//! Findings as workflow commands of GitHub Actions: a line on stdout that the pull request shows
//! beside the line of the source.

use super::{Finding, Severity};

/// `::error file=src/lib.rs,line=3,title=layout-reorder::…`
pub fn annotation(finding: &Finding) -> String {
    let level = match finding.severity {
        Severity::Danger => "error",
        Severity::Warning | Severity::Unknown => "warning",
        Severity::Note | Severity::Good => "notice",
    };
    let mut properties = Vec::new();
    if let Some(place) = &finding.place {
        properties.push(format!(
            "file={}",
            property(&place.file.display().to_string())
        ));
        properties.push(format!("line={}", place.line));
    }
    properties.push(format!("title={}", property(&finding.id.to_string())));
    let mut message = finding.message.clone();
    for more in finding.details.iter().chain(&finding.next) {
        message.push('\n');
        message.push_str(more);
    }
    format!("::{level} {}::{}", properties.join(","), data(&message))
}

/// Escapes what ends a line: it would end the command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::{FindingId, FindingKind, Part};
    use std::path::Path;

    #[test]
    fn an_annotation_is_one_line_that_no_text_can_break_out_of() {
        let mut finding = Finding::named(
            Part::Layout,
            Severity::Danger,
            FindingId::about(FindingKind::Reorder, "owner"),
            "moved\r\n::error::100%",
        );
        finding.next = Some("declare it".into());
        let place = Some((Path::new("/r/a,b:c/lib.rs"), 3));
        assert_eq!(
            annotation(&finding.at(place, Path::new("/r"))),
            "::error file=a%2Cb%3Ac/lib.rs,line=3,title=reorder%3Aowner::moved%0D%0A::error::100%25%0Adeclare it"
        );
    }
}
