//! Tries to break an upgrade before its users do: the same sequences of calls on two copies of one block, one with the
//! code of today and one with the planned upgrade. Whatever differs, and nobody declared, is found.

mod constants;
mod corpus;
mod difference;
mod edges;
mod executor;
mod frontier;
mod random;
mod regression;
mod report;
mod sequence;
mod shrink;
mod values;

pub use difference::DifferenceKind;
pub use report::{FuzzFinding, FuzzReport, SequenceCall};

use crate::client::{ChainError, Client, Fork, ReadsLeft};
use crate::error::Refusal;
use crate::fork_pair::fork_with_upgrade;
use crate::functions::interfaces;
use crate::plan::{FuzzRequest, FuzzSettings, fails};
use crate::program_code::{CodeBytes, fragments, is_program};
use crate::progress::Progress;
use crate::replay::{PastCall, PastLimits, read_calls};
use crate::simulation::{Simulation, now};
use crate::text::{count, grouped};

use alloy::json_abi::Function;
use alloy::primitives::{Address, B256, Bytes, U256};
use constants::find_constants;
use difference::IntendedDifferences;
use edges::EdgeSearch;
use executor::{DifferentialExecutor, ExecutorConfig};
use frontier::CoverageFrontier;
use report::FindingOrigin;
use sequence::{FuzzCall, SequenceGenerator, TargetFunction};
use shrink::MinimalSequence;

use std::time::{Duration, Instant};
use stylus_chain::Chain;
use values::ValueGenerator;

/// Past calls that sequences begin with, and blocks that are looked through for them, at most.
const PAST: PastLimits = PastLimits {
    transactions: 64,
    blocks: 256,
};
/// Accounts that call, at most.
const CALLERS_MAX: usize = 16;
/// Callers that nobody knows.
const STRANGERS: [Address; 2] = [Address::repeat_byte(0x11), Address::repeat_byte(0x22)];
/// Sequences that are kept because they showed something new, at most.
const KEPT_MAX: usize = 4_096;
/// Accounts and slots that the endpoint is asked for while sequences run, at most, and sequences after which it is
/// asked nothing more. Both are counted, so that the same is read again with the same seed.
const READS: (u64, u64) = (500, 1_000);
/// Findings after which it ends.
const FINDINGS_MAX: usize = 32;
/// The number of times that a constant that one version alone has is tried, beside the others.
const NEW_CONSTANTS: usize = 4;
/// Between two reports of its course.
const TICK: Duration = Duration::from_millis(500);

/// Fuzzes an upgrade on copies of the newest block. Nothing is sent.
///
/// # Errors
/// What keeps it from being done, and an upgrade that fails.
pub async fn fuzz(
    client: &Client,
    request: FuzzRequest,
    instances: &[Address],
) -> Result<FuzzReport, ChainError> {
    let registry = client.registry(request.plan.registry);
    let past = read_calls(registry, &request.plan.call.name, instances, PAST).await?;
    let fork = Fork::newest(client).await?;
    let (listener, reads) = (client.clone(), fork.reads_left());
    fork.carry_out(move |chain| fuzz_on(chain, &reads, &request, &past, listener.progress()))
        .await
}

