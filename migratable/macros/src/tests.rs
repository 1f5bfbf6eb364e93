//! What the attributes refuse, by its message, and what they emit, by its shape. Refusals that
//! need the compiler are compiled in the documentation of `stylus-upgradeable`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse2;

use crate::{body, condition, step};

/// Expands `#[initializer(arguments)] function`.
fn initializer(arguments: TokenStream, function: TokenStream) -> Result<String, String> {
    expand_step(
        parse2::<step::Initializer>(arguments).map(Into::into),
        function,
    )
}

/// Expands `#[migration(arguments)] function`.
fn migration(arguments: TokenStream, function: TokenStream) -> Result<String, String> {
    expand_step(
        parse2::<step::Migration>(arguments).map(Into::into),
        function,
    )
}

fn expand_step(step: syn::Result<step::Step>, function: TokenStream) -> Result<String, String> {
    step.and_then(|step| body::step(&step, parse2(function)?))
        .map(|tokens| tokens.to_string())
        .map_err(|error| error.to_string())
}

/// Expands `#[initializing(arguments)] function`.
fn initializing(arguments: TokenStream, function: TokenStream) -> Result<String, String> {
    parse2::<step::Flags>(arguments)
        .and_then(|flags| body::initializing(&flags, &parse2(function)?))
        .map(|tokens| tokens.to_string())
        .map_err(|error| error.to_string())
}

/// Expands `#[ensures(arguments)] function`.
fn ensures(arguments: TokenStream, function: TokenStream) -> Result<String, String> {
    parse2::<condition::Ensures>(arguments)
        .and_then(|condition::Ensures(conditions)| body::ensures(&conditions, &parse2(function)?))
        .map(|tokens| tokens.to_string())
        .map_err(|error| error.to_string())
}

/// Expands `#[upgradeable(arguments)] block`.
fn upgradeable(arguments: TokenStream, block: TokenStream) -> String {
    let arguments = parse2(arguments).expect("arguments of the test");
    crate::upgradeable::expand(&arguments, parse2(block).expect("block of the test")).to_string()
}

#[track_caller]
fn refused(result: Result<String, String>, with: &str) {
    let message = result.expect_err("should be refused");
    assert!(message.contains(with), "{message}");
}

#[track_caller]
fn holds(text: &str, part: TokenStream) {
    let part = part.to_string();
    assert!(text.contains(&part), "`{part}` is not in `{text}`");
}

fn plain() -> TokenStream {
    quote!(
        pub fn migrate(&mut self, step: U256) -> Result<(), E> {
            self.step.set(step);
            Ok(())
        }
    )
}

#[test]
fn a_step_checks_before_its_body() {
    let text = initializer(quote!("1.0"), plain()).unwrap();
    holds(
        &text,
        quote!(::stylus_upgradeable::__private::Initializer::new("1.0")),
    );
    assert!(text.find("consume").unwrap() < text.find("set").unwrap());
    let text = migration(quote!(from = "1.0", to = "2.0"), plain()).unwrap();
    holds(
        &text,
        quote!(::stylus_upgradeable::__private::Migration::new(
            "1.0", "2.0"
        )),
    );
}

#[test]
fn a_migration_names_both_versions() {
    for arguments in [
        quote!(),
        quote!("2.0"),
        quote!(to = "2.0"),
        quote!(from = "1.0"),
        quote!(to = "2.0", from = "1.0"),
    ] {
        refused(
            migration(arguments, plain()),
            "a migration names the version that it starts from",
        );
    }
    refused(
        migration(quote!(from = "1.0", to = "1.0"), plain()),
        "leads to another version",
    );
    refused(
        migration(quote!(from = "1.0", to = "2.0", allow_all), plain()),
        "expected `allow_sender`, `nonzero(field, …)` or `holds(Self::condition, …)`, found `allow_all`",
    );
}

#[test]
fn an_initializer_names_its_version() {
    refused(initializer(quote!(), plain()), "expected the version");
    refused(initializer(quote!(1.0), plain()), "expected the version");
}

#[test]
fn a_step_returns_a_result() {
    for function in [
        quote!(
            fn f(&mut self) {}
        ),
        quote!(
            fn f(&mut self) -> U256 {
                U256::ZERO
            }
        ),
    ] {
        refused(
            initializer(quote!("1.0"), function),
            "it returns `Result<_, E>`",
        );
    }
    assert!(
        initializer(
            quote!("1.0"),
            quote!(
                fn f(&mut self) -> ArbResult {
                    Ok(vec![])
                }
            )
        )
        .is_ok()
    );
}

