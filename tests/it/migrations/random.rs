//! The handler, strangers and the registry call in any order, and the result is compared with a
//! model. No member is converted twice, and none is left unconverted at the end.

use crate::prelude::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use stylus_upgrades_interface::reasons::instance_state::{LIVE, MIGRATING, TURNING_BACK};

use super::points::{BATCHES, Done, Fixture, IPoints, batch, new, ordered, register};

const MEMBERS: usize = 4;
const RUNS: u8 = 20;
const CALLS: usize = 80;
/// Calls after the end of a simulation: all of them are refused.
const EPILOGUE: usize = 4;

#[derive(Clone, Debug)]
enum Event {
    Upgrade,
    /// Members by their places, at the right position or at the next; by the handler or a
    /// stranger.
    Batch {
        locations: Vec<usize>,
        skewed: bool,
        stranger: bool,
    },
    End,
    Abort,
}

fn event() -> impl Strategy<Value = Event> {
    let locations = prop::collection::vec(0..MEMBERS, 1..3);
    let batch =
        (locations, 0..8u8, 0..8u8).prop_map(|(locations, skewed, stranger)| Event::Batch {
            locations,
            skewed: skewed == 0,
            stranger: stranger == 0,
        });
    prop_oneof![
        2 => Just(Event::Upgrade),
        12 => batch,
        2 => Just(Event::End),
        1 => Just(Event::Abort),
    ]
}

/// What should be.
struct Model {
    state: u8,
    /// Whether the program has ended, and 2.0 is there.
    arrived: bool,
    /// Who is in the new form.
    tenths: BTreeSet<Address>,
}

impl Model {
    /// Whether the event is allowed; if so, it happens.
    fn happen(&mut self, event: &Event, members: &[Address]) -> bool {
        let allowed = match event {
            Event::Upgrade => self.state == LIVE && !self.arrived,
            Event::Abort => self.state == MIGRATING,
            Event::End => match self.state {
                MIGRATING => self.tenths.len() == MEMBERS,
                TURNING_BACK => self.tenths.is_empty(),
                _ => false,
            },
            Event::Batch {
                locations,
                skewed,
                stranger,
            } => {
                let named: BTreeSet<_> = locations.iter().map(|n| members[*n]).collect();
                let back = self.state == TURNING_BACK;
                self.state != LIVE
                    && !(*skewed || *stranger)
                    && named.len() == locations.len()
                    && named.iter().all(|m| self.tenths.contains(m) == back)
            }
        };
        if allowed {
            self.apply(event, members);
        }
        allowed
    }

    fn apply(&mut self, event: &Event, members: &[Address]) {
        match event {
            Event::Upgrade => self.state = MIGRATING,
            Event::Abort => self.state = TURNING_BACK,
            Event::End => {
                self.arrived = self.state == MIGRATING;
                self.state = LIVE;
            }
            Event::Batch { locations, .. } => {
                for member in locations.iter().map(|n| members[*n]) {
                    if !self.tenths.remove(&member) {
                        self.tenths.insert(member);
                    }
                }
            }
        }
    }
}

/// Whether the chain allows the event.
async fn send(fixture: &Fixture<'_>, done: u64, event: &Event, members: &[Address]) -> bool {
    match event {
        Event::Upgrade => fixture.register.upgrade("2.0").await.is_ok(),
        Event::Abort => fixture.govern(&fixture.abort()).await.is_ok(),
        Event::End => fixture.end().await.is_ok(),
        Event::Batch {
            locations,
            skewed,
            stranger,
        } => {
            let items: Vec<_> = locations.iter().map(|n| members[*n]).collect();
            let call = batch(done + u64::from(*skewed), &items);
            let caller = if *stranger { 8 } else { 5 };
            let by = fixture.register.by(fixture.harness.account(caller));
            by.send(&call).await.is_ok()
        }
    }
}

#[tokio::test]
async fn complex_migration_converts_each_member_once_in_any_order_of_calls() -> Done {
    let members = ordered(MEMBERS as u64);
    let harness = Harness::start().await?;
    let mut fixture = register(&harness, BATCHES, 0).await?;
    let (mut allowed, mut refused, mut ends) = (0, 0, 0);
    for simulation in 0..RUNS {
        fixture.register = new(&harness, &fixture.definition, MEMBERS as u64).await?;
        fixture.handler = fixture.register.by(harness.account(5));
        let mut before = BTreeMap::new();
        for member in &members {
            let call = IPoints::pointsCall { member: *member };
            before.insert(*member, fixture.register.read(&call).await?);
        }
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[simulation; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let mut model = Model {
            state: LIVE,
            arrived: false,
            tenths: BTreeSet::new(),
        };
        let mut after = 0;
        for _ in 0..CALLS {
            after += usize::from(model.arrived);
            if after > EPILOGUE {
                break;
            }
            let event = event().new_tree(&mut runner).expect("an event").current();
            let done = model.tenths.len() as u64;
            let found = send(&fixture, done, &event, &members).await;
            let expected = model.happen(&event, &members);
            assert_eq!(found, expected, "{event:?}, then in state {}", model.state);
            (allowed, refused) = (allowed + u32::from(found), refused + u32::from(!found));
            assert_eq!(fixture.state().await?, model.state);
            if model.state == LIVE {
                ends += u32::from(found);
                let unit = U256::from(if model.arrived { 10 } else { 1 });
                for (member, before) in &before {
                    let call = IPoints::pointsCall { member: *member };
                    let now = fixture.register.read(&call).await?;
                    assert_eq!(now, *before * unit);
                }
            } else {
                let done = model.tenths.len() as u64;
                assert_eq!(fixture.progress().await?, (done, MEMBERS as u64));
            }
        }
    }
    println!("complex, any order: {allowed} calls, {refused} refused, {ends} ends");
    assert!(allowed > 100 && refused > 100 && ends >= u32::from(RUNS) / 2);
    Ok(())
}
