//! SDK constructors in the storage of adopted proxies: our own proxies have the constructor marked as run; in those
//! of others nothing keeps a stranger from running it.

use super::{Found, Way};
use crate::assess::{Finding, Part, Severity};
use crate::layout::LayoutError;

pub(super) fn check(way: &Way, found: &mut Found) -> Result<(), LayoutError> {
    let open = way.open_to_constructor.value();
    let is_seen = way.open_to_constructor.is_proven();
    let proxy = match open.map(Vec::as_slice) {
        Some([]) if is_seen => return Ok(()),
        Some([first, ..]) => first.to_string(),
        _ => "an adopted proxy".into(),
    };
    let message = format!(
        "{} has a #[constructor] that never ran in {proxy}, or cannot be read: anybody could run it there",
        way.code
    );
    let finding = Finding::named(Part::Code, Severity::Danger, "ConstructorOpen", message);
    found.findings.push(finding.with(
        "a program without an SDK constructor, or a proxy in whose storage it has run",
        "a #[constructor] of the SDK that nobody ran there yet, or a module that cannot be read",
        "nothing was sent; use code that has an #[initializer] in its place",
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::assess::{Fact, Origin};
    use crate::checks::tests::{best, ids};
    use alloy::primitives::Address;

    #[test]
    fn a_constructor_that_anybody_could_run_is_refused_and_an_authors_word_is_none() {
        let proxy = vec![Address::with_last_byte(1)];
        for (open, expected) in [
            (Fact::of(Vec::new(), Origin::Chain), None),
            (Fact::of(proxy, Origin::Chain), Some("ConstructorOpen")),
            (
                Fact::of(Vec::new(), Origin::Annotation),
                Some("ConstructorOpen"),
            ),
            (Fact::unknown("no answer"), Some("ConstructorOpen")),
        ] {
            let mut way = best();
            way.open_to_constructor = open;
            let expected: Vec<&str> = expected.into_iter().collect();
            assert_eq!(ids(&way), expected);
        }
    }
}
