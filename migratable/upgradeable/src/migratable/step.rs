//! Initializers, migrations and the start of complex ones: the checks, in their order.

use alloy_primitives::B256;
use alloy_sol_types::SolEvent;
use stylus_upgrades_host::{call, storage};
use stylus_upgrades_interface::{migratable::IMigratable, reasons, slots};

use crate::migratable::{MigratableError, Proof, encode, words};

/// The initializer of one version; everything derivable is derived at compile time.
#[derive(Clone, Copy, Debug)]
pub struct Initializer {
    version: &'static str,
    token: B256,
    flag: B256,
}

impl Initializer {
    /// The initializer of `version`, a label as the registry accepts it.
    pub const fn new(version: &'static str) -> Self {
        assert!(
            words::is_label(version),
            "a version is 1 to 64 bytes of printable ASCII, no spaces"
        );
        let token = words::token(reasons::token::INITIALIZER, "", version);
        Self {
            version,
            token,
            flag: words::migrated(version),
        }
    }

    /// Consumes the token and marks the version, before the body runs.
    ///
    /// # Errors
    /// `NotInUpgrade` without the token of just this initializer, then `AlreadyInitialized`.
    #[inline(never)]
    pub fn consume(&self) -> Result<Proof, MigratableError> {
        take_token(&self.token)?;
        if is_set(&slots::INITIALIZED) || is_set(&self.flag) {
            return Err(MigratableError::AlreadyInitialized {
                version: self.version,
            });
        }
        Ok(mark(&self.flag))
    }
}

/// The migration from one version to another; everything derivable is derived at compile time.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    from: &'static str,
    to: &'static str,
    token: B256,
    predecessor: B256,
    flag: B256,
}

impl Migration {
    /// The migration from `from` to `to`, labels as the registry accepts them.
    pub const fn new(from: &'static str, to: &'static str) -> Self {
        assert!(
            words::is_label(from) && words::is_label(to),
            "a version is 1 to 64 bytes of printable ASCII, no spaces"
        );
        Self {
            from,
            to,
            token: words::token(reasons::token::MIGRATION, from, to),
            predecessor: words::migrated(from),
            flag: words::migrated(to),
        }
    }

    /// Consumes the token, marks `to` and announces it, before the body runs.
    ///
    /// # Errors
    /// `NotInUpgrade` without the token of just this migration, then `AlreadyMigrated`, then
    /// `PredecessorMissing`.
    #[inline(never)]
    pub fn consume(&self) -> Result<Proof, MigratableError> {
        let (from, to) = (self.from, self.to);
        self.permit()?;
        let proof = mark(&self.flag);
        call::emit_log(
            &encode::texts(&IMigratable::Migrated::SIGNATURE_HASH.0, &[from, to]),
            1,
        );
        Ok(proof)
    }

    /// Consumes the token and refuses what was done before or cannot be done yet.
    fn permit(&self) -> Result<(), MigratableError> {
        let (from, to) = (self.from, self.to);
        take_token(&self.token)?;
        if is_set(&self.flag) {
            return Err(MigratableError::AlreadyMigrated { from, to });
        }
        if !is_set(&self.predecessor) {
            return Err(MigratableError::PredecessorMissing { version: from });
        }
        Ok(())
    }
}

/// The start of the complex migration from one version to another; everything derivable is
/// derived at compile time.
#[derive(Clone, Copy, Debug)]
pub struct ComplexStart(Migration);

impl ComplexStart {
    /// The complex migration from `from` to `to`, labels as the registry accepts them.
    pub const fn new(from: &'static str, to: &'static str) -> Self {
        Self(Migration {
            token: words::token(reasons::token::COMPLEX, from, to),
            ..Migration::new(from, to)
        })
    }

    /// Consumes the token. The version is marked by UpgradeabilityStorage when all is done.
    ///
    /// # Errors
    /// `NotInUpgrade` without the token of just this migration, then `AlreadyMigrated`, then
    /// `PredecessorMissing`.
    #[inline(never)]
    pub fn consume(&self) -> Result<Proof, MigratableError> {
        self.0.permit()?;
        Ok(Proof::new())
    }
}

/// Takes the permission away, whatever comes after: there is no second one in this upgrade.
fn take_token(expected: &B256) -> Result<(), MigratableError> {
    if storage::transient_load(&slots::TOKEN.0) != expected.0 {
        return Err(MigratableError::NotInUpgrade);
    }
    storage::transient_store(&slots::TOKEN.0, &[0; 32]);
    Ok(())
}

/// Returns true if a marker is set.
pub(crate) fn is_set(slot: &B256) -> bool {
    storage::load(&slot.0) != [0; 32]
}

/// Writes the flag through, so that even a raw call in the body, which flushes nothing, meets it.
fn mark(flag: &B256) -> Proof {
    storage::store(&flag.0, &slots::SET.0);
    storage::flush(false);
    Proof::new()
}
