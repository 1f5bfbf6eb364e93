//! `label`.

use super::{best, ids};
use crate::assess::{Fact, Origin};
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
        let mut transition = best();
        (transition.old, transition.runs, transition.to) = (None, Runs::Nothing, label.into());
        transition.declared = Fact::of(Declared::Steps(vec![initializer]), Origin::Build);
        (transition.labels, transition.current) = (Vec::new(), String::new());
        let expected: Vec<&str> = expected.into_iter().collect();
        assert_eq!(ids(&transition), expected);
    }
}
