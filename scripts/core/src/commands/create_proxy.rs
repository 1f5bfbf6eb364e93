//! `create-proxy`: an instance, created and initialized in one transaction.

mod argument_file;
mod many;
mod salt;

use super::spec::{Governs, Group, Spec, report_type};
use crate::client::Sent;
use crate::context::prelude::*;
use crate::functions::Functions;
use crate::governance::GovernedCall;
use crate::manifest::{Entry, Kind, Manifest, check_alias};
use crate::options::{LOCAL_CHAINS, StorageArgs, wei};
use crate::pipeline::calldata;
use crate::pipeline::check_options::CheckOptions;
use crate::pipeline::effects::{Effects, Governed, proxy_line};
use crate::pipeline::function_name::by_name;
use crate::pipeline::judge::{holds_already, judge};
use crate::registry::SALT;
use crate::text::number;
use alloy::json_abi::Function;
use clap::Args;
use many::CreatedInstances;
use salt::{choose, of_alias};
use std::path::PathBuf;
use stylus_layout::StepKind;

/// Instances that one command creates, at most.
const INSTANCES_MAX: u32 = 10_000;

/// `create-proxy`.
pub(crate) static SPEC: Spec<CreateProxyArgs> = Spec {
    name: "create-proxy",
    about: "Create and initialize an instance",
    group: Group::Deploy,
    examples: &[
        "create-proxy Counter 1.0 --init initialize 7 --save counter --account ana",
        "create-proxy Counter 1.0 --init initialize 7 --count 100 --account ana",
        "create-proxy Counter 1.0 --init initialize --file rows.csv --account ana",
    ],
    writes: |args| args.save.as_ref().map(|_| "--save"),
    governed: Governs::Always,
    reports: || {
        vec![
            report_type::<Governed<CreatedInstance>>(),
            report_type::<Governed<CreatedInstances>>(),
        ]
    },
    run: |context, args| Box::pin(run(context, args)),
};

/// An instance to be created.
#[derive(Debug, Args)]
pub(crate) struct CreateProxyArgs {
    /// The definition
    pub name: String,
    /// The version that it is created at
    pub version: String,
    /// The initializer and its arguments: its name, if the version's code declares one of that name, or its signature;
    /// or its calldata in hexadecimal
    #[arg(long, num_args = 1.., value_name = "CALL", allow_negative_numbers = true)]
    pub init: Vec<String>,
    /// The kind of the proxy [default: `proxy` in the manifest, else wasm on a local chain; elsewhere
    /// it is required]
    #[arg(long, value_enum)]
    pub kind: Option<Kind>,
    /// The salt of its address [default: the number of instances]; of --count, that of the first: the others follow
    #[arg(long, value_name = "NUMBER", value_parser = typed_salt)]
    pub salt: Option<U256>,
    /// Wei for the initializer
    #[arg(long, value_name = "WEI", default_value_t = U256::ZERO, value_parser = wei)]
    pub value: U256,
    /// Save its address in the manifest under this alias
    #[arg(long, value_name = "ALIAS", conflicts_with_all = ["count", "file"])]
    pub save: Option<String>,
    /// Create this many instances with the same arguments, 10,000 at most. A run that was cut is continued by the same
    /// command; after one that created all, it creates as many again. With --salt it creates each of them once
    #[arg(long, value_name = "NUMBER", conflicts_with = "file",
          value_parser = clap::value_parser!(u32).range(1..=i64::from(INSTANCES_MAX)))]
    pub count: Option<u32>,
    /// Create an instance for each row of a file, 10,000 at most, with the row's arguments of --init, which names the
    /// initializer alone: .json with a list of lists, or .csv whose first line names the columns. Each row is created once:
    /// the same file again creates what is missing. A column `salt` (in JSON, objects with `arguments` and `salt`) chooses
    /// the salts
    #[arg(long, value_name = "FILE", requires = "init", conflicts_with = "salt")]
    pub file: Option<PathBuf>,
    /// Arguments about the storage of its version.
    #[command(flatten)]
    pub storage: StorageArgs,
}

/// The salt of a proxy.
fn typed_salt(text: &str) -> Result<U256, &'static str> {
    number(text).ok_or(SALT)
}

/// The warning about an instance without an initializer, of code with the Upgradeable mixin: its initializers run at
/// creation alone.
const CREATED_BARE: &str =
    "no --init: no initializer runs at creation, and none can ever run on this instance";
/// The same of other code, whose functions anybody can call.
const CREATED_OPEN: &str = "no --init: no initializer runs at creation, and anybody can call a function of the code that \
                            initializes the instance, as soon as it exists";

