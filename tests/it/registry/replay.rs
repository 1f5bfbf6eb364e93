//! The library behind `history` replays the registry's events. The result must equal the
//! registry's views.

use std::collections::BTreeSet;

use alloy::sol_types::SolEventInterface;
use stylus_chain::{BlockId, BlockNumberOrTag, LogFilter};
use stylus_upgrades::history::{Rebuilt, definition_id};
use stylus_upgrades::ids::ActionId;
use stylus_upgrades_interface::reasons::instance_state;
use stylus_upgrades_interface::registry::{Code, IRegistry, Step};

use super::fixture::Fixture;

/// What follows from the events of a definition.
fn rebuilt(fixture: &Fixture, name: &str) -> Rebuilt {
    let filter = LogFilter {
        from_block: Some(BlockNumberOrTag::Earliest),
        addresses: vec![fixture.registry],
        topics: [vec![], vec![definition_id(name).0], vec![], vec![]],
        ..LogFilter::default()
    };
    let mut rebuilt = Rebuilt::of(name);
    for entry in fixture.chain.logs(&filter).expect("logs") {
        let event =
            IRegistry::IRegistryEvents::decode_raw_log(entry.log.topics(), &entry.log.data.data);
        rebuilt.feed(
            &event.expect("an event of the registry"),
            entry.block_timestamp,
        );
    }
    rebuilt
}

/// Panics unless every view of the definition says what its events say.
pub(crate) fn agrees_with_the_views(fixture: &Fixture, name: &str) {
    let rebuilt = rebuilt(fixture, name);
    let head = fixture.chain.block(BlockId::latest()).expect("a block");
    let text = || name.to_owned();
    if !name.is_empty() {
        let definition = IRegistry::definitionCall { name: text() };
        let view = fixture.view(&definition).expect("the definition");
        assert_eq!(view.current, rebuilt.current);
        assert_eq!(view.sequence, rebuilt.sequence);
        assert_eq!(view.versions as usize, rebuilt.versions.len());
        assert_eq!(view.instances as usize, rebuilt.instances.len());
    }
    for version in &rebuilt.versions {
        let call = IRegistry::getVersionCall {
            name: text(),
            version: version.version.clone(),
        };
        let view = fixture.view(&call).expect("the version");
        assert_eq!(view.code, Code::from(version.code));
        assert_eq!(view.sequence, version.sequence);
        let incoming = view.steps.into_iter().filter(|step| !step.from.is_empty());
        assert_eq!(incoming.collect::<Vec<Step>>(), version.steps);
    }
    for instance in &rebuilt.instances {
        let proxy = instance.proxy;
        let view = fixture.view(&IRegistry::instanceOfCall { proxy });
        let view = view.expect("the instance");
        assert_eq!(
            (
                view.version,
                view.kind,
                view.state == instance_state::PAUSED
            ),
            (instance.version.clone(), instance.kind, instance.paused)
        );
    }
    for (role, expression) in &rebuilt.policies {
        let call = IRegistry::policyCall {
            name: text(),
            role: role.clone(),
        };
        assert_eq!(fixture.view(&call), Ok(expression.clone()));
    }
    let pending = IRegistry::pendingCall {
        name: text(),
        start: 0,
        count: u32::MAX,
    };
    let view = fixture.view(&pending).expect("them").into_iter();
    let view: BTreeSet<ActionId> = view.map(ActionId).collect();
    let now = head.header.timestamp;
    let pending = rebuilt.pending(now).map(|(id, _)| id);
    assert_eq!(view, pending.collect());
    for action in view {
        let view = fixture.view(&IRegistry::readinessCall { action: action.0 });
        let (view, open) = (view.expect("it"), &rebuilt.open[&action]);
        let approved: BTreeSet<_> = view.approved.into_iter().collect();
        assert_eq!(approved, open.approved.iter().copied().collect());
        assert_eq!(view.expires, open.expires);
    }
}
