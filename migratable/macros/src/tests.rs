//! What the attributes refuse, by its message, and what they emit, by its shape. Refusals that
//! need the compiler are compiled in the documentation of `stylus-upgradeable`.

use proc_macro2::TokenStream;
use syn::parse::Parse;
use syn::parse_str;

use crate::{body, condition, inherit, step};

/// A function that an attribute stands on.
const PLAIN: &str =
    "pub fn migrate(&mut self, step: U256) -> Result<(), E> { self.step.set(step); Ok(()) }";

type Expanded = Result<String, String>;

/// What an attribute with these arguments makes of that.
fn expanded<A: Parse, I: Parse>(
    (arguments, item): (&str, &str),
    expand: impl FnOnce(A, I) -> syn::Result<TokenStream>,
) -> Expanded {
    let tokens = parse_str(arguments).and_then(|arguments| expand(arguments, parse_str(item)?));
    tokens
        .map(|tokens| tokens.to_string())
        .map_err(|error| error.to_string())
}

/// Expands `#[initializer(arguments)] function`.
fn initializer(arguments: &str, function: &str) -> Expanded {
    expanded(
        (arguments, function),
        |step: step::Initializer, function| body::step(&step.into(), function),
    )
}

/// Expands `#[migration(arguments)] function`.
fn migration(arguments: &str, function: &str) -> Expanded {
    expanded((arguments, function), |step: step::Migration, function| {
        body::step(&step.into(), function)
    })
}

/// Expands `#[initializing(arguments)] function`.
fn initializing(arguments: &str, function: &str) -> Expanded {
    expanded((arguments, function), |flags: step::Flags, function| {
        body::initializing(&flags, &function)
    })
}

/// Expands `#[ensures(arguments)] function`.
fn ensures(arguments: &str, function: &str) -> Expanded {
    expanded(
        (arguments, function),
        |condition::Ensures(all), function| body::ensures(&all, &function),
    )
}

/// Expands `#[upgradeable(arguments)] block`.
fn upgradeable(arguments: &str, block: &str) -> String {
    let expand = |arguments, block| Ok(crate::upgradeable::expand(&arguments, block));
    expanded((arguments, block), expand).expect("a block of the test")
}

#[track_caller]
fn refused(result: Expanded, with: &str) {
    let message = result.expect_err("should be refused");
    assert!(message.contains(with), "{message}");
}

/// Rust without spaces: where tokens print some depends on who made them.
fn spaceless(rust: &str) -> String {
    rust.chars().filter(|one| !one.is_whitespace()).collect()
}

#[track_caller]
fn holds(text: &str, part: &str) {
    let found = spaceless(text).contains(&spaceless(part));
    assert!(found, "`{part}` is not in `{text}`");
}

