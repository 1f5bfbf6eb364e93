use super::*;
use crate::migratable::declare::Kind;

const fn functions<const N: usize>(selectors: [u32; N]) -> [Function; N] {
    let mut all = [const {
        Function {
            selector: 0,
            name: "f",
            sol_name: "f",
            arguments: &[],
            mutability: "",
            returns: Types::one("bool"),
        }
    }; N];
    let mut i = 0;
    while i < N {
        all[i].selector = selectors[i];
        i += 1;
    }
    all
}

#[test]
fn the_reserved_selectors_are_those_of_the_proxy() {
    let selectors = RESERVED.map(|function| function.selector);
    assert_eq!(selectors[0], 0x5c60_da1b, "implementation()");
    assert!(
        RESERVED
            .iter()
            .all(|function| function.signature.ends_with(')'))
    );
}

#[test]
#[should_panic(expected = "the proxy answers the selector of `f` itself, as `registry()`")]
fn a_reserved_selector_is_refused() {
    assert_not_reserved(&functions([RESERVED[1].selector])[0]);
}

#[test]
#[should_panic(expected = "have the same selector")]
fn a_selector_in_two_parts_is_refused() {
    static ONE: [Function; 2] = functions([1, 2]);
    static TWO: [Function; 2] = functions([3, 2]);
    let part = |functions: &'static [Function]| Part {
        functions,
        steps: &[],
    };
    assert_disjoint(&[part(&ONE), part(&[]), part(&TWO)]);
}

#[test]
#[should_panic(expected = "a step from \"1.0\" to \"2.0\"")]
fn a_step_in_two_parts_is_refused() {
    static STEPS: [Declared; 1] = [Declared {
        kind: Kind::Migration,
        from: "1.0",
        to: "2.0",
        function: "migrate",
        arguments: &[],
        conditions: &[],
    }];
    let part = Part {
        functions: &[],
        steps: &STEPS,
    };
    assert_disjoint(&[part, part]);
}
