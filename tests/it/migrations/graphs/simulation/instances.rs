//! Creates and upgrades instances.

use crate::prelude::*;
use stylus_upgrades_interface::complex::IComplexMigration::endMigrationCall;

use super::{HANDLER, ITrace, Simulation};
use crate::migrations::graphs::model::{Incoming, Kind, Life, PathStep, Refusal};
use crate::registry::fixture::{Done, Reverted, account};

/// Gas of a transaction to an instance.
const GAS: u64 = 30_000_000;

impl Simulation<'_> {
    pub(super) fn give_creation(&mut self) {
        let position = self.chance.below(self.graph.0.len().min(3));
        let initialized = self.chance.percent(75);
        let to = self.labels[position] as u8;
        let seed = self.chance.seed.to_be_bytes();
        let create = calls::create_proxy(
            self.name.clone(),
            self.label(position),
            proxy_kind::WASM,
            keccak256([seed.as_slice(), &[self.lives.len() as u8]].concat()),
            if initialized {
                ITrace::initializeCall { to }.abi_encode().into()
            } else {
                Bytes::new()
            },
        );
        let created = self.fixture.accepted(0, &create);
        let life = Life::created(position, initialized);
        self.lives.push((created.returned.proxy, life));
        self.tally.instances += 1;
        self.assert_as_modeled(self.lives.len() - 1);
    }

    /// An upgrade to a version, to its end; then, if a step on the way is bad, around that.
    pub(super) fn upgrade(&mut self, instance: usize, target: usize) {
        let Some(bad) = self.try_upgrade(instance, target) else {
            return;
        };
        let (at, way) = (self.lives[instance].1.at, Kind::Call);
        let there = self.graph.0[target].iter().any(|other| other.from == at);
        if bad.to == target && bad.from == at || there {
            return;
        }
        let way = Incoming {
            from: at,
            kind: way,
        };
        let around = calls::add_step(
            self.name.clone(),
            self.label(target),
            self.step(way, target),
        );
        self.fixture.accepted(0, &around);
        self.graph.0[target].push(way);
        assert_eq!(self.try_upgrade(instance, target), None, "{}", self.name);
        assert_eq!(self.lives[instance].1.at, target, "{}", self.name);
        self.tally.detours += 1;
    }

    /// An upgrade; returns the bad step that kept it from being.
    fn try_upgrade(&mut self, instance: usize, target: usize) -> Option<PathStep> {
        let (proxy, life) = self.lives[instance].clone();
        let path = self.graph.path(life.at, target);
        let waits = path.as_ref().and_then(|path| path.last());
        let data = match waits {
            Some(PathStep { from, to, kind })
                if *kind == Kind::Later && !self.chance.percent(20) =>
            {
                self.migration(*from, *to)
            }
            _ => Bytes::new(),
        };
        self.assert_plan(proxy, &life, target, path.as_deref());
        let mut after = life.clone();
        let expected = after.upgrade(&self.graph, target, !data.is_empty());
        let call = calls::upgrade_to_and_call(self.label(target), data.clone());
        let found = if data.is_empty() && self.chance.percent(80) {
            let version = self.label(target);
            self.pay(account(0), proxy, &Proxy::upgradeToCall { version })
        } else {
            self.pay(account(0), proxy, &call)
        };
        match (found, expected) {
            (Ok(done), Ok(moved)) => {
                self.lives[instance].1 = after;
                self.tally.upgrades += 1;
                self.longest = self.longest.max(path.map_or(0, |path| path.len() as u64));
                self.assert_reported(instance, &done, &moved);
                self.assert_as_modeled(instance);
                self.finish(instance);
                None
            }
            (Err(Reverted(found)), Err(expected)) => {
                assert_eq!(found, self.refusal(&life, target, expected), "{expected:?}");
                self.tally.refused_upgrades += 1;
                self.tally.gaps += u64::from(expected == Refusal::NoPath && target > life.at);
                self.assert_as_modeled(instance);
                match expected {
                    Refusal::Failed(path_step) => Some(path_step),
                    _ => None,
                }
            }
            (found, expected) => panic!("{}: {expected:?}, found {found:?}", self.name),
        }
    }

    /// Goes through the complex steps that the instance stops at.
    fn finish(&mut self, instance: usize) {
        while self.lives[instance].1.within.is_some() {
            let proxy = self.lives[instance].0;
            if self.chance.percent(25) {
                self.add_any_step(); // what is left of the path follows from the graph as it is
            }
            let next = calls::migrate_next(1_000_000);
            self.pay(account(HANDLER), proxy, &next).expect("an item");
            self.lives[instance].1.item();
            let ended = self.pay(account(HANDLER), proxy, &endMigrationCall {});
            let ended = ended.unwrap_or_else(|error| panic!("{}: {error:?}", self.name));
            let (moved, target) = self.lives[instance].1.end();
            self.tally.complex_steps += 1;
            self.assert_reported(instance, &ended, &moved);
            self.assert_as_modeled(instance);
            // the version is not current, so anybody takes it from the stub, and it goes on
            let rollout = calls::rollout(self.name.clone(), [proxy]);
            let resumed = self.fixture.accepted(HANDLER, &rollout).with(());
            let moved = self.lives[instance].1.resume();
            self.assert_reported(instance, &resumed, &moved);
            self.assert_as_modeled(instance);
            if self.lives[instance].1.at < target {
                self.try_upgrade(instance, target);
            }
        }
    }

    /// A transaction to an instance, whose answer is nothing.
    fn pay(
        &mut self,
        from: Address,
        proxy: Address,
        call: &impl SolCall,
    ) -> Result<Done<()>, Reverted> {
        let data = call.abi_encode().into();
        let done = self.fixture.raw(from, proxy, data, U256::ZERO, GAS)?;
        Ok(done.with(()))
    }
}
