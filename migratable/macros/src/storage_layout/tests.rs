use syn::parse_quote;

use super::expand;

fn error(input: syn::DeriveInput) -> String {
    expand(&input).expect_err("it expanded").to_string()
}

#[test]
fn what_is_no_storage_struct_is_refused() {
    let choice: syn::DeriveInput = parse_quote! { enum E { A } };
    assert_eq!(error(choice), "StorageLayout is for storage structs");
    let tuple: syn::DeriveInput = parse_quote! { struct S(StorageU8); };
    assert_eq!(error(tuple), "stylus-sdk has no storage in tuple structs");
}

#[test]
fn misplaced_attributes_are_refused_with_those_that_are_known() {
    let unknown: syn::DeriveInput =
        parse_quote! { struct S { #[layout(rename = "a")] x: StorageU8 } };
    assert_eq!(
        error(unknown),
        "expected one of renamed_from, retyped_from, erc7201, opaque here, found rename"
    );
    let location: syn::DeriveInput = parse_quote! { #[layout(renamed_from = "a")] struct S {} };
    assert_eq!(
        error(location),
        "expected one of erc7201 here, found renamed_from"
    );
    let twice: syn::DeriveInput =
        parse_quote! { struct S { #[layout(opaque = "a", opaque = "b")] x: StorageU8 } };
    assert_eq!(error(twice), "opaque is given twice");
    let empty: syn::DeriveInput =
        parse_quote! { struct S { #[layout(opaque = " ")] x: StorageU8 } };
    assert_eq!(error(empty), "opaque must name something");
    let both: syn::DeriveInput =
        parse_quote! { struct S { #[layout(erc7201 = "a", renamed_from = "b")] x: StorageU8 } };
    assert!(error(both).starts_with("a namespace has a name of its own"));
    let spaces: syn::DeriveInput = parse_quote! { #[layout(erc7201 = "a b")] struct S {} };
    assert_eq!(
        error(spaces),
        "the id of an ERC-7201 namespace has no whitespace"
    );
}

/// A field of that type that the version before kept in some other form.
fn lazy(ty: &str, opaque: &str, retyped_from: &str) -> Result<String, String> {
    let ty: syn::Type = syn::parse_str(ty).expect("a type");
    let input = parse_quote! {
        struct S {
            #[layout(opaque = #opaque, retyped_from = #retyped_from)]
            field: #ty,
        }
    };
    match expand(&input) {
        Ok(tokens) => Ok(tokens.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn lazy_over_lazy_names_every_form_or_does_not_compile() {
    let (plain, first) = ("mapping(a => A)", "lazy mapping(a => B)");
    let second = "lazy mapping(a => C) over lazy mapping(a => B)";
    let third = "lazy mapping(a => D) over lazy mapping(a => C) over lazy mapping(a => B)";
    let twice = "LazyMap<K, LazyValue<A, B>, C>";
    let thrice = "LazyMap<K, lazy::LazyValue<LazyValue<A, B>, C>, D>";
    for (ty, name, before, full) in [
        ("LazyMap<K, A, B>", first, plain, first),
        (twice, "lazy mapping(a => C)", first, second),
        (twice, second, first, second),
        (thrice, "lazy mapping(a => D)", second, third),
    ] {
        let tokens = lazy(ty, name, before).expect("every form is named");
        assert!(tokens.contains(&format!("{full:?}")), "{tokens}");
    }
    for (ty, name, before) in [
        ("LazyMap<K, B, C>", "lazy mapping(a => C)", first),
        ("StorageMap<K, C>", "mapping(a => C)", first),
        (twice, "lazy mapping(a => D)", second),
        (thrice, "lazy mapping(a => C)", first),
        (twice, "lazy mapping(a => C)", plain),
    ] {
        let error = lazy(ty, name, before).expect_err(ty);
        assert!(error.contains("LazyValue"), "{error}");
    }
}

#[test]
fn a_lazy_field_names_the_form_that_it_writes_or_does_not_compile() {
    let plain = "mapping(uint256 => uint256)";
    for (ty, name) in [
        ("LazyMap<U256, U256, X>", "lazy mapping(uint256 => X)"),
        ("LazyMap<U256, X, U256>", "lazy mapping(uint256 => uint256)"),
        ("Erc7201<LazyCell<v1::A, v2::B>, Ns>", "lazy B"),
    ] {
        lazy(ty, name, plain).expect("the form is named");
    }
    let second = "LazyMap<U256, LazyValue<U256, X>, Y>";
    let first = "lazy mapping(uint256 => X)";
    lazy(second, "lazy mapping(uint256 => Y)", first).expect("both are named");
    for (ty, name, before, reason) in [
        // The name of the version before, with another form in the type.
        (
            "LazyMap<U256, X, Y>",
            "lazy mapping(uint256 => X)",
            plain,
            "name Y",
        ),
        (
            "LazyMap<U256, X, Y>",
            "lazy mapping(uint256 => uint256)",
            plain,
            "name Y",
        ),
        (
            second,
            "lazy mapping(uint256 => Y)",
            "lazy mapping(uint256 => Z)",
            "name X",
        ),
        (
            "LazyMap<U256, v1::X, v2::X>",
            "lazy mapping(uint256 => X)",
            plain,
            "two forms",
        ),
        (
            "Items",
            "lazy mapping(uint256 => X)",
            plain,
            "write its type out",
        ),
        ("LazyCell<A, (B, C)>", "lazy C", plain, "write its type out"),
        (
            "Pair<LazyCell<A, B>, LazyCell<C, D>>",
            "lazy B",
            plain,
            "a field of its own",
        ),
        (
            "StorageMap<U256, LazyCell<A, B>>",
            "items",
            plain,
            "begins with",
        ),
    ] {
        let error = lazy(ty, name, before).expect_err(ty);
        assert!(error.contains(reason), "{error}");
    }
}
