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
fn attributes_out_of_place_are_refused_with_those_that_are_known() {
    let unknown: syn::DeriveInput =
        parse_quote! { struct S { #[layout(rename = "a")] x: StorageU8 } };
    assert_eq!(
        error(unknown),
        "expected one of renamed_from, retyped_from, erc7201, opaque here, found rename"
    );
    let place: syn::DeriveInput = parse_quote! { #[layout(renamed_from = "a")] struct S {} };
    assert_eq!(
        error(place),
        "expected one of erc7201 here, found renamed_from"
    );
    let twice: syn::DeriveInput =
        parse_quote! { struct S { #[layout(opaque = "a", opaque = "b")] x: StorageU8 } };
    assert_eq!(error(twice), "opaque is given twice");
    let empty: syn::DeriveInput =
        parse_quote! { struct S { #[layout(opaque = " ")] x: StorageU8 } };
    assert_eq!(error(empty), "opaque must name something");
    let both: syn::DeriveInput =
        parse_quote! { struct S { #[layout(erc7201 = "a", opaque = "b")] x: StorageU8 } };
    assert!(error(both).starts_with("a namespace has a name of its own"));
    let spaces: syn::DeriveInput = parse_quote! { #[layout(erc7201 = "a b")] struct S {} };
    assert_eq!(
        error(spaces),
        "the id of an ERC-7201 namespace has no whitespace"
    );
}

#[test]
fn only_the_entrypoint_without_parameters_can_leave_a_section_and_only_on_wasm() {
    let gates = |input: syn::DeriveInput| -> Vec<bool> {
        let file: syn::File = syn::parse2(expand(&input).expect("it expands")).expect("it is Rust");
        let gated = |item: &syn::Item| match item {
            syn::Item::Const(item) => item
                .attrs
                .iter()
                .any(|attribute| attribute.path().is_ident("cfg")),
            _ => false,
        };
        file.items.iter().map(gated).collect()
    };
    let plain = parse_quote! { #[layout(erc7201 = "a.b")] struct S { x: StorageU8 } };
    assert_eq!(gates(plain), [false, false, true]);
    let generic = parse_quote! { struct S<T> { x: T } };
    assert_eq!(gates(generic), [false]);
}
