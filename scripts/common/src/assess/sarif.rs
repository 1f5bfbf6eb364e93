//! Findings as a log in the Static Analysis Results Interchange Format (SARIF 2.1.0, OASIS), which code hosts and editors
//! show beside the lines of the sources.

use super::{Finding, Severity, SourceLine};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Component;

/// The schema of such a log.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The log of one run. A finding keeps its id as a fingerprint; its kind is the rule.
pub fn sarif_log(findings: &[Finding]) -> Value {
    let kinds: BTreeSet<&str> = findings.iter().map(|finding| finding.id.name()).collect();
    let rules: Vec<Value> = kinds.into_iter().map(|kind| json!({"id": kind})).collect();
    let results: Vec<Value> = findings.iter().map(result).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "stylus-upgrades",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
        }],
    })
}

fn result(finding: &Finding) -> Value {
    let level = match finding.severity {
        Severity::Danger => "error",
        Severity::Warning | Severity::Unknown => "warning",
        Severity::Note => "note",
        Severity::Good => "none",
    };
    let lines = [&finding.message].into_iter().chain(&finding.details);
    let lines: Vec<&str> = lines.chain(&finding.next).map(String::as_str).collect();
    let mut result = json!({
        "ruleId": finding.id.name(),
        "level": level,
        "message": {"text": lines.join("\n")},
        "partialFingerprints": {"findingId/v1": finding.id.to_string()},
        "locations": locations(&finding.place),
    });
    if finding.place_before.is_some() {
        result["relatedLocations"] = locations(&finding.place_before).into();
    }
    result
}

/// A place as a location. A file outside of the repository has none that a reader of the log could open.
fn locations(place: &Option<SourceLine>) -> Vec<Value> {
    let is_inside = |place: &&SourceLine| {
        let mut parts = place.file.components();
        parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
    };
    let places = place.iter().filter(is_inside);
    let places = places.map(|place| {
        json!({"physicalLocation": {
            "artifactLocation": {"uri": uri(&place.file.display().to_string()), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": place.line},
        }})
    });
    places.collect()
}

/// A relative path as a URI: all but letters, digits, `/` and `-._~` are percent-encoded.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::{FindingId, FindingKind, Part};
    use std::path::Path;

    #[test]
    fn a_finding_is_a_result_at_its_line_with_its_kind_as_the_rule() {
        let mut finding = Finding::named(
            Part::Layout,
            Severity::Danger,
            FindingId::about(FindingKind::Reorder, "owner"),
            "it moved",
        );
        finding.next = Some("declare it".into());
        let place = Some((Path::new("/r/a b/lib.rs"), 3));
        let placed = finding.at(place, Path::new("/r"));
        let note = Finding::named(
            Part::Source,
            Severity::Note,
            FindingId::about(FindingKind::Reorder, "cap"),
            "as before",
        );
        let log = sarif_log(&[placed, note]);
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"], json!([{"id": "reorder"}]));
        let expected = json!({
            "ruleId": "reorder",
            "level": "error",
            "message": {"text": "it moved\ndeclare it"},
            "partialFingerprints": {"findingId/v1": "reorder:owner"},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": "a%20b/lib.rs", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 3},
            }}],
        });
        assert_eq!(run["results"][0], expected);
        assert_eq!(run["results"][1]["locations"], json!([]));
    }

    #[test]
    fn a_field_has_its_line_in_the_version_before_as_a_related_location() {
        let finding = Finding::named(
            Part::Layout,
            Severity::Danger,
            FindingId::about(FindingKind::Reorder, "owner"),
            "it moved",
        );
        let finding = finding.declared_at(Some("src/Box.sol:5"), Some("src/Box.sol:6:9"));
        let log = sarif_log(std::slice::from_ref(&finding));
        let lines = ["locations", "relatedLocations"].map(|key| {
            let place = &log["runs"][0]["results"][0][key][0]["physicalLocation"];
            place["region"]["startLine"].clone()
        });
        assert_eq!(lines, [json!(5), json!(6)]);
        assert!(
            finding
                .line()
                .contains("src/Box.sol:5 (before: src/Box.sol:6)")
        );
        let gone = finding.declared_at(None, Some("src/Box.sol:6"));
        assert_eq!(gone.place.map(|place| place.line), Some(6));
        assert_eq!(gone.place_before, None);
    }
}
