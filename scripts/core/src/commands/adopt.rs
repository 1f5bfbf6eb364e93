//! `adopt`: proxies of OpenZeppelin become instances.

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::context::prelude::*;
use crate::governance::{GovernedCall, kind_in_words};
use crate::pipeline::adoption::{found, require_given, wasm_proxy};

use crate::options::StorageArgs;
use crate::pipeline::check_options::CheckOptions;
use crate::pipeline::effects::Governed;
use crate::pipeline::judge::check_and_send;
use crate::registry::{candidate, given_to};
use crate::text::shell_word;
use clap::Args;
use std::path::PathBuf;

/// `adopt`.
pub(crate) static SPEC: Spec<AdoptArgs> = Spec {
    name: "adopt",
    about: "Make a proxy of OpenZeppelin an instance, or accept one from another registry",
    group: Group::Upgrade,
    examples: &[
        "adopt Token token 2.0 --layout new.json --runs-layout old.json --account ana",
        "adopt Counter counter 1.0 --from old-registry --account ana",
        "adopt Counter counter 1.0 --withdraw --account ana",
    ],
    writes: no_file,
    governed: Governs::Always,
    reports: || {
        vec![
            report_type::<Governed<Adoption>>(),
            report_type::<Governed<Acceptance>>(),
        ]
    },
    run: |context, args| Box::pin(run(context, args)),
};

/// An adoption.
#[derive(Debug, Args)]
pub(crate) struct AdoptArgs {
    /// The definition
    pub name: String,
    /// The proxy, an address or an alias: a transparent proxy 4.x or 5.x or a UUPS proxy of
    /// OpenZeppelin. With --from: an instance of that registry, which then transfers it
    pub proxy: String,
    /// The version that it gets: it is upgraded to that code. With --from, its data must be at that version
    /// already
    pub version: String,
    /// Accept it from this registry, which then transfers it
    #[arg(long, value_name = "REGISTRY")]
    pub from: Option<String>,
    /// Withdraw the acceptance
    #[arg(long, conflicts_with = "from")]
    pub withdraw: bool,
    /// The layout of the code that it runs now, if that is not a version of the definition: a compiler's JSON
    #[arg(long, value_name = "FILE")]
    pub runs_layout: Option<PathBuf>,
    /// Arguments about its storage.
    #[command(flatten)]
    pub storage: StorageArgs,
}

/// Adopts a proxy, or accepts one from another registry.
pub(crate) async fn run(context: &Context, args: &AdoptArgs) -> Result<Outcome> {
    if args.from.is_some() || args.withdraw {
        accept(context, args).await
    } else {
        adopt(context, args).await
    }
}

/// Makes a proxy an instance at a version.
async fn adopt(context: &Context, args: &AdoptArgs) -> Result<Outcome> {
    let session = Session::sending(context, "adopt").await?;
    let registry = session.registry;
    let proxy = context.manifest.address(&args.proxy)?;
    let name = args.name.as_str();
    let found = candidate(
        registry.client,
        (registry.address, name),
        wasm_proxy()?,
        proxy,
    )
    .await?;
    if !found.kind.is_adopted() {
        let from = found.authority.unwrap_or_default();
        let message = format!("{proxy} is already managed by the registry {from}");
        let next = format!(
            "nothing was sent; run stylus-upgrades adopt {} {proxy} {} --from {from} to accept it, then have that \
             registry transfer it",
            shell_word(name),
            shell_word(&args.version)
        );
        let expected = "--from with the registry that transfers it";
        return Err(Refusal::new("OfRegistry", message)
            .with(expected, "no --from", next)
            .into());
    }
    let admin = given_to(registry.address, name);
    let adoption = Adoption {
        name: args.name.clone(),
        version: args.version.clone(),
        proxy,
        kind: kind_in_words(found.kind),
        runs: found.implementation,
        admin,
    };
    let call = abi::adoptCall {
        name: args.name.clone(),
        proxy,
        kind: found.kind.number(),
        version: args.version.clone(),
    };
    require_given(session, &call, &found, options(session, args)).await?;
    if found.authority.is_none() {
        context.note(format!(
            "the proxy does not expose its admin. It must be {admin} (the admin of {name}); a simulated call \
             tests this first"
        ));
    }
    decided(session, args, call.abi_encode().into(), adoption).await
}