#[test]
fn a_step_takes_the_contract_by_mutable_reference() {
    for function in [
        quote!(
            fn f() -> Result<(), E> {
                Ok(())
            }
        ),
        quote!(
            fn f(&self) -> Result<(), E> {
                Ok(())
            }
        ),
    ] {
        refused(initializer(quote!("1.0"), function), "it takes `&mut self`");
    }
}

#[test]
fn a_step_does_not_ask_who_calls_unless_the_author_insists() {
    for body in [
        quote!(self.owner.set(self.vm().msg_sender());),
        quote!(if true {
            log!(self.vm().tx_origin());
        }),
    ] {
        let function = quote!(fn f(&mut self) -> Result<(), E> { #body Ok(()) });
        let parent = quote!(fn f(&mut self, proof: Proof) -> Result<(), E> { #body Ok(()) });
        refused(
            initializer(quote!("1.0"), function.clone()),
            "never an authority",
        );
        refused(
            migration(quote!(from = "1", to = "2"), function.clone()),
            "never an authority",
        );
        refused(initializing(quote!(), parent.clone()), "never an authority");
        assert!(initializer(quote!("1.0", allow_sender), function.clone()).is_ok());
        assert!(migration(quote!(from = "1", to = "2", allow_sender), function.clone()).is_ok());
        assert!(initializing(quote!(allow_sender), parent).is_ok());
    }
}

#[test]
fn an_initializing_function_names_its_proof() {
    let named = quote!(
        fn init(&mut self, a: U256, permit: Proof) {}
    );
    holds(&initializing(quote!(), named.clone()).unwrap(), named);
    refused(
        initializing(
            quote!(),
            quote!(
                pub fn init(&mut self, owner: Address) {}
            ),
        ),
        "take it as an argument, `proof: Proof`",
    );
}

#[test]
fn the_proof_of_a_step_has_the_name_its_author_gave_and_is_no_argument_of_the_abi() {
    for attribute in [
        quote!(#[initializer("1.0")]),
        quote!(#[migration(from = "1.0", to = "2.0", nonzero(value),)]),
    ] {
        let text = upgradeable(
            quote!(),
            quote!(
                #[public]
                impl C {
                    #attribute
                    pub fn step(&mut self, value: U256, permit: Proof) -> Result<(), E> {
                        self.parent.start(permit, value)
                    }
                }
            ),
        );
        holds(&text, quote!(pub fn step(&mut self, value: U256)));
        holds(&text, quote!(__proof(permit)));
        holds(&text, quote!(function_selector!("step", U256)));
    }
    let text = initializer(quote!("1.0", __proof(permit)), plain()).unwrap();
    holds(
        &text,
        quote!(let permit: ::stylus_upgradeable::Proof = permitted;),
    );
}

#[test]
fn a_proof_is_taken_once_by_a_name_and_below_upgradeable() {
    let block = |arguments: TokenStream| {
        quote!(
            #[public]
            impl C {
                #[initializer("1.0")]
                fn f(&mut self, #arguments) -> Result<(), E> {
                    Ok(())
                }
            }
        )
    };
    let text = upgradeable(quote!(), block(quote!(one: Proof, two: Proof)));
    assert!(text.contains("a step takes it once"), "{text}");
    let text = upgradeable(quote!(), block(quote!(Proof(inside): Proof)));
    assert!(text.contains("is taken whole"), "{text}");
    refused(
        initializer(
            quote!("1.0"),
            quote!(
                fn f(&mut self, proof: Proof) -> Result<(), E> {
                    Ok(())
                }
            ),
        ),
        "`#[upgradeable]` above the `#[public]`",
    );
}

#[test]
fn conditions_are_checked_in_their_order_behind_the_body() {
    let conditions = quote!(
        nonzero(step, state.value, pair.0),
        holds(Self::is_sum, other)
    );
    let texts = [
        quote!("nonzero(step)"),
        quote!("nonzero(state.value)"),
        quote!("nonzero(pair.0)"),
        quote!("holds(Self::is_sum)"),
        quote!("holds(other)"),
    ]
    .map(|text| text.to_string());
    for expanded in [
        initializer(quote!("1.0", #conditions), plain()),
        migration(quote!(from = "1", to = "2", #conditions), plain()),
        migration(
            quote!(from = "1", to = "2", #conditions, allow_sender,),
            plain(),
        ),
        ensures(conditions, plain()),
    ] {
        let text = expanded.expect("expands");
        let body = text.find(&quote!(self.step.set(step);).to_string());
        let mut locations = vec![body, text.find("settle")];
        locations.extend(texts.iter().map(|condition| text.find(condition)));
        assert!(locations.is_sorted() && locations[0].is_some(), "{text}");
        holds(&text, quote!(IsZero::is_zero(&self.state.value)));
        holds(&text, quote!(Self::is_sum(&*self)));
    }
    let without = migration(quote!(from = "1", to = "2"), plain()).expect("expands");
    assert!(!without.contains("settle"), "no condition costs nothing");
}

#[test]
fn a_body_that_returns_early_does_not_pass_by_its_conditions() {
    let function = quote!(
        fn f(&mut self) -> Result<(), E> {
            return Ok(());
        }
    );
    let text = ensures(quote!(nonzero(step)), function).expect("expands");
    holds(
        &text,
        quote!((|| -> Result<(), E> {
            return Ok(());
        })()?),
    );
}

#[test]
fn conditions_that_declare_nothing_are_refused() {
    let refuse = |conditions: TokenStream, with: &str| {
        refused(initializer(quote!("1.0", #conditions), plain()), with);
        refused(
            migration(quote!(from = "1", to = "2", #conditions), plain()),
            with,
        );
        refused(ensures(conditions, plain()), with);
    };
    refuse(quote!(nonzero()), "`nonzero()` declares nothing");
    refuse(quote!(holds()), "`holds()` declares nothing");
    refuse(quote!(nonzero("step")), "expected a field of the contract");
    refuse(
        quote!(nonzero(step, step)),
        "`nonzero(step)` is declared already",
    );
    refuse(
        quote!(holds(Self::a), holds(Self::a)),
        "is declared already",
    );
    refuse(quote!(holds(self.a())), "expected");
    refuse(quote!(holds(|c| true)), "expected");
    refuse(quote!(nonzero), "expected parentheses");
    refused(ensures(quote!(), plain()), "#[ensures(nonzero(owner)");
    refused(
        ensures(quote!(allow_sender), plain()),
        "#[ensures(nonzero(owner)",
    );
}

#[test]
fn conditions_stand_on_what_can_be_refused_and_ends_the_step() {
    refused(
        ensures(
            quote!(nonzero(step)),
            quote!(
                fn f(&mut self) {}
            ),
        ),
        "it returns `Result<_, E>`",
    );
    refused(
        ensures(
            quote!(nonzero(step)),
            quote!(
                fn f() -> Result<(), E> {
                    Ok(())
                }
            ),
        ),
        "takes `self`",
    );
    refused(
        initializing(quote!(nonzero(step)), plain()),
        "declare conditions on the initializer or the migration",
    );
}

#[test]
fn selectors_are_named_as_public_names_them() {
    let text = upgradeable(
        quote!(),
        quote! {
            #[public]
            impl C {
                #[payable]
                #[initializer("1.0")]
                fn set_it_up(&mut self, a: U256) -> Result<(), E> { Ok(()) }
                #[selector(name = "DOMAIN_SEPARATOR")]
                fn domain(&self) -> B256 { B256::ZERO }
                fn of(storage: &mut S, a: Address) {}
                #[receive]
                fn receive(&mut self) -> Result<(), Vec<u8>> { Ok(()) }
            }
        },
    );
    holds(
        &text,
        quote!(::stylus_sdk::function_selector!("setItUp", U256)),
    );
    holds(
        &text,
        quote!(::stylus_sdk::function_selector!("DOMAIN_SEPARATOR")),
    );
    holds(
        &text,
        quote!(::stylus_sdk::function_selector!("of", Address)),
    );
    assert!(!text.contains("name : \"receive\""), "{text}");
    holds(
        &text,
        quote!(
            const OTHERS: &[&str] = &["receive"];
        ),
    );
    holds(
        &text,
        quote!(#[implements(::stylus_upgradeable::Migratable)]),
    );
}

#[test]
fn the_mixin_joins_what_is_implemented() {
    let text = upgradeable(
        quote!(),
        quote!(
            #[public]
            #[implements(IErc20<Error = E>, IOwned)]
            impl C {}
        ),
    );
    holds(
        &text,
        quote!(#[implements(IErc20<Error = E>, IOwned, ::stylus_upgradeable::Migratable)]),
    );
    holds(
        &text,
        quote!(::stylus_upgradeable::__private::part::<C, dyn IOwned>()),
    );
}

#[test]
fn an_implemented_trait_is_described_under_its_full_name() {
    let text = upgradeable(
        quote!(),
        quote!(
            #[public]
            impl IErc20<u8> for C {
                type Error = E;
                fn total_supply(&self) -> U256 {
                    U256::ZERO
                }
            }
        ),
    );
    holds(
        &text,
        quote!(PublicInterface<dyn IErc20<u8, Error = E> > for C),
    );
    assert!(!text.contains("implements"));
}

#[test]
fn a_step_is_there_once() {
    let twice = |attribute: TokenStream| {
        upgradeable(
            quote!(),
            quote! {
                #[public]
                impl C {
                    #[#attribute] fn a(&mut self) -> Result<(), E> { Ok(()) }
                    #[#attribute] fn b(&mut self) -> Result<(), E> { Ok(()) }
                }
            },
        )
    };
    assert!(
        twice(quote!(initializer("1.0")))
            .contains("version \\\"1.0\\\" has an initializer already")
    );
    assert!(
        twice(quote!(stylus_upgradeable::migration(
            from = "1.0",
            to = "2.0"
        )))
        .contains("there is a migration from \\\"1.0\\\" to \\\"2.0\\\" already")
    );
}

#[test]
fn misplaced_attributes_are_named() {
    let text = upgradeable(quote!(), quote!(impl C {}));
    assert!(text.contains("stands above `#[public]`"));
    let text = upgradeable(
        quote!(),
        quote!(
            #[public]
            impl C {
                #[initializing]
                fn init(&mut self) {}
            }
        ),
    );
    assert!(text.contains("move it to an impl block without `#[public]`"));
    let constructed = quote!(
        #[public]
        impl C {
            #[constructor]
            fn new(&mut self) {}
        }
    );
    assert!(
        upgradeable(quote!(), constructed.clone())
            .contains("a constructor never runs behind a proxy")
    );
    assert!(!upgradeable(quote!(allow_constructor), constructed).contains("compile_error"));
}

#[test]
fn what_is_inherited_is_implemented_before_the_mixin() {
    let expanded = upgradeable(
        quote!(),
        quote! {
            #[public]
            #[inherit(Erc20, Erc721<Basic>)]
            #[implements(Permit)]
            impl Token {}
        },
    );
    holds(
        &expanded,
        quote!(#[implements(Permit, __stylus_inherited::Erc20, __stylus_inherited::Erc721, ::stylus_upgradeable::Migratable)]),
    );
    holds(
        &expanded,
        quote!(
            pub type Erc721StylusAbiStruct = Erc721<Basic>;
        ),
    );
    assert!(!expanded.contains("# [inherit"), "{expanded}");
}

#[test]
fn inheritable_blocks_hold_no_steps_and_no_special_functions() {
    let inheritable = |block: TokenStream| {
        let block = parse2(block).expect("block of the test");
        crate::inherit::inheritable(&block).to_string()
    };
    for (block, message) in [
        (
            quote! { impl Erc20 {} },
            "`#[inheritable]` stands above `#[public]`",
        ),
        (
            quote! { #[public] impl Permit for Erc20 {} },
            "is for the methods of a storage struct",
        ),
        (
            quote! { #[public] impl Erc20 { #[initializer("1.0")] fn initialize(&mut self) {} } },
            "`initialize` belongs to one version",
        ),
        (
            quote! { #[public] impl Erc20 { #[fallback] fn other(&mut self) {} } },
            "a contract does not inherit `#[fallback]`",
        ),
    ] {
        let expanded = inheritable(block);
        assert!(expanded.contains("compile_error"), "{expanded}");
        assert!(expanded.contains(message), "{expanded}");
    }
}

#[test]
fn a_type_is_inherited_once_by_its_name() {
    for (list, message) in [
        (quote!(Erc20, other::Erc20), "`Erc20` is inherited already"),
        (quote!((A, B)), "expected the name of a storage struct"),
    ] {
        let expanded = upgradeable(
            quote!(),
            quote! { #[public] #[inherit(#list)] impl Token {} },
        );
        assert!(expanded.contains(message), "{expanded}");
    }
}
