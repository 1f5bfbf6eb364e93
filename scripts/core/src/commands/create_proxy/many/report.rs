//! The report of `create-proxy --count` and `--file`.

use super::{CreationState, PlannedCreation};
use crate::commands::create_proxy::CreateProxyArgs;
use crate::context::prelude::*;
use crate::pipeline::effects::proxy_line;
use crate::text::{bounded, count, grouped};

/// The instances of one command.
#[derive(Serialize)]
pub(crate) struct CreatedInstances {
    /// The definition.
    name: String,
    /// Their first version.
    version: String,
    /// The number of instances that were asked for.
    count: usize,
    /// Those that exist, in order.
    instances: Vec<NumberedInstance>,
    /// Those whose creation failed, in order.
    failed: Vec<FailedCreation>,
    #[serde(skip)]
    is_file: bool,
    #[serde(skip)]
    is_full: bool,
}

/// An instance that exists.
#[derive(Serialize)]
struct NumberedInstance {
    /// Its number, or that of its row, from 1.
    number: usize,
    /// The instance.
    proxy: Address,
    /// The salt of its address.
    salt: U256,
    /// True if it existed before this command.
    existed: bool,
}

/// A creation that failed.
#[derive(Serialize)]
struct FailedCreation {
    /// Its number, or that of its row, from 1.
    number: usize,
    /// The reason why it failed.
    error: Report,
}

impl CreatedInstances {
    pub(super) fn new(
        context: &Context,
        request: &CreateProxyArgs,
        planned: &[PlannedCreation],
    ) -> Self {
        let (mut instances, mut failed) = (Vec::new(), Vec::new());
        for (number, creation) in (1..).zip(planned) {
            let existed = match &creation.state {
                CreationState::Missing => continue,
                CreationState::Failed(error) => {
                    let error = error.clone();
                    failed.push(FailedCreation { number, error });
                    continue;
                }
                CreationState::Earlier => true,
                CreationState::Created => false,
            };
            instances.push(NumberedInstance {
                number,
                proxy: creation.proxy,
                salt: creation.call.salt.into(),
                existed,
            });
        }
        Self {
            name: request.name.clone(),
            version: request.version.clone(),
            count: planned.len(),
            instances,
            failed,
            is_file: request.file.is_some(),
            is_full: context.global.full,
        }
    }
}

/// The word for the number of an instance.
fn number_word(is_file: bool) -> &'static str {
    if is_file { "row" } else { "instance" }
}

/// The first creation that failed, as an error of the command.
pub(super) fn first_failure(planned: &[PlannedCreation], is_file: bool) -> Option<Refusal> {
    let failed = (1..)
        .zip(planned)
        .filter_map(|(number, creation)| match &creation.state {
            CreationState::Failed(error) => Some((number, error)),
            _ => None,
        });
    let failed: Vec<(usize, &Report)> = failed.collect();
    let (number, error) = failed.first()?;
    let all = count(planned.len(), "instance");
    let message = format!("{} of {all} were not created", grouped(failed.len()));
    let found = format!("{} {number}: {}", number_word(is_file), error.message);
    let refusal = Refusal::new("CreationsFailed", message);
    Some(refusal.with(
        all,
        found,
        "remove the reason, and run the same command again: it creates those that are missing",
    ))
}

impl CommandReport for CreatedInstances {
    fn lines(&self, _: &Names) -> Vec<String> {
        let existed = self
            .instances
            .iter()
            .filter(|instance| instance.existed)
            .count();
        let created = (self.instances.len() - existed) as u64;
        let all = count(self.count, "instance");
        let (name, version) = (&self.name, &self.version);
        let mut head = format!("created {} of {all} of {name} {version}", grouped(created));
        if existed > 0 {
            head.push_str(&format!("; {} existed before", grouped(existed)));
        }
        let word = number_word(self.is_file);
        let failed = self.failed.iter();
        let failed =
            failed.map(|failed| format!("{word} {}: {}", failed.number, failed.error.message));
        let proxies = self
            .instances
            .iter()
            .map(|instance| proxy_line(instance.proxy));
        let mut lines = vec![head];
        lines.extend(bounded(failed.chain(proxies).collect(), self.is_full));
        lines
    }
}
