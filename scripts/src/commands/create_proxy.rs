//! `create-proxy`: an instance, created and initialised in one transaction.

use super::args::Kind;
use super::calldata;
use super::context::{Context, report};
use super::define::tell;
use crate::error::Error;
use crate::manifest::Manifest;
use crate::output::Outcome;
use crate::registry;
use alloy::primitives::U256;
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// What was asked for.
pub(super) struct Wish {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) init: Vec<String>,
    pub(super) kind: Kind,
    pub(super) salt: Option<U256>,
    pub(super) value: U256,
    pub(super) save: Option<String>,
}

pub(super) async fn run(context: &Context, wish: Wish) -> Result<Outcome, Error> {
    let registry = context.registry()?;
    let data = calldata::encode(&wish.init, &context.manifest)?;
    let client = context.client().await?;
    let definition = client
        .call(
            registry,
            &abi::definitionCall {
                name: wish.name.clone(),
            },
        )
        .await?;
    let salt = wish.salt.unwrap_or(U256::from(definition.instances));
    let call = abi::createProxyCall {
        name: wish.name.clone(),
        version: wish.version.clone(),
        kind: number(wish.kind),
        salt: salt.into(),
        initData: data,
    };
    let created = registry::create_proxy(&client, registry, call, wish.value).await?;
    if let Some(alias) = wish.save.filter(|_| created.governed.progress.executed) {
        Manifest::save_alias(&context.manifest_file(), &alias, created.proxy)?;
    }
    let mut outcome = Outcome::default();
    report(&mut outcome, std::slice::from_ref(&created.governed.sent));
    outcome.field("proxy", created.proxy);
    outcome.field("name", &wish.name);
    outcome.field("version", &wish.version);
    outcome.field("salt", salt);
    outcome.line(format!("proxy  {}", created.proxy));
    tell(&mut outcome, &created.governed);
    Ok(outcome)
}

fn number(kind: Kind) -> u8 {
    match kind {
        Kind::Wasm => proxy_kind::WASM,
        Kind::Evm => proxy_kind::EVM,
        Kind::Beacon => proxy_kind::BEACON,
    }
}