pub(crate) async fn run(context: &Context, request: &CreateProxyArgs) -> Result<Outcome> {
    if request.count.is_some() || request.file.is_some() {
        return many::run(context, request).await;
    }
    require_alias(context, request)?;
    if initializer_name(request).is_none() {
        calldata::encode(&request.init, &context.manifest)?; // what is mistyped is refused before anybody is asked
    }
    let session = Session::sending(context, "create-proxy").await?;
    let TypedInitializer { data, typed } = TypedInitializer::read(session, request).await?;
    let mut call = call_without_salt(session, request, data)?;
    if let Some(salt) = request.salt {
        call.salt = salt.into();
    } else if let Some((sent, proxy)) = created_before(session, &call, request.value).await? {
        let mut effects = Effects::already(None);
        effects.add_sent(&[sent]);
        return Ok(report(context, request, (proxy, None), effects));
    } else if let Some(salt) = of_alias(session, request.save.as_deref(), &call.name).await? {
        call.salt = salt;
    } else {
        call.salt = choose(session, &call).await?;
    }
    let (registry, kind) = (session.registry, call.kind.into());
    let proxy = registry.proxy_address(&call.name, kind, call.salt).await?;
    let salt = Some(call.salt.into());
    let bytes = call.abi_encode().into();
    let governed = GovernedCall::decode(registry.address, bytes, request.value)?;
    if let Some(what) = holds_already(session, &governed).await? {
        let effects = Effects::nothing_to_send(context, what)?;
        return Ok(report(context, request, (proxy, salt), effects));
    }
    if let Some(alias) = &request.save {
        let file = context.manifest_file();
        Manifest::require_free(&file, context.network(), Entry::Alias(alias))?;
    }
    let options = CheckOptions {
        typed: &typed,
        layout: request.storage.layout.as_deref(),
        ..CheckOptions::proposer(session)
    };
    let cleared = judge(session, &governed, options).await?.cleared(session)?;
    if call.initData.is_empty() {
        let note = if cleared.checks.declares_initializers() {
            CREATED_BARE
        } else {
            CREATED_OPEN
        };
        context.note(note);
    }
    let mut effects = cleared.send(session, governed, Vec::new(), options).await?;
    effects.proxy = None; // the fields of the command name it
    Ok(report(context, request, (proxy, salt), effects))
}

/// The initializer of `--init`, if it is typed by its name alone.
fn initializer_name(request: &CreateProxyArgs) -> Option<&str> {
    let first = request.init.first()?;
    (!first.contains('(') && !first.starts_with("0x")).then_some(first)
}

/// The initializer as a command has it.
struct TypedInitializer {
    /// Its calldata; empty without one.
    data: Bytes,
    /// The function; empty where calldata were given.
    typed: String,
}

impl TypedInitializer {
    async fn read(session: Session<'_>, request: &CreateProxyArgs) -> Result<Self> {
        let (words, manifest) = (&request.init, &session.context.manifest);
        let Some(name) = initializer_name(request) else {
            return Ok(Self {
                data: calldata::encode(words, manifest)?,
                typed: calldata::typed(words).to_owned(),
            });
        };
        let arguments = words.get(1..).unwrap_or_default();
        let initializer = initializer(session, request, name, arguments.len()).await?;
        Ok(Self {
            data: calldata::encode_for(&initializer, arguments, manifest)?,
            typed: initializer.signature(),
        })
    }
}

/// The initializer of that name, as the registered version declares it.
async fn initializer(
    session: Session<'_>,
    request: &CreateProxyArgs,
    name: &str,
    arguments: usize,
) -> Result<Function> {
    let (definition, version) = (&request.name, &request.version);
    let code = session.registry.code(definition, version).await?;
    let document = session.documents().get(code.layout).await?.into_value();
    let steps = document.and_then(|one| one.steps).unwrap_or_default();
    let initializers = steps
        .iter()
        .filter(|step| step.kind == StepKind::Initializer);
    let known =
        Functions::of_signatures(initializers.map(|initializer| initializer.signature.as_str()));
    let of = format!("{definition} {version}");
    by_name(name, arguments, &of, &known)
}

/// Refuses an alias that could not be saved.
fn require_alias(context: &Context, request: &CreateProxyArgs) -> Result<()> {
    let Some(alias) = &request.save else {
        return Ok(());
    };
    if context.is_export() {
        return Err(Error::Usage {
            message: "--save with --export: the instance does not exist yet".into(),
            expected: "create-proxy --export without --save".into(),
            found: "--save".into(),
            next:
                "leave it out, and write the alias into the manifest when the instance is created"
                    .into(),
        });
    }
    Ok(check_alias(&context.manifest_file(), alias)?)
}