fn fuzz_on(
    chain: Chain,
    reads: &ReadsLeft,
    request: &FuzzRequest,
    past: &[PastCall],
    progress: &dyn Progress,
) -> Result<FuzzReport, ChainError> {
    let (forks, plan) = fork_with_upgrade(chain, &request.plan)?;
    if let Some(problem) = plan.problems.into_iter().next() {
        return Err(fails(&problem).into());
    }
    let mut upgraded = plan
        .instances
        .iter()
        .filter(|instance| instance.to == plan.to && !instance.migrating);
    let is_wanted = |proxy: Address| request.proxy.is_none_or(|wanted| wanted == proxy);
    let instance =
        upgraded.find(|instance| instance.from != instance.to && is_wanted(instance.proxy));
    let Some(proxy) = instance.map(|instance| instance.proxy) else {
        let (name, block) = (plan.name, plan.block);
        let message =
            format!("on a copy of block {block} the upgrade reaches no instance of {name}");
        let refusal = Refusal::new("NoInstance", message).with(
            "an instance that is at the new version afterwards",
            "none",
            "create one, name another with --proxy, or finish the complex migration first",
        );
        return Err(refusal.into());
    };
    let (getters, targets) = find_functions(request);
    if targets.is_empty() {
        let name = plan.name;
        let message = format!(
            "no function is known that both versions of {name} have, beside getters without arguments"
        );
        let refusal = Refusal::new("NoFunctions", message).with(
            "the interfaces of both versions",
            "none in common",
            "build both versions here, or register versions whose layout documents have an interface",
        );
        return Err(refusal.into());
    }
    let registry = request.plan.registry;
    let copy = &forks.as_it_is;
    let known = now(copy.registry(registry).code(&plan.name, &plan.from))?;
    let implementation = request.plan.call.code.implementation;
    let code_before = read_code(copy, known.implementation)?;
    let code_after = read_code(&forks.upgraded, implementation)?;
    let old = find_constants(&code_before);
    let new = find_constants(&code_after);
    let answers = ask_getters(copy, proxy, &getters)?;
    let callers = find_callers(copy, request, proxy, past, &answers)?;

    let mut words: Vec<U256> = old.union(&new).copied().collect();
    for constant in old.symmetric_difference(&new) {
        words.extend([*constant; NEW_CONSTANTS]);
    }
    let accounts = words.iter().filter_map(|word| account(B256::from(*word)));
    let accounts: Vec<Address> = callers
        .iter()
        .copied()
        .chain([proxy, registry])
        .chain(accounts)
        .collect();
    let mut values = ValueGenerator::new(request.settings.seed, words, accounts);
    answers.iter().for_each(|answer| values.learn(answer));
    past.iter()
        .for_each(|call| values.learn(call.input.get(4..).unwrap_or_default()));

    let settings = &request.settings;
    let layouts = [&request.layouts[0], &request.layouts[1]];
    let config = ExecutorConfig {
        proxy,
        callers: &callers,
        accounts: values.accounts.clone(),
        targets,
        getters: &getters,
        abis: request.abis.clone(),
        layouts,
        intended: IntendedDifferences::parse(&settings.declared.differs),
        invariants: find_invariants(request)?,
        counts_gas: code_before.is_evm() || code_after.is_evm(),
    };
    let executor = DifferentialExecutor::new(forks, config)?;
    if let Some(name) = executor.find_uncompared() {
        let expected =
            "a function, an event or a variable of the contract, or `balance of ACCOUNT`";
        return Err(nothing_compared(name, expected));
    }
    let mut campaign = FuzzCampaign {
        first: first_sequences(&executor.targets, past, settings)?,
        executor,
        maker: SequenceGenerator { values, callers },
        kept: Vec::new(),
        frontier: CoverageFrontier::default(),
        edges: EdgeSearch::default(),
        findings: Vec::new(),
        block: plan.block,
        settings,
    };
    let begun = Instant::now();
    reads.set(READS.0);
    let sequences = campaign.run(reads, progress)?;
    let functions = campaign
        .executor
        .targets
        .iter()
        .map(|target| target.function.signature());
    let elapsed = begun.elapsed();
    Ok(FuzzReport {
        name: plan.name,
        from: plan.from,
        to: plan.to,
        block: plan.block,
        proxy,
        seed: settings.seed,
        sequences,
        unread: campaign.executor.unread,
        calls: campaign.executor.calls,
        milliseconds: elapsed.as_millis() as u64,
        calls_per_second: rate(campaign.executor.calls, elapsed),
        behaviors: campaign.executor.coverage.count(),
        corpus: campaign.kept.len(),
        functions: functions.collect(),
        variables: campaign.executor.variable_count(),
        declared: settings.declared.differs.clone(),
        findings: campaign.findings,
    })
}

/// A run of the fuzzer.
struct FuzzCampaign<'a> {
    executor: DifferentialExecutor,
    maker: SequenceGenerator,
    /// Sequences that are tried before any other.
    first: Vec<Vec<FuzzCall>>,
    /// Sequences that showed something new.
    kept: Vec<Vec<FuzzCall>>,
    /// Calls that went where none did.
    frontier: CoverageFrontier,
    /// The edges where numbers stop to be taken.
    edges: EdgeSearch,
    /// The findings.
    findings: Vec<FuzzFinding>,
    block: u64,
    settings: &'a FuzzSettings,
}

