//! Random interfaces as a layout document publishes them: what callers can compare is all there when it
//! is read back.

use alloy::json_abi::{
    Error, Event, EventParam, Fallback, Function, JsonAbi, Param, Receive, StateMutability,
};
use proptest::prelude::*;
use stylus_layout::{Document, Layout};
use stylus_upgrades::interface::{Callable, compare};

fn ty() -> impl Strategy<Value = String> {
    let sized = |name: &'static str, unit: usize| {
        (1_usize..=32).prop_map(move |size| format!("{name}{}", size * unit))
    };
    let plain = prop_oneof![
        Just("address".to_owned()),
        Just("bool".to_owned()),
        Just("string".to_owned()),
        Just("bytes".to_owned()),
        sized("uint", 8),
        sized("int", 8),
        sized("bytes", 1),
    ];
    plain.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|all| format!("({})", all.join(","))),
            inner.clone().prop_map(|one| format!("{one}[]")),
            (inner, 1_u32..100).prop_map(|(one, size)| format!("{one}[{size}]")),
        ]
    })
}

fn params() -> impl Strategy<Value = Vec<Param>> {
    let param = ty().prop_map(|ty| Param::parse(&ty).expect("a type"));
    prop::collection::vec(param, 0..4)
}

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z_$][a-zA-Z0-9_$]{0,12}"
}

fn function() -> impl Strategy<Value = Function> {
    let promise = prop_oneof![
        Just(StateMutability::Pure),
        Just(StateMutability::View),
        Just(StateMutability::NonPayable),
        Just(StateMutability::Payable),
    ];
    (name(), params(), params(), promise).prop_map(|(name, inputs, outputs, state_mutability)| {
        Function {
            name,
            inputs,
            outputs,
            state_mutability,
        }
    })
}

fn event() -> impl Strategy<Value = Event> {
    (name(), params(), any::<[bool; 4]>(), any::<bool>()).prop_map(
        |(name, inputs, indexed, anonymous)| {
            let inputs = inputs.into_iter().zip(indexed);
            let inputs = inputs.map(|(one, indexed)| EventParam {
                ty: one.ty,
                name: one.name,
                indexed,
                components: one.components,
                internal_type: None,
            });
            Event {
                name,
                inputs: inputs.collect(),
                anonymous,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_interface_is_read_back_as_it_was_published(
        mut functions in prop::collection::vec(function(), 0..6),
        events in prop::collection::vec(event(), 0..4),
        errors in prop::collection::vec((name(), params()), 0..4),
        receive in any::<bool>(),
        fallback in prop::option::of(any::<bool>()),
    ) {
        functions.sort_by_key(Function::selector);
        functions.dedup_by_key(|one| one.selector());
        let errors = errors.into_iter().map(|(name, inputs)| Error { name, inputs });
        let mut abi = JsonAbi::new();
        for one in functions {
            abi.functions.entry(one.name.clone()).or_default().push(one);
        }
        for one in events {
            abi.events.entry(one.name.clone()).or_default().push(one);
        }
        for one in errors {
            abi.errors.entry(one.name.clone()).or_default().push(one);
        }
        abi.receive = receive.then_some(Receive {
            state_mutability: StateMutability::Payable,
        });
        abi.fallback = fallback.map(|payable| Fallback {
            state_mutability: match payable {
                true => StateMutability::Payable,
                false => StateMutability::NonPayable,
            },
        });
        let here = Callable {
            abi,
            ..Callable::default()
        };
        let document = Document {
            interface: Some(here.published().expect("an interface")),
            ..Document::of_layout(Layout::default())
        };
        let read = Document::decode(&document.encode()).expect("a document");
        let there = Callable::of_document(&read).expect("an interface");
        prop_assert_eq!(compare(&here, &there), vec![]);
        prop_assert_eq!(compare(&there, &here), vec![]);
        prop_assert_eq!(there.unseen, Vec::<String>::new());
    }
}
