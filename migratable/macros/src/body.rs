//! What `#[initializer]`, `#[migration]`, `#[ensures]` and `#[initializing]` do to a function.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{
    Error, FnArg, Ident, ImplItemFn, Pat, Result, ReturnType, Signature, Type, parse_quote,
    spanned::Spanned,
};

use crate::{
    condition::Conditions,
    sender,
    step::{Flags, Step},
};

/// Puts the checks of a step before the body.
pub(crate) fn step(step: &Step, function: ImplItemFn) -> Result<TokenStream> {
    let ImplItemFn {
        attrs,
        vis,
        defaultness,
        sig,
        block,
    } = &function;
    check_receiver(sig)?;
    check_result(sig)?;
    check_no_proof(sig)?;
    if !step.flags.allow_sender {
        sender::refuse(block)?;
    }
    let proof = Ident::new("proof", Span::call_site());
    let (kind, value) = step.constant();
    let consume = quote_spanned!(sig.output.span()=> STEP.consume()?);
    let body = step.flags.conditions.around(sig, block);
    Ok(quote! {
        #(#attrs)*
        #vis #defaultness #sig {
            #[allow(unused_variables, unused_assignments)]
            let #proof = {
                const STEP: #kind = #value;
                ::stylus_upgradeable::__private::is_upgradeable::<Self>();
                #consume
            };
            #body
        }
    })
}

/// Puts conditions behind the body of any function that can be refused.
pub(crate) fn ensures(conditions: &Conditions, function: &ImplItemFn) -> Result<TokenStream> {
    let ImplItemFn {
        attrs,
        vis,
        defaultness,
        sig,
        block,
    } = function;
    if sig.receiver().is_none() {
        return Err(Error::new(
            sig.ident.span(),
            format!(
                "conditions are about a contract: `{}` takes `self`",
                sig.ident
            ),
        ));
    }
    if matches!(sig.output, ReturnType::Default) {
        check_result(sig)?; // of any other type the compiler knows whether it is one
    }
    let body = conditions.around(sig, block);
    Ok(quote! {
        #(#attrs)*
        #vis #defaultness #sig {
            #body
        }
    })
}

/// Adds the proof to a function's arguments.
pub(crate) fn initializing(flags: &Flags, mut function: ImplItemFn) -> Result<TokenStream> {
    if let Some(span) = flags.conditions.span() {
        return Err(Error::new(
            span,
            "a parent does not know when the step ends: declare conditions on the initializer or \
             the migration",
        ));
    }
    if !flags.allow_sender {
        sender::refuse(&function.block)?;
    }
    if !function.sig.inputs.iter().any(is_proof) {
        check_no_proof(&function.sig)?;
        let place = function.sig.receiver().is_some().into();
        let proof = Ident::new("proof", Span::call_site());
        let argument: FnArg = parse_quote!(#proof: ::stylus_upgradeable::Proof);
        function.sig.inputs.insert(place, argument);
    }
    Ok(quote! {
        #[allow(unused_variables)]
        #function
    })
}

/// A step changes the contract.
fn check_receiver(sig: &Signature) -> Result<()> {
    match sig.receiver() {
        Some(receiver) if receiver.reference.is_some() && receiver.mutability.is_some() => Ok(()),
        _ => Err(Error::new(
            sig.ident.span(),
            format!("`{}` changes the contract: it takes `&mut self`", sig.ident),
        )),
    }
}

/// A step can be refused.
fn check_result(sig: &Signature) -> Result<()> {
    let is_result = match &sig.output {
        ReturnType::Type(_, ty) => match ty.as_ref() {
            Type::Path(path) => path
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident.to_string().ends_with("Result")),
            _ => false,
        },
        ReturnType::Default => false,
    };
    if is_result {
        return Ok(());
    }
    Err(Error::new(
        sig.ident.span(),
        format!(
            "`{}` can be refused (NotInUpgrade, PostConditionFailed and others): it returns `Result<_, E>`, where `E` \
             has a variant `Migratable(MigratableError)`",
            sig.ident
        ),
    ))
}

/// The name `proof` is ours in the body.
fn check_no_proof(sig: &Signature) -> Result<()> {
    let named = sig.inputs.iter().find(|argument| match argument {
        FnArg::Typed(argument) => {
            matches!(argument.pat.as_ref(), Pat::Ident(pattern) if pattern.ident == "proof")
        }
        FnArg::Receiver(_) => false,
    });
    match named {
        None => Ok(()),
        Some(argument) => Err(Error::new(
            argument.span(),
            "the attribute binds `proof` in this body, for `#[initializing]` functions: give the \
             argument another name",
        )),
    }
}

/// Whether an argument is the proof.
fn is_proof(argument: &FnArg) -> bool {
    let FnArg::Typed(argument) = argument else {
        return false;
    };
    let Type::Path(path) = argument.ty.as_ref() else {
        return false;
    };
    path.path
        .segments
        .last()
        .is_some_and(|last| last.ident == "Proof")
}