impl FuzzCampaign<'_> {
    /// Runs sequences until an end is reached, and returns their number.
    fn run(&mut self, reads: &ReadsLeft, progress: &dyn Progress) -> Result<u64, ChainError> {
        let (begun, settings) = (Instant::now(), self.settings);
        let mut told = begun;
        let mut first = std::mem::take(&mut self.first).into_iter();
        let mut sequences = 0;
        let is_over = |sequences: u64| {
            let is_late = settings.time.is_some_and(|time| begun.elapsed() >= time);
            is_late || settings.runs.is_some_and(|runs| sequences >= runs)
        };
        while !is_over(sequences) && self.findings.len() < FINDINGS_MAX {
            let calls = first.next().unwrap_or_else(|| self.next_sequence());
            sequences += 1;
            if sequences == READS.1 {
                reads.set(0);
            }
            self.run_sequence(calls, sequences)?;
            if told.elapsed() >= TICK {
                told = Instant::now();
                progress.tick(&format!(
                    "{}, {} calls/s, {}, {}",
                    count(sequences, "sequence"),
                    grouped(rate(self.executor.calls, begun.elapsed())),
                    count(self.executor.coverage.count() as u64, "behavior"),
                    count(self.findings.len() as u64, "finding")
                ));
            }
        }
        Ok(sequences)
    }

    /// Makes the next sequence: a new one, or one that showed something new and is changed.
    fn next_sequence(&mut self) -> Vec<FuzzCall> {
        let random = &mut self.maker.values.random;
        let found = match random.below(8) {
            _ if self.settings.blind => None,
            0 | 1 => self.edges.next_sequence(random),
            2 => self.frontier.next_sequence(random),
            _ => None,
        };
        if let Some(calls) = found {
            return calls;
        }
        let is_new = self.kept.is_empty() || random.once_in(3);
        let targets = &self.executor.targets;
        let base = random.below(self.kept.len());
        let other = random.below(self.kept.len());
        if is_new {
            return self.maker.new_sequence(targets);
        }
        self.maker
            .mutate(&self.kept[base], &self.kept[other], targets)
    }

    /// Runs one sequence. What it finds is made as small as it gets; then it is run again, for what else there is.
    fn run_sequence(&mut self, calls: Vec<FuzzCall>, number: u64) -> Result<(), ChainError> {
        loop {
            let shown = self.executor.run(&calls)?;
            shown
                .answers
                .iter()
                .for_each(|answer| self.maker.values.learn(answer));
            self.edges.record(&calls, &shown.succeeded);
            if let Some(at) = shown.new.filter(|_| !self.settings.blind) {
                self.frontier.record(calls.get(..=at).unwrap_or_default());
                if self.kept.len() < KEPT_MAX {
                    self.keep(&calls)?;
                    self.kept.push(calls.clone());
                }
            }
            let Some(difference) = shown.difference else {
                return Ok(());
            };
            let origin = FindingOrigin {
                sequence: number,
                calls_until: self.executor.calls,
                proxy: self.executor.proxy,
                block: self.block,
            };
            let found = MinimalSequence::shrink(&mut self.executor, calls.clone(), difference)?;
            let finding = FuzzFinding::new(&found, &origin, &self.executor.targets);
            self.findings.push(finding);
            self.keep(&found.calls)?;
        }
    }

    /// Writes a sequence to the corpus at once: what ends in the middle continues from there.
    fn keep(&self, calls: &[FuzzCall]) -> Result<(), ChainError> {
        let folder = self.settings.corpus.as_deref();
        let written = folder.map(|folder| corpus::write(folder, calls, &self.executor.targets));
        written.unwrap_or(Ok(()))
    }
}

/// Returns the sequences that are run before any is made up: an empty one, the corpus, and past calls of users.
fn first_sequences(
    targets: &[TargetFunction],
    past: &[PastCall],
    settings: &FuzzSettings,
) -> Result<Vec<Vec<FuzzCall>>, ChainError> {
    let mut all = vec![Vec::new()];
    if let Some(folder) = &settings.corpus {
        all.extend(corpus::read(folder, targets)?);
    }
    let past = past
        .iter()
        .filter_map(|call| FuzzCall::decode(call.from, call.value, &call.input, targets));
    all.extend(past.map(|call| vec![call]));
    Ok(all)
}

