//! The fixture of the complex migrations: a points register at 1.0, and a version 2.0 after a
//! complex step.

use crate::prelude::*;
use stylus_upgrades_harness::{Definition, Instance, Program, Receipt};
use stylus_upgrades_interface::complex::IComplexMigration::{
    endMigrationCall, migrateBatchCall, migrateNextCall, progressCall,
};
use stylus_upgrades_interface::registry::IRegistry::instanceOfCall;

pub(super) use stylus_upgrades_tests::abi::points_v2::IPoints;
use stylus_upgrades_tests::examples;

pub(super) type Done = Result<(), HarnessError>;

/// Which program stands between the versions.
pub(super) const CURSOR: &str = "contracts/migrations/points_cursor";
pub(super) const BATCHES: &str = "tests/contracts/points_batches";

/// A register, its definition and its programs.
pub(super) struct Fixture<'h> {
    pub(super) harness: &'h Harness,
    pub(super) definition: Definition<'h>,
    pub(super) first: Program,
    pub(super) second: Program,
    pub(super) program: Program,
    pub(super) register: Instance<'h>,
    /// The same, called by the handler, who is account 5 and nothing else.
    pub(super) handler: Instance<'h>,
}

/// The member with that number; the first has the address zero, and they do not rise with it.
pub(super) fn member(n: u64) -> Address {
    let [.., low] = n.to_be_bytes();
    Address::left_padding_from(&[&[low.reverse_bits()], n.to_be_bytes().as_slice()].concat())
}

/// Whole points of that member.
pub(super) fn points(n: u64) -> u64 {
    3 + n
}

/// A register at 1.0 with `members`, and 2.0 after the program.
pub(super) async fn register<'h>(
    harness: &'h Harness,
    program: &str,
    members: u64,
) -> Result<Fixture<'h>, HarnessError> {
    let it = examples::points(harness).await?;
    for n in 0..members {
        let award = calls::award(vec![member(n)], points(n));
        it.instance.send(&award).await?;
    }
    let program = it.add_complex(program).await?;
    Ok(Fixture {
        harness,
        program,
        handler: it.instance.by(harness.account(5)),
        definition: it.definition,
        first: it.first,
        second: it.second,
        register: it.instance,
    })
}

impl Fixture<'_> {
    /// Has the handler migrate within a budget.
    pub(super) async fn next(&self, gas: u64) -> Result<Receipt, HarnessError> {
        self.handler.send(&migrateNextCall { gasBudget: gas }).await
    }

    /// Has the handler supply members at a position.
    pub(super) async fn batch(
        &self,
        position: u64,
        members: &[Address],
    ) -> Result<Receipt, HarnessError> {
        self.handler.send(&batch(position, members)).await
    }

    /// Has the handler end it.
    pub(super) async fn end(&self) -> Result<Receipt, HarnessError> {
        self.handler.send(&endMigrationCall {}).await
    }

    /// `(done, total)`
    pub(super) async fn progress(&self) -> Result<(u64, u64), HarnessError> {
        let progress = self.register.read(&progressCall {}).await?;
        Ok((progress.done.to(), progress.total.to()))
    }

    /// State as the registry has it, see `reasons::instance_state`.
    pub(super) async fn state(&self) -> Result<u8, HarnessError> {
        let proxy = self.register.address();
        let chain = self.harness.chain();
        let known = chain
            .read(self.harness.registry(), &instanceOfCall { proxy })
            .await?;
        Ok(known.state)
    }

    /// Asserts that the members, in their order, have `unit` times their whole points.
    pub(super) async fn assert_points(&self, members: u64, unit: u64) -> Done {
        for n in 0..members {
            let call = IPoints::pointsCall { member: member(n) };
            let found = self.register.read(&call).await?;
            assert_eq!(found, U256::from(unit * points(n)), "member {n}");
            let position = U256::from(n);
            let found = self
                .register
                .read(&IPoints::memberCall { position })
                .await?;
            assert_eq!(found, member(n), "member {n}");
        }
        Ok(())
    }

    /// Asks the registry, as account 0.
    pub(super) async fn govern<C: SolCall>(&self, call: &C) -> Result<Receipt, HarnessError> {
        let (governor, registry) = (self.harness.account(0), self.harness.registry());
        let sent = self.harness.chain().execute(governor, registry, call);
        Ok(sent.await?.into())
    }

    /// What approvals about the instance are bound to now.
    pub(super) async fn nonce(&self) -> Result<u64, HarnessError> {
        let details = calls::instance_details(self.register.address());
        let registry = self.harness.registry();
        Ok(self.harness.chain().read(registry, &details).await?.nonce)
    }

    /// Has another account supply the batches.
    pub(super) async fn set_handler(&self, handler: Address) -> Result<Receipt, HarnessError> {
        let (proxy, nonce) = (self.register.address(), self.nonce().await?);
        let call = calls::set_handler("Points", proxy, handler, nonce);
        self.govern(&call).await
    }

    /// Turns the complex step back.
    pub(super) async fn abort(&self) -> Result<Receipt, HarnessError> {
        let nonce = self.nonce().await?;
        let call = calls::abort_migration("Points", self.register.address(), nonce);
        self.govern(&call).await
    }
}

/// `migrateBatch` of members at a position.
pub(super) fn batch(position: u64, members: &[Address]) -> migrateBatchCall {
    let items: Bytes = (members.to_vec(),).abi_encode_params().into();
    migrateBatchCall {
        data: (U256::from(position), items).abi_encode_params().into(),
    }
}

/// The members in the order of their addresses.
pub(super) fn ordered(members: u64) -> Vec<Address> {
    let mut ordered: Vec<_> = (0..members).map(member).collect();
    ordered.sort();
    ordered
}
