//! Whether instances can be initialized at a version that no other one leads to. What cannot be a label is the
//! registry's to refuse.

use super::{Declared, Found, Runs, Way};
use crate::layout::LayoutError;
use crate::steps::check_first;
use stylus_upgrades_interface::limits::LABEL_MAX;

pub(super) fn check(way: &Way, found: &mut Found) -> Result<(), LayoutError> {
    let is_new = !way.labels.contains(&way.to) && way.to.len() <= LABEL_MAX;
    let (None, true, Runs::Nothing) = (&way.old, is_new, &way.runs) else {
        return Ok(());
    };
    let declared = way.declared.value().map(Declared::steps);
    let refused = check_first(declared.unwrap_or_default(), (&way.name, &way.to));
    found.findings.extend(refused);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::assess::{Fact, Origin};
    use crate::checks::tests::{best, ids};
    use crate::checks::{Declared, Runs};
    use stylus_layout::{DeclaredStep, StepKind};

    #[test]
    fn a_first_version_under_another_label_than_its_initializers_is_refused() {
        for (label, expected) in [("1.0", None), ("2.0", Some("initializer-of-other"))] {
            let initializer = DeclaredStep {
                kind: StepKind::Initializer,
                from: String::new(),
                to: "1.0".into(),
                signature: "initialize()".into(),
                conditions: Vec::new(),
            };
            let mut way = best();
            (way.old, way.runs, way.to) = (None, Runs::Nothing, label.into());
            way.declared = Fact::of(Declared::Steps(vec![initializer]), Origin::Build);
            (way.labels, way.current) = (Vec::new(), String::new());
            let expected: Vec<&str> = expected.into_iter().collect();
            assert_eq!(ids(&way), expected);
        }
    }
}
