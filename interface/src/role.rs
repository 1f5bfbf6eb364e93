//! The roles that the registry asks for. A definition may have policies of others, which its lambdas and
//! implementations ask about (`satisfies`).

/// Creates definitions; a role of the definition with the empty name.
pub const DEFINE: &str = "define";
/// Decides about versions, steps, handlers, adoption, transfer, removal; together with [`PAUSE`] about `resume`.
pub const MIGRATE: &str = "migrate";
/// Changes policies.
pub const POLICY: &str = "policy";
/// Creates instances.
pub const CREATE: &str = "create";
/// Pauses. Where it is not set, any one address of [`MIGRATE`] does.
pub const PAUSE: &str = "pause";
/// The guardian: whoever satisfies it alone ends any open action of the definition, except those of `setPolicy`.
/// Where it is not set, nobody does.
pub const CANCEL: &str = "cancel";