/// A proxy that is adopted.
#[derive(Serialize)]
pub(crate) struct Adoption {
    /// The definition.
    name: String,
    /// The version that the instance starts at.
    version: String,
    /// The proxy.
    proxy: Address,
    /// Its kind.
    kind: String,
    /// The implementation that it runs now.
    runs: Address,
    /// The required admin: the account of the definition.
    admin: Address,
}

impl CommandReport for Adoption {
    fn lines(&self, _: &Names) -> Vec<String> {
        let Self {
            proxy, kind, runs, ..
        } = self;
        vec![format!("{proxy}  a {kind} that runs {runs}")]
    }
}

/// The options of its proposer, with the given layouts.
fn options<'a>(session: Session<'a>, args: &'a AdoptArgs) -> CheckOptions<'a> {
    CheckOptions {
        layout: args.storage.layout.as_deref(),
        runs_layout: args.runs_layout.as_deref(),
        ..CheckOptions::proposer(session)
    }
}

/// Proposes one of the calls, with the given layouts.
async fn decided(
    session: Session<'_>,
    args: &AdoptArgs,
    call: Bytes,
    subject: impl CommandReport,
) -> Result<Outcome> {
    let governed = GovernedCall::decode(session.registry.address, call, U256::ZERO)?;
    let effects = check_and_send(session, governed, options(session, args)).await?;
    Ok(session.context.outcome(&Governed { subject, effects }))
}

/// Accepts a proxy, or withdraws an acceptance.
async fn accept(context: &Context, args: &AdoptArgs) -> Result<Outcome> {
    let session = Session::sending(context, "adopt").await?;
    let proxy = context.manifest.address(&args.proxy)?;
    let mut call = abi::acceptTransferCall {
        name: args.name.clone(),
        proxy,
        version: args.version.clone(),
        registry: Address::ZERO,
        nonce: 0,
    };
    let mut acceptance = Acceptance {
        name: args.name.clone(),
        version: args.version.clone(),
        proxy,
        from: None,
        kind: None,
        says: String::new(),
    };
    if let Some(from) = &args.from {
        call.registry = context.manifest.address(from)?;
        let instance = found(session, &call).await?;
        let there = session.registry.client.registry(call.registry);
        call.nonce = there.details(proxy).await?.nonce;
        let kind = kind_in_words(instance.kind);
        acceptance.says = format!(
            "{kind} of {} {} of {}",
            instance.definition,
            instance.version,
            context.names().long(call.registry)
        );
        (acceptance.from, acceptance.kind) = (Some(call.registry), Some(kind));
    } else {
        let accepted = session.registry.acceptance(&call.name, proxy).await?;
        call.version = accepted.version;
        acceptance.says = match accepted.registry {
            Address::ZERO => "is accepted from nobody".into(),
            from => format!(
                "is not accepted from {} any more",
                context.names().long(from)
            ),
        };
    }
    let mut outcome = decided(session, args, call.abi_encode().into(), acceptance).await?;
    if !call.registry.is_zero() {
        outcome.line(format!(
            "next, once it is accepted: stylus-upgrades transfer {proxy} {} {} --registry {}",
            session.registry,
            shell_word(&call.name),
            call.registry
        ));
    }
    Ok(outcome)
}

/// A proxy that is accepted from another registry, or whose acceptance is taken back.
#[derive(Serialize)]
pub(crate) struct Acceptance {
    /// The definition.
    name: String,
    /// The version that the instance starts at.
    version: String,
    /// The proxy.
    proxy: Address,
    /// The registry that transfers it; absent if an acceptance is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Address>,
    /// Its kind; absent if an acceptance is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// The text after the proxy.
    #[serde(skip)]
    says: String,
}

impl CommandReport for Acceptance {
    fn lines(&self, _: &Names) -> Vec<String> {
        vec![format!("{}  {}", self.proxy, self.says)]
    }
}
