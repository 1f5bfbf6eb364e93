//! Whether the storage that the new version uses anew is empty on the live instances.

use super::{Found, Way};
use crate::assess::{Evidence, Finding, Origin, Part, Together};
use crate::layout::LayoutError;
use std::sync::Arc;

const PART: Part = Part::LiveInstances;

pub(super) fn check(way: &Way, found: &mut Found) -> Result<(), LayoutError> {
    let Some(pair) = way.pair() else {
        return Ok(());
    };
    // By the comparison of the layouts.
    let is_told = pair.old.known.value().is_none() || pair.new.known.value().is_none();
    let seen = way.live.about(PART);
    found.coverage.add(match is_told {
        true => seen.told(),
        false => seen,
    });
    let Some(live) = way.live.value() else {
        return Ok(());
    };
    for why in &live.notes {
        let some = Evidence::some(PART, Origin::NotKnown, why);
        found.coverage.add(some);
    }
    let to = &way.to;
    let together = Arc::new(Together {
        name: "DirtyField",
        message: format!(
            "new fields of {} {to} begin with values that an older version left there",
            way.name
        ),
        expected: "zeros where the new version uses storage anew".into(),
        found: None,
        next: "put the field where nothing was, or clear it in a migration before; if its own migration sets it, \
               declare migrates = [\"dirty:FIELD\"] in Cargo.toml"
            .into(),
    });
    for one in &live.dirty {
        let id = one.id();
        found.findings.push(match pair.why_migrated(PART, &id) {
            Some(because) => because,
            None => Finding {
                found: Some(one.line()),
                ..Finding::of_several(PART, (id, &one.field), one.line(), &together)
            },
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::assess::{Fact, Origin};
    use crate::checks::tests::{best, ids};
    use crate::layout::{Dirty, Live};

    #[test]
    fn what_lies_under_a_new_field_refuses_by_its_name() {
        let dirty = Dirty {
            field: "changes".into(),
            instance: None,
            slot: None,
            value: None,
            left_by: Some("old of 0.9".into()),
        };
        for (dirty, expected) in [(Vec::new(), None), (vec![dirty], Some("dirty:changes"))] {
            let mut way = best();
            let notes = vec!["64 of 900".to_owned()];
            way.live = Fact::of(Live { dirty, notes }, Origin::Chain);
            let expected: Vec<&str> = expected.into_iter().collect();
            assert_eq!(ids(&way), expected);
        }
    }
}