#[test]
fn a_step_checks_before_its_body() {
    let text = initializer(r#""1.0""#, PLAIN).unwrap();
    let new = r#"::stylus_upgradeable::__private::Initializer::new("1.0")"#;
    holds(&text, new);
    assert!(text.find("consume").unwrap() < text.find("set").unwrap());
    let text = migration(r#"from = "1.0", to = "2.0""#, PLAIN).unwrap();
    let new = r#"::stylus_upgradeable::__private::Migration::new("1.0", "2.0")"#;
    holds(&text, new);
}

#[test]
fn a_migration_names_both_versions() {
    for arguments in [
        "",
        r#""2.0""#,
        r#"to = "2.0""#,
        r#"from = "1.0""#,
        r#"to = "2.0", from = "1.0""#,
    ] {
        let message = "a migration names the version that it starts from";
        refused(migration(arguments, PLAIN), message);
    }
    let same = migration(r#"from = "1.0", to = "1.0""#, PLAIN);
    refused(same, "leads to another version");
    refused(
        migration(r#"from = "1.0", to = "2.0", allow_all"#, PLAIN),
        "expected `allow_sender`, `nonzero(field, …)` or `holds(Self::condition, …)`, found `allow_all`",
    );
}

#[test]
fn an_initializer_names_its_version() {
    refused(initializer("", PLAIN), "expected the version");
    refused(initializer("1.0", PLAIN), "expected the version");
}

#[test]
fn a_step_returns_a_result() {
    for function in [
        "fn f(&mut self) {}",
        "fn f(&mut self) -> U256 { U256::ZERO }",
    ] {
        let found = initializer(r#""1.0""#, function);
        refused(found, "it returns `Result<_, E>`");
    }
    let named = "fn f(&mut self) -> ArbResult { Ok(vec![]) }";
    assert!(initializer(r#""1.0""#, named).is_ok());
}

#[test]
fn a_step_takes_the_contract_by_mutable_reference() {
    for function in [
        "fn f() -> Result<(), E> { Ok(()) }",
        "fn f(&self) -> Result<(), E> { Ok(()) }",
    ] {
        refused(initializer(r#""1.0""#, function), "it takes `&mut self`");
    }
}

#[test]
fn a_step_does_not_ask_who_calls_unless_the_author_insists() {
    for body in [
        "self.owner.set(self.vm().msg_sender());",
        "if true { log!(self.vm().tx_origin()); }",
    ] {
        let function = format!("fn f(&mut self) -> Result<(), E> {{ {body} Ok(()) }}");
        let parent = format!("fn f(&mut self, proof: Proof) -> Result<(), E> {{ {body} Ok(()) }}");
        let both = r#"from = "1", to = "2""#;
        for found in [
            initializer(r#""1.0""#, &function),
            migration(both, &function),
            initializing("", &parent),
        ] {
            refused(found, "never an authority");
        }
        assert!(initializer(r#""1.0", allow_sender"#, &function).is_ok());
        assert!(migration(&format!("{both}, allow_sender"), &function).is_ok());
        assert!(initializing("allow_sender", &parent).is_ok());
    }
}

#[test]
fn an_initializing_function_names_its_proof() {
    let named = "fn init(&mut self, a: U256, permit: Proof) {}";
    holds(&initializing("", named).unwrap(), named);
    refused(
        initializing("", "pub fn init(&mut self, owner: Address) {}"),
        "take it as an argument, `proof: Proof`",
    );
}

#[test]
fn the_proof_of_a_step_has_the_name_its_author_gave_and_is_no_argument_of_the_abi() {
    for attribute in [
        r#"#[initializer("1.0")]"#,
        r#"#[migration(from = "1.0", to = "2.0", nonzero(value),)]"#,
    ] {
        let block = format!(
            "#[public]
            impl C {{
                {attribute}
                pub fn step(&mut self, value: U256, permit: Proof) -> Result<(), E> {{
                    self.parent.start(permit, value)
                }}
            }}"
        );
        let text = upgradeable("", &block);
        holds(&text, "pub fn step(&mut self, value: U256)");
        holds(&text, "__proof(permit)");
        holds(&text, r#"function_selector!("step", U256)"#);
    }
    let text = initializer(r#""1.0", __proof(permit)"#, PLAIN).unwrap();
    holds(
        &text,
        "let permit: ::stylus_upgradeable::Proof = permitted;",
    );
}

#[test]
fn a_proof_is_taken_once_by_a_name_and_below_upgradeable() {
    for (arguments, message) in [
        ("one: Proof, two: Proof", "a step takes it once"),
        ("Proof(inside): Proof", "is taken whole"),
    ] {
        let function = format!("fn f(&mut self, {arguments}) -> Result<(), E> {{ Ok(()) }}");
        let block = format!(r#"#[public] impl C {{ #[initializer("1.0")] {function} }}"#);
        let text = upgradeable("", &block);
        assert!(text.contains(message), "{text}");
    }
    refused(
        initializer(
            r#""1.0""#,
            "fn f(&mut self, proof: Proof) -> Result<(), E> { Ok(()) }",
        ),
        "`#[upgradeable]` above the `#[public]`",
    );
}

#[test]
fn conditions_are_checked_in_their_order_after_the_body() {
    let conditions = "nonzero(step, state.value, pair.0), holds(Self::is_sum, other)";
    let texts = [
        r#""nonzero(step)""#,
        r#""nonzero(state.value)""#,
        r#""nonzero(pair.0)""#,
        r#""holds(Self::is_sum)""#,
        r#""holds(other)""#,
    ];
    let both = format!(r#"from = "1", to = "2", {conditions}"#);
    for expanded in [
        initializer(&format!(r#""1.0", {conditions}"#), PLAIN),
        migration(&both, PLAIN),
        migration(&format!("{both}, allow_sender,"), PLAIN),
        ensures(conditions, PLAIN),
    ] {
        let text = spaceless(&expanded.expect("expands"));
        let body = text.find("self.step.set(step);");
        let mut locations = vec![body, text.find("settle")];
        locations.extend(texts.iter().map(|condition| text.find(condition)));
        assert!(locations.is_sorted() && locations[0].is_some(), "{text}");
        holds(&text, "IsZero::is_zero(&self.state.value)");
        holds(&text, "Self::is_sum(&*self)");
    }
    let without = migration(r#"from = "1", to = "2""#, PLAIN).expect("expands");
    assert!(!without.contains("settle"), "no condition costs nothing");
}

#[test]
fn a_body_that_returns_early_does_not_pass_by_its_conditions() {
    let function = "fn f(&mut self) -> Result<(), E> { return Ok(()); }";
    let text = ensures("nonzero(step)", function).expect("expands");
    holds(&text, "(|| -> Result<(), E> { return Ok(()); })()?");
}

#[test]
fn conditions_that_declare_nothing_are_refused() {
    for (conditions, message) in [
        ("nonzero()", "`nonzero()` declares nothing"),
        ("holds()", "`holds()` declares nothing"),
        (r#"nonzero("step")"#, "expected a field of the contract"),
        ("nonzero(step, step)", "`nonzero(step)` is declared already"),
        ("holds(Self::a), holds(Self::a)", "is declared already"),
        ("holds(self.a())", "expected"),
        ("holds(|c| true)", "expected"),
        ("nonzero", "expected parentheses"),
    ] {
        for found in [
            initializer(&format!(r#""1.0", {conditions}"#), PLAIN),
            migration(&format!(r#"from = "1", to = "2", {conditions}"#), PLAIN),
            ensures(conditions, PLAIN),
        ] {
            refused(found, message);
        }
    }
    refused(ensures("", PLAIN), "#[ensures(nonzero(owner)");
    refused(ensures("allow_sender", PLAIN), "#[ensures(nonzero(owner)");
}

#[test]
fn conditions_stand_on_what_can_be_refused_and_ends_the_step() {
    for (function, message) in [
        ("fn f(&mut self) {}", "it returns `Result<_, E>`"),
        ("fn f() -> Result<(), E> { Ok(()) }", "takes `self`"),
    ] {
        refused(ensures("nonzero(step)", function), message);
    }
    refused(
        initializing("nonzero(step)", PLAIN),
        "declare conditions on the initializer or the migration",
    );
}

#[test]
fn selectors_are_named_as_public_names_them() {
    let text = upgradeable(
        "",
        r#"#[public]
        impl C {
            #[payable]
            #[initializer("1.0")]
            fn set_it_up(&mut self, a: U256) -> Result<(), E> { Ok(()) }
            #[selector(name = "DOMAIN_SEPARATOR")]
            fn domain(&self) -> B256 { B256::ZERO }
            fn of(storage: &mut S, a: Address) {}
            #[receive]
            fn receive(&mut self) -> Result<(), Vec<u8>> { Ok(()) }
        }"#,
    );
    for part in [
        r#"::stylus_sdk::function_selector!("setItUp", U256)"#,
        r#"::stylus_sdk::function_selector!("DOMAIN_SEPARATOR")"#,
        r#"::stylus_sdk::function_selector!("of", Address)"#,
        r#"const OTHERS: &[&str] = &["receive"];"#,
        "#[implements(::stylus_upgradeable::Migratable)]",
    ] {
        holds(&text, part);
    }
    assert!(!text.contains("name : \"receive\""), "{text}");
}

#[test]
fn the_mixin_joins_what_is_implemented() {
    let block = "#[public] #[implements(IErc20<Error = E>, IOwned)] impl C {}";
    let text = upgradeable("", block);
    holds(
        &text,
        "#[implements(IErc20<Error = E>, IOwned, ::stylus_upgradeable::Migratable)]",
    );
    holds(
        &text,
        "::stylus_upgradeable::__private::part::<C, dyn IOwned>()",
    );
}

#[test]
fn an_implemented_trait_is_described_under_its_full_name() {
    let text = upgradeable(
        "",
        "#[public]
        impl IErc20<u8> for C {
            type Error = E;
            fn total_supply(&self) -> U256 { U256::ZERO }
        }",
    );
    holds(&text, "PublicInterface<dyn IErc20<u8, Error = E> > for C");
    assert!(!text.contains("implements"));
}

#[test]
fn a_step_is_there_once() {
    for (attribute, message) in [
        (
            r#"initializer("1.0")"#,
            r#"version \"1.0\" has an initializer already"#,
        ),
        (
            r#"stylus_upgradeable::migration(from = "1.0", to = "2.0")"#,
            r#"there is a migration from \"1.0\" to \"2.0\" already"#,
        ),
    ] {
        let step =
            |name| format!("#[{attribute}] fn {name}(&mut self) -> Result<(), E> {{ Ok(()) }}");
        let (one, other) = (step("a"), step("b"));
        let text = upgradeable("", &format!("#[public] impl C {{ {one} {other} }}"));
        assert!(text.contains(message), "{text}");
    }
}

#[test]
fn misplaced_attributes_are_named() {
    let constructed = "#[public] impl C { #[constructor] fn new(&mut self) {} }";
    for (block, message) in [
        ("impl C {}", "stands above `#[public]`"),
        (
            "#[public] impl C { #[initializing] fn init(&mut self) {} }",
            "move it to an impl block without `#[public]`",
        ),
        (constructed, "a constructor never runs behind a proxy"),
    ] {
        let text = upgradeable("", block);
        assert!(text.contains(message), "{text}");
    }
    assert!(!upgradeable("allow_constructor", constructed).contains("compile_error"));
}

#[test]
fn what_is_inherited_is_implemented_before_the_mixin() {
    let block = "#[public] #[inherit(Erc20, Erc721<Basic>)] #[implements(Permit)] impl Token {}";
    let expanded = upgradeable("", block);
    holds(
        &expanded,
        "#[implements(Permit, __stylus_inherited::Erc20, __stylus_inherited::Erc721, ::stylus_upgradeable::Migratable)]",
    );
    let alias = "pub type Erc721StylusAbiStruct = Erc721<Basic>;";
    holds(&expanded, alias);
    assert!(!expanded.contains("# [inherit"), "{expanded}");
}

#[test]
fn inheritable_blocks_hold_no_steps_and_no_special_functions() {
    for (block, message) in [
        ("impl Erc20 {}", "`#[inheritable]` stands above `#[public]`"),
        (
            "#[public] impl Permit for Erc20 {}",
            "is for the methods of a storage struct",
        ),
        (
            r#"#[public] impl Erc20 { #[initializer("1.0")] fn initialize(&mut self) {} }"#,
            "`initialize` belongs to one version",
        ),
        (
            "#[public] impl Erc20 { #[fallback] fn other(&mut self) {} }",
            "a contract does not inherit `#[fallback]`",
        ),
    ] {
        let expanded = inherit::inheritable(&parse_str(block).expect("a block")).to_string();
        assert!(expanded.contains("compile_error"), "{expanded}");
        assert!(expanded.contains(message), "{expanded}");
    }
}

#[test]
fn a_type_is_inherited_once_by_its_name() {
    for (list, message) in [
        ("Erc20, other::Erc20", "`Erc20` is inherited already"),
        ("(A, B)", "expected the name of a storage struct"),
    ] {
        let expanded = upgradeable("", &format!("#[public] #[inherit({list})] impl Token {{}}"));
        assert!(expanded.contains(message), "{expanded}");
    }
}
