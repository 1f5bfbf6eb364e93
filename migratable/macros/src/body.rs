//! Changes that `#[initializer]`, `#[migration]`, `#[ensures]` and `#[initializing]` make to a function.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{
    Error, FnArg, Ident, ImplItemFn, Pat, PatType, Result, ReturnType, Signature, Type,
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
    check_proof_is_taken(sig)?;
    if !step.flags.allow_sender {
        sender::refuse(block)?;
    }
    let proof = step.flags.proof.iter();
    let (kind, value) = step.constant();
    let consume = quote_spanned!(sig.output.span()=> STEP.consume()?);
    let body = step.flags.conditions.around(sig, block);
    Ok(quote! {
        #(#attrs)*
        #vis #defaultness #sig {
            const STEP: #kind = #value;
            ::stylus_upgradeable::__private::is_upgradeable::<Self>();
            #[allow(unused_variables)]
            let permitted = #consume;
            #(let #proof: ::stylus_upgradeable::Proof = permitted;)*
            #body
        }
    })
}

/// Puts conditions after the body of any function that can be refused.
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

/// Refuses a function that anybody could call: it takes the proof.
pub(crate) fn initializing(flags: &Flags, function: &ImplItemFn) -> Result<TokenStream> {
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
        return Err(Error::new(
            function.sig.ident.span(),
            format!(
                "`{}` runs inside an initializer or a migration, which alone have a `Proof`: take \
                 it as an argument, `proof: Proof`",
                function.sig.ident
            ),
        ));
    }
    Ok(quote! {
        #[allow(unused_variables)]
        #function
    })
}

/// Takes the argument of type `Proof` out of a step, as `#[public]` must not see it; its name.
pub(crate) fn take_proof(sig: &mut Signature) -> Result<Option<Ident>> {
    let inputs = sig.inputs.iter().enumerate();
    let locations: Vec<usize> = inputs
        .filter(|(_, argument)| is_proof(argument))
        .map(|(position, _)| position)
        .collect();
    let (position, more) = match locations.as_slice() {
        [] => return Ok(None),
        [position, more @ ..] => (*position, more),
    };
    let argument = &sig.inputs[position];
    let FnArg::Typed(PatType { pat, .. }) = argument else {
        return Ok(None);
    };
    let name = match pat.as_ref() {
        Pat::Ident(pattern) => pattern.ident.clone(),
        Pat::Wild(pattern) => Ident::new("_proof", pattern.span()),
        _ => {
            return Err(Error::new(
                argument.span(),
                "a `Proof` is taken whole, by a name",
            ));
        }
    };
    if let Some(second) = more.first() {
        return Err(Error::new(
            sig.inputs[*second].span(),
            "there is one `Proof`: a step takes it once",
        ));
    }
    let inputs = std::mem::take(&mut sig.inputs);
    let left = inputs
        .into_iter()
        .enumerate()
        .filter(|(at, _)| *at != position);
    sig.inputs = left.map(|(_, argument)| argument).collect();
    Ok(Some(name))
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

/// `#[upgradeable]`, which runs first, has taken the proof out of the arguments.
fn check_proof_is_taken(sig: &Signature) -> Result<()> {
    match sig.inputs.iter().find(|argument| is_proof(argument)) {
        None => Ok(()),
        Some(argument) => Err(Error::new(
            argument.span(),
            "a `Proof` is no argument of the ABI: `#[upgradeable]` above the `#[public]` of this \
             block leaves it out",
        )),
    }
}

/// Returns true if an argument is the proof.
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
