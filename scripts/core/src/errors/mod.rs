//! What the errors and the findings mean: the page of the book, a section for each name.

use crate::assess::FindingId;

/// The page, as `docs/errors.md` has it.
pub const PAGE: &str = include_str!("errors.md");

/// How a section begins.
const HEADING: &str = "\n## ";

/// Every name with its section, in the order of the page.
pub fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    let sections = PAGE.split(HEADING).skip(1);
    sections.filter_map(|section| {
        let (name, text) = section.split_once('\n')?;
        Some((name, text.trim()))
    })
}

/// The section of a name, in any case, or of the id of a finding: that of its kind, or of the family of kinds, which is
/// the last word of one (`function-removed`, `event-removed`) or the first (`unsafe-delegatecall`).
pub fn section(name: &str) -> Option<(&'static str, &'static str)> {
    let id = FindingId::new(name.to_owned());
    let words = id.kind().split_once('-').zip(id.kind().rsplit_once('-'));
    let family = words.map(|((first, _), (_, last))| [last, first]);
    let family = family.into_iter().flatten();
    let family = family.map(|word| FindingId::new(word.to_owned()).error_name());
    let of = |name: &str| sections().find(|(known, _)| known.eq_ignore_ascii_case(name));
    of(&id.error_name()).or_else(|| family.into_iter().find_map(|name| of(&name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sections_are_in_order_and_each_says_what_helps() {
        let names: Vec<&str> = sections().map(|(name, _)| name).collect();
        assert!(names.len() >= 300, "{names:?}");
        assert!(names.is_sorted(), "{names:?}");
        for (name, text) in sections() {
            assert!(text.contains("\n\n"), "{name}: {text}");
        }
    }

    #[test]
    fn a_name_is_found_in_any_case_and_by_its_id_and_others_are_not() {
        let found = |name| section(name).map(|(name, _)| name);
        assert_eq!(found("nokey"), Some("NoKey"));
        assert_eq!(found("migration-omitted"), Some("MigrationOmitted"));
        assert_eq!(found("arrival:0x12"), Some("Arrival"));
        assert_eq!(found("event-removed:Paid(uint256)"), Some("Removed"));
        assert_eq!(found("unsafe-delegatecall:run()"), Some("Unsafe"));
        assert_eq!(found("partial:source"), Some("Partial"));
        assert_eq!(found("No"), None);
    }
}
