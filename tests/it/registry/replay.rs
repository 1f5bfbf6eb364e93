//! What follows from the registry's events equals what its views say.

use crate::prelude::*;
use alloy::sol_types::SolEventInterface;
use stylus_chain::{BlockNumberOrTag, Filter};
use stylus_upgrades::model::{
    Block, Definition, Registry, Slice, Views, definition_id, differences,
};

use super::fixture::{Fixture, Reverted};

impl Views for &Fixture {
    type Error = Reverted;

    async fn view<C: SolCall>(&self, account: Address, call: &C) -> Result<C::Return, Reverted> {
        self.ask(account, call)
    }

    async fn block(&self) -> Result<Block, Reverted> {
        let head = self.chain.block(BlockId::latest()).expect("a block");
        Ok(Block {
            number: head.header.number,
            hash: head.hash,
            time: head.header.timestamp,
        })
    }

    fn is_refused(_: &Reverted) -> bool {
        true
    }

    fn replaced(&self, block: Block) -> Reverted {
        panic!("{block:?} was replaced while it was read")
    }

    fn contradicted(&self, found: String) -> Reverted {
        panic!("{found}")
    }
}

/// What follows from the events of a definition.
fn from_events(fixture: &Fixture, name: &str) -> Definition {
    let filter = Filter::new()
        .from_block(BlockNumberOrTag::Earliest)
        .address(fixture.registry)
        .topic1(definition_id(name).0);
    let mut definition = Definition::before_events(name);
    for entry in fixture.chain.logs(&filter).expect("logs") {
        let event = IRegistry::IRegistryEvents::decode_raw_log(entry.topics(), &entry.data().data);
        definition.feed(
            &event.expect("an event of the registry"),
            entry.block_timestamp.expect("the block's"),
        );
    }
    definition
}

/// Panics unless every view of the definition says what its events say.
pub(crate) fn agrees_with_the_views(fixture: &Fixture, name: &str) {
    let events = from_events(fixture, name);
    let reader = Registry {
        client: fixture,
        address: fixture.registry,
    };
    let whole = Slice::whole(&events);
    let seen = futures::executor::block_on(reader.seen(&events, &whole)).expect("the views");
    assert_eq!(differences(&events, &seen), [], "{name:?}");
    for action in seen.open {
        let view = futures::executor::block_on(reader.readiness(action)).expect("it");
        let open = &events.open[&action];
        let approved: BTreeSet<_> = view.approved.into_iter().collect();
        assert_eq!(approved, open.approved.iter().copied().collect());
        assert_eq!(view.expires, open.expires);
    }
}
