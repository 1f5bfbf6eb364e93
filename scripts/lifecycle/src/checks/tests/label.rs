//! `label`.

use super::{best, ids};
use crate::assess::{Fact, Origin};
use crate::checks::{Declared, Runs};
use stylus_layout::{DeclaredStep, StepKind};

#[test]
fn a_first_version_under_another_label_than_its_initializers_is_refused() {
    let other = Some("initializer-of-other");
    for (label, labels, expected) in [
        ("1.0", &[][..], None),
        ("2.0", &[], other),
        ("2.0", &["2.0"], None),
    ] {
        let initializer = DeclaredStep {
            kind: StepKind::Initializer,
            from: String::new(),
            to: "1.0".into(),
            signature: "initialize()".into(),
            conditions: Vec::new(),
        };
        let mut transition = best();
        (transition.old, transition.runs, transition.to) = (None, Runs::Nothing, label.into());
        transition.declared = Fact::of(Declared::Steps(vec![initializer]), Origin::Build);
        let labels = labels.iter().map(|one| (*one).to_owned()).collect();
        (transition.labels, transition.current) = (labels, String::new());
        let expected: Vec<&str> = expected.into_iter().collect();
        assert_eq!(ids(&transition), expected);
    }
}
