//! The registry's functions, events and errors.
//!
//! It is created by [`crate::chain::CONSTRUCTOR_SELECTOR`] followed by `abi.encode(string definePolicy)`
//! (roles `define` and `policy` of the definition with the empty name, the registry itself), in
//! the transaction that deploys it.

use alloy_sol_types::sol;

sol! {
    /// The progress of a governed call.
    #[derive(Debug, PartialEq, Eq)]
    struct Progress {
        /// keccak256(abi.encode(chain id, registry, call data, epoch, round)).
        bytes32 action;
        /// Approvals that count so far.
        uint16 approvals;
        /// `approvals` and the fewest that are still missing.
        uint16 required;
        /// True if this call completed the policy and was executed.
        bool executed;
    }

    /// The code of a version.
    #[derive(Debug, PartialEq, Eq)]
    struct Code {
        /// The account that holds it.
        address implementation;
        /// keccak256 of the account's code.
        bytes32 codehash;
        /// Hash of its storage layout, or zero.
        bytes32 layoutHash;
        /// Hash of its source, or zero.
        bytes32 sourceHash;
    }

    /// A step into a version.
    #[derive(Debug, PartialEq, Eq)]
    struct Step {
        /// The version it leaves; empty for an initial step: the version can only be created.
        string from;
        /// One of [`crate::reasons::step`].
        uint8 kind;
        /// The script of kind 2, the program of kind 3, a check of the other kinds
        /// ([`crate::check::IUpgradeCheck`]), else zero.
        address script;
        /// keccak256 of the code at `script`, else zero.
        bytes32 scriptCodehash;
        /// The calldata of the step.
        bytes data;
    }

    /// An instance, as a page shows it.
    #[derive(Debug, PartialEq, Eq)]
    struct InstanceEntry {
        /// The proxy's account.
        address proxy;
        /// The label of its version.
        string version;
        /// One of [`crate::reasons::proxy_kind`].
        uint8 kind;
        /// One of [`crate::reasons::instance_state`].
        uint8 state;
        /// The content of the proxy's ERC-1967 implementation slot, as it answers within
        /// [`crate::limits::INSTANCE_VIEW_GAS`]. Zero where it answers anything but one address, and of transparent
        /// proxies 5.x and UUPS proxies, which nobody can ask.
        address implementation;
    }

    /// An approval given offline.
    #[derive(Debug, PartialEq, Eq)]
    struct Signature {
        /// The account that signed.
        address signer;
        /// 65 bytes r, s, v with low s, else an ERC-1271 signature.
        bytes data;
    }

    /// The registry: definitions, versions, policies, approvals, instances, factory.
    #[derive(Debug, PartialEq, Eq)]
    interface IRegistry {
        // -- governed by role `define` of the definition with the empty name
        function createDefinition(string name, string migratePolicy, string policyPolicy, string createPolicy) external returns (Progress progress);
        // -- governed by role `migrate`
        function addVersion(string name, string version, Code code, Step step) external returns (Progress progress);
        function addStep(string name, string version, Step step) external returns (Progress progress);
        function migrate(string name, string version, Code code, Step step) external returns (Progress progress);
        /// A call about one instance names the instance's `nonce` ([`instanceDetailsCall`]), so that what was approved
        /// is what is executed: another nonce reverts `StaleInstance`.
        function setHandler(string name, address proxy, address handler, uint64 nonce) external returns (Progress progress);
        function abortMigration(string name, address proxy, uint64 nonce) external returns (Progress progress);
        /// Makes a proxy of OpenZeppelin, transparent or UUPS, an instance at `version`. Its owner has given it to
        /// the definition's admin before: that is checked at each approval, except of UUPS code without `owner()`.
        /// The proxy shows that it obeys: it is upgraded to the code of `version`, paused and resumed. Executes only
        /// where an account without code sends the call directly; until then approvals are kept.
        function adopt(string name, address proxy, uint8 kind, string version) external returns (Progress progress);
        /// Expects `proxy`, of kind 0 or 1, from `registry`, where it has that `nonce`, and makes it an instance at
        /// `version`, which must be current (else `VersionNotCurrent`), when that one transfers it. Replaces an earlier
        /// acceptance of the same proxy; ends with the next `migrate` and the next policy of role `migrate`. `registry`
        /// zero withdraws it.
        function acceptTransfer(string name, address proxy, string version, address registry, uint64 nonce) external returns (Progress progress);
        /// Transfers an instance of kind 0 or 1 to the definition `definition` of the registry `to`, which has
        /// accepted it with that `nonce`, while it is paused too. Of an adopted kind: `to` is any account, which owns
        /// the proxy from now on, and `definition` is empty; executes as `adopt` does. An adopted instance leaves only
        /// while it is live, else `UpgradeInProgress`: nobody but this registry takes it from the stub.
        function transferProxy(string name, address proxy, address to, string definition, uint64 nonce) external returns (Progress progress);
        /// Removes an instance that has no code or does not obey this registry any more, or any adopted one, which
        /// can be adopted again. Of an adopted kind it executes as `adopt` does; one that is paused first runs its
        /// version again, unless it does not obey.
        function removeInstance(string name, address proxy, uint64 nonce) external returns (Progress progress);
        // -- governed by role `policy`
        function setPolicy(string name, string role, string expression) external returns (Progress progress);
        // -- governed by role `create` at the current version and at one with the current implementation and code
        // hash, by role `migrate` at any other. Where `create` is `NONE`, nobody creates.
        /// Creates and initializes a proxy. Where role `migrate` decides, a sender who is no approver of it reverts
        /// `VersionNotCurrent`.
        function createProxy(string name, string version, uint8 kind, bytes32 salt, bytes initData) external payable returns (Progress progress, address proxy);
        // -- governed by role `pause`. Unless it is set, any one address of `migrate` pauses. The whole policy of
        // `migrate`, or that of `pause`, resumes.
        /// Pauses the definition: until [`resumeCall`] nothing is created, and no instance is upgraded. The instances
        /// `first` run the pause stub at once, where a call reverts `UpgradeInProgress`, each with 2,000,000 gas;
        /// `InstanceSkipped` names each of them that could not. Reverts where there is not the Stylus memory for that
        /// ([`crate::limits::PAUSE_PAGES`]). `rollout` pauses the others. An instance in a complex migration stays in
        /// it, and is paused when that ends. `migrate` is possible meanwhile.
        function pause(string name, address[] first) external returns (Progress progress);
        /// Ends the pause. `version` must be current, else `VersionNotCurrent`: nothing that was approved for another
        /// one counts. Delays of the policy count as passed. `rollout` takes the instances from the stub.
        function resume(string name, string version) external returns (Progress progress);
        // -- approvals
        /// Withdraws the caller's own approval, or refuses the action before it is given or proposed. From now
        /// on no signature of the caller counts for it; a call of the caller does.
        function revoke(bytes32 action) external;
        /// Ends an action: by its proposer, as long as what the others approved does not satisfy
        /// the policy without them (delays and lambdas taken as true); by who alone satisfies
        /// the action's own role, of `resume` role `migrate`; or, unless it is a `setPolicy`, by who alone satisfies
        /// role `cancel`. Anybody else reverts `NotAnApprover`.
        function cancel(bytes32 action) external;
        /// Approves `action`, the calldata of a governed call, for each who signed it (EIP-712, see
        /// [`crate::signed`]) up to `deadline`, in seconds, and executes it where that completes the
        /// policy. To submit is not to approve. Value is accepted only where it executes, and from
        /// a caller who alone satisfies the role.
        function submitSigned(bytes action, uint64 deadline, Signature[] approvals) external payable returns (Progress progress);
        // -- anyone
        /// Has each of these instances follow its definition, in a sub-call of its own. Where the definition is paused,
        /// one that is live is paused. Else one that is paused is resumed, or upgraded to the current version
        /// where `migrate` was executed since it was paused, or since its definition was before it; and one that is
        /// older than the current version is upgraded, unless its complex step was rolled back since the last
        /// `migrate`. Others are left alone. One whose path is longer than 32 steps is upgraded to the version that
        /// the first 32 reach, and paused there; the next call goes on. One that fails stays as it was and is named by
        /// `InstanceSkipped`. The call reverts `InsufficientGas` where one fails with less than 24,000,000 gas.
        /// Returns how many it moved.
        function rollout(string name, address[] proxies) external returns (uint16 moved);
        /// Upgrades one instance, of any kind, with `data` as `upgradeToAndCall` takes it. For a caller who alone
        /// satisfies role `migrate`, else `UpgradeNotAuthorized`. An adopted proxy takes neither `data` nor
        /// value, and an account without code has to send the call directly.
        function upgradeInstance(address proxy, string version, bytes data) external payable;

        // -- views
        function definition(string name) external view returns (string current, uint64 sequence, uint32 versions, uint32 instances, uint8 state);
        function getVersion(string name, string version) external view returns (Code code, Step[] steps, uint64 sequence);
        function versions(string name, uint32 start, uint32 count) external view returns (string[] labels);
        function instances(string name, uint32 start, uint32 count) external view returns (address[] proxies);
        /// The instances of that page of `instances`, with what each of them is and runs. Reverts `InsufficientGas`
        /// where a proxy could not be asked with all its gas.
        function instancePage(string name, uint32 start, uint32 count) external view returns (InstanceEntry[] page);
        function instanceOf(address proxy) external view returns (string name, string version, uint8 kind, uint8 state);
        function proxyAddress(string name, uint8 kind, bytes32 salt) external view returns (address proxy);
        function policy(string name, string role) external view returns (string expression);
        function satisfies(string name, string role, address[] approvers) external view returns (bool satisfied);
        function pending(string name, uint32 start, uint32 count) external view returns (bytes32[] actions);
        /// ERC-5267: the domain of what approvers sign.
        function eip712Domain() external view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions);
        /// The action that this governed call would approve or execute now.
        function actionOf(bytes calldata call) external view returns (bytes32 action);
        function readiness(bytes32 action) external view returns (Progress progress, address[] approved, address[] missing, uint64 notBefore, uint64 expires, uint8 blockedBy);
        /// The chain's block (ArbSys', as a log filter counts blocks) in which an open action was proposed: its
        /// [`Proposed`] is found there.
        function openedAt(bytes32 action) external view returns (uint64 block);
        /// Nonce that approvals about a proxy are bound to, and its origin; answers for every account. `nonce` rises
        /// with everything that changes what the instance runs or who may change it, not with pausing. `created`:
        /// by this registry. `arrived`: it was adopted, or came from another registry. `held`: its complex step was
        /// rolled back, and `rollout` leaves it where it is until `migrate` is executed again.
        function instanceDetails(address proxy) external view returns (uint64 nonce, bool created, bool arrived, bool held);
        /// From which registry a definition has accepted a proxy, at which version, with which nonce; zeros where it
        /// has not.
        function acceptedTransfer(string name, address proxy) external view returns (address registry, string version, uint64 nonce);
        function plan(address instance, string version) external view returns (string[] labels, Step[] steps);

        // -- events; `definition` is keccak256(name)
        event DefinitionCreated(bytes32 indexed definition, string name);
        event VersionAdded(bytes32 indexed definition, string version, address indexed implementation, bytes32 codehash, bytes32 layoutHash, bytes32 sourceHash, uint64 sequence);
        event StepAdded(bytes32 indexed definition, string to, Step step);
        event CurrentChanged(bytes32 indexed definition, string version, uint64 sequence);
        event Proposed(bytes32 indexed definition, bytes32 indexed action, address indexed proposer, bytes call, uint64 epoch, uint32 round, uint64 expires);
        event ProxyCreated(bytes32 indexed definition, address indexed proxy, string version, uint8 kind);
        event Approved(bytes32 indexed definition, bytes32 indexed action, address indexed approver, uint16 approvals, uint16 required);
        /// An approval was withdrawn, or an action refused before. `definition` is zero where the action is not
        /// proposed.
        event Revoked(bytes32 indexed definition, bytes32 indexed action, address indexed approver);
        event Cancelled(bytes32 indexed definition, bytes32 indexed action);
        event Executed(bytes32 indexed definition, bytes32 indexed action, uint64 sequence);
        event InstanceUpgraded(bytes32 indexed definition, address indexed proxy, string from, string to, uint64 sequence);
        event InstanceSkipped(bytes32 indexed definition, address indexed proxy, bytes reason);
        /// The account was created to which proxies are given that the definition adopts.
        event AdminCreated(bytes32 indexed definition, address indexed admin);
        event InstanceAdopted(bytes32 indexed definition, address indexed proxy, uint8 kind);
        /// The values of `acceptTransfer`; `registry` is zero where it was withdrawn.
        event TransferAccepted(bytes32 indexed definition, address indexed proxy, string version, address registry, uint64 nonce);
        /// It is no instance any more. The definition's last one has its place in `instances` now.
        event InstanceTransferred(bytes32 indexed definition, address indexed proxy, address to);
        /// The end of an instance, like [`InstanceTransferred`], without another owner.
        event InstanceRemoved(bytes32 indexed definition, address indexed proxy);
        event PolicyChanged(bytes32 indexed definition, string role, string expression);
        event MigrationStarted(bytes32 indexed definition, address indexed proxy, string from, string to, address handler);
        event MigrationEnded(bytes32 indexed definition, address indexed proxy, string from, string to);
        event MigrationAborted(bytes32 indexed definition, address indexed proxy, string from, string to);
        event HandlerChanged(bytes32 indexed definition, address indexed proxy, address handler);
        event Paused(bytes32 indexed definition);
        event Resumed(bytes32 indexed definition);
        /// It runs the pause stub: it was paused, or its complex step ended where its version must not run.
        event InstancePaused(bytes32 indexed definition, address indexed proxy);
        /// It was taken from the stub.
        event InstanceResumed(bytes32 indexed definition, address indexed proxy);

        // -- errors
        error DefinitionExists(string name);
        error DefinitionNotFound(string name);
        error DefinitionPaused(string name);
        /// `resume` of a definition that is not paused.
        error DefinitionNotPaused(string name);
        error VersionExists(string name, string version);
        /// `resume` and `acceptTransfer` name another version than the current one; `createProxy` one with other code,
        /// which takes role `migrate`.
        error VersionNotCurrent(string version, string current);
        error InvalidLabel(string label, uint8 reason);
        error InvalidStep(string from, string to, uint8 reason);
        error UnknownRole(string role);
        error InvalidPolicy(string expression, uint32 offset, uint8 reason);
        error NotAnApprover(address caller);
        error AlreadyApproved(address approver, bytes32 action);
        error NotApproved(address approver, bytes32 action);
        error TooManyActions(address approver, uint32 open);
        error ActionNotFound(bytes32 action);
        error ActionExpired(bytes32 action);
        error InvalidSignature(uint256 index, address signer);
        error CodeChanged(address account, bytes32 expected, bytes32 found);
        error NotAnInstance(address proxy);
        /// A call about an instance names another `nonce` than the instance has: it changed since.
        error StaleInstance(uint64 expected, uint64 found);
        /// `setHandler` or `abortMigration` of an instance whose state is another one.
        error NotMigrating(address proxy, uint8 state);
        /// An order to an adopted proxy: an account without code has to send the call directly, so that no call
        /// of the proxy is in progress.
        error DirectCallRequired(address caller);
        /// The proxy does not do what this registry orders.
        error InstanceNotObeying(address proxy);
        /// The definition has not accepted that proxy from that registry.
        error TransferNotAccepted(bytes32 definition, address proxy, address registry);
        error Reentered();
        error InsufficientGas(uint64 needed, uint64 left);
        error ProxyExists(address proxy);
        /// Among others `calldata encoding`: a governed call that is not in canonical ABI encoding, or has bytes
        /// behind it. What was approved in one form must not count in another.
        error NotSupported(string what);
    }
}