fn call_without_salt(
    session: Session<'_>,
    request: &CreateProxyArgs,
    data: Bytes,
) -> Result<abi::createProxyCall> {
    let client = session.registry.client;
    let is_local = LOCAL_CHAINS.contains(&client.chain_id()) || client.endpoint().is_loopback();
    let kind = request.kind.or(session.context.manifest.proxy);
    Ok(abi::createProxyCall {
        name: request.name.clone(),
        version: request.version.clone(),
        kind: chosen(kind, is_local)?.number(),
        salt: B256::ZERO,
        initData: data,
    })
}

/// Reports the instance. Where it exists, its alias is saved.
fn report(
    context: &Context,
    request: &CreateProxyArgs,
    (proxy, salt): (Address, Option<U256>),
    mut effects: Effects,
) -> Outcome {
    let (exit, alias) = (effects.exit(), request.save.as_deref());
    if exit == Exit::Done {
        save(context, alias, proxy, &mut effects);
    }
    let subject = CreatedInstance {
        name: request.name.clone(),
        version: request.version.clone(),
        proxy,
        salt,
        exists: exit != Exit::NotReady && !context.is_export(),
    };
    let mut outcome = context.outcome(&Governed { subject, effects });
    if let (Exit::NotReady, Some(alias)) = (exit, alias) {
        outcome.line(format!(
            "the alias {alias} was not saved: run the same command after the last approval"
        ));
    }
    outcome
}

/// A created instance.
#[derive(Serialize)]
pub(crate) struct CreatedInstance {
    /// The definition.
    name: String,
    /// Its first version.
    version: String,
    /// The instance.
    proxy: Address,
    /// The salt of its address; absent if an earlier run created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    salt: Option<U256>,
    /// True if it exists now; else it exists once the action is executed.
    #[serde(skip)]
    exists: bool,
}

impl CommandReport for CreatedInstance {
    fn lines(&self, _: &Names) -> Vec<String> {
        let line = proxy_line(self.proxy);
        vec![if self.exists {
            line
        } else {
            format!("{line} (does not exist until the action is executed)")
        }]
    }
}

/// Finds the instance that an earlier run created by the same arguments and did not report, with any salt.
async fn created_before(
    session: Session<'_>,
    call: &abi::createProxyCall,
    value: U256,
) -> Result<Option<(Sent, Address)>> {
    let Session { context, registry } = session;
    let bytes = call.abi_encode().into();
    let what = GovernedCall::decode(registry.address, bytes, value)?.what();
    for sent in context.all_earlier(registry.address) {
        // What --count created is none.
        if sent.what != what {
            continue;
        }
        let Some(created) = sent.event_of::<abi::ProxyCreated>(registry.address) else {
            continue;
        };
        let input = registry.client.input_to(registry.address, sent.tx).await?;
        let same = input.and_then(|input| abi::createProxyCall::abi_decode(&input).ok());
        let is_same = same.is_some_and(|same| {
            let of_salt = abi::createProxyCall {
                salt: same.salt,
                ..call.clone()
            };
            same == of_salt
        });
        if is_same && registry.client.value_of(sent.tx).await? == value {
            return Ok(Some((sent, created.proxy)));
        }
    }
    Ok(None)
}

/// Saves the proxy; a failure does not end the command.
fn save(context: &Context, alias: Option<&str>, proxy: Address, effects: &mut Effects) {
    let Some(alias) = alias else {
        return;
    };
    let (file, network) = (context.manifest_file(), context.network());
    if let Err(error) = Manifest::save(&file, network, Entry::Alias(alias), proxy) {
        effects.stop(context, &error, Exit::Partial);
    }
}

/// The kind that a flag or the manifest names. On a public chain it must be named: it fixes the cost of a call and
/// whether the proxy expires.
fn chosen(said: Option<Kind>, is_local: bool) -> Result<Kind> {
    match said {
        Some(kind) => Ok(kind),
        None if is_local => Ok(Kind::Wasm),
        None => {
            let says = "--kind is missing, and the kind of a proxy cannot be changed later";
            let refusal = Refusal::new("ProxyKindNotChosen", says).with(
                "--kind evm (never expires, lowest cost for users) or --kind wasm (a Stylus program, which expires), \
                 or `proxy` in the manifest",
                "none of them",
                "give --kind; docs/kinds.md compares them",
            );
            Err(refusal.exiting(Exit::Usage).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Exit, Explain};

    #[test]
    fn on_a_chain_of_users_the_kind_is_said_and_never_taken_in_silence() {
        let refused = chosen(None, false).expect_err("nobody chose");
        assert_eq!(
            (refused.name().as_str(), refused.exit()),
            ("ProxyKindNotChosen", Exit::Usage)
        );
        assert!(matches!(chosen(Some(Kind::Evm), false), Ok(Kind::Evm)));
        assert!(matches!(chosen(None, true), Ok(Kind::Wasm)));
    }
}