/// The functions that users can call of both versions: getters without arguments, which are asked after every
/// sequence, and all others. What proxies answer themselves, and what only an upgrade calls, is none of them.
fn find_functions(request: &FuzzRequest) -> (Vec<Function>, Vec<TargetFunction>) {
    let framework = &interfaces().implementation;
    let common = request.abis.before.all().filter(|function| {
        let selector = function.selector().0;
        let is_step = request.plan.call.step.data.starts_with(&selector);
        let is_elsewhere = is_step || framework.knows(&selector) || request.steps.knows(&selector);
        request.abis.after.knows(&selector) && !is_elsewhere
    });
    let is_getter = |function: &&Function| {
        let mut getters = request.abis.before.getters();
        getters.any(|getter| getter == *function)
    };
    let (getters, others): (Vec<&Function>, Vec<&Function>) = common.partition(is_getter);
    (
        getters.into_iter().cloned().collect(),
        others
            .into_iter()
            .filter_map(TargetFunction::from_function)
            .collect(),
    )
}

/// The functions that must answer true with the new version.
fn find_invariants(request: &FuzzRequest) -> Result<Vec<Function>, ChainError> {
    let known = &request.abis.after;
    let find = |name: &String| {
        let mut getters = known.getters();
        let found = getters.find(|getter| getter.signature() == *name || getter.name == *name);
        let is_bool =
            |getter: &&Function| matches!(&getter.outputs[..], [output] if output.ty == "bool");
        let expected =
            "a function of the new version without arguments, such as solvent() returns (bool)";
        let missing = || nothing_compared(name, expected);
        found.filter(is_bool).cloned().ok_or_else(missing)
    };
    request.settings.declared.holds.iter().map(find).collect()
}

/// Asks the getters before any call, and returns the answers of those that succeed.
fn ask_getters(
    copy: &Simulation,
    proxy: Address,
    getters: &[Function],
) -> Result<Vec<Bytes>, ChainError> {
    let answers = getters
        .iter()
        .map(|getter| copy.probe(proxy, getter.selector().0.into()));
    let answers: Result<Vec<_>, _> = answers.collect();
    let answers = answers?.into_iter();
    Ok(answers
        .filter_map(|(success, output)| success.then_some(output))
        .collect())
}

/// Finds the callers: accounts that getters name, such as an owner, those that the manifest names, past callers, and
/// accounts without rights. The registry calls nobody as a user does.
fn find_callers(
    copy: &Simulation,
    request: &FuzzRequest,
    proxy: Address,
    past: &[PastCall],
    answers: &[Bytes],
) -> Result<Vec<Address>, ChainError> {
    let words = answers
        .iter()
        .flat_map(|answer| answer.chunks_exact(B256::len_bytes()));
    let named = words.filter_map(|word| account(B256::from_slice(word)));
    let manifest = request.plan.names.accounts();
    let past = past.iter().map(|call| call.from);
    let mut all = Vec::new();
    for account in named.chain(STRANGERS).chain(past).chain(manifest) {
        let is_own = account == proxy || account == request.plan.registry;
        if !is_own && !all.contains(&account) && all.len() < CALLERS_MAX {
            all.push(account);
        }
    }
    // A program cannot send a transaction; a wallet that is a contract can, through somebody.
    let mut callers = Vec::new();
    for account in all {
        if !is_program(&copy.code(account)?) {
            callers.push(account);
        }
    }
    Ok(callers)
}

/// The account that a word is, where it looks like one.
fn account(word: B256) -> Option<Address> {
    let is_account = word.starts_with(&[0; 12]) && word.get(12..16) != Some(&[0; 4]);
    is_account.then(|| Address::from_word(word))
}

/// Reads the code of an account, with that of its fragments.
fn read_code(copy: &Simulation, account: Address) -> Result<CodeBytes, ChainError> {
    let code = copy.code(account)?;
    let parts = fragments(&code).into_iter().map(|part| copy.code(part));
    let fragments = parts.collect::<Result<_, _>>()?;
    Ok(CodeBytes { code, fragments })
}

/// Returns the number per second.
fn rate(number: u64, elapsed: Duration) -> u64 {
    (number as f64 / elapsed.as_secs_f64().max(0.001)) as u64
}

/// The error that what must hold cannot be asked, or what is meant to differ is not compared.
fn nothing_compared(name: &str, expected: &str) -> ChainError {
    let message = format!("{name} is not compared");
    let refusal = Refusal::new("NothingCompared", message).with(
        expected,
        name,
        "correct --differs and --holds, or [fuzz.NAME] in the manifest",
    );
    refusal.usage().into()
}
