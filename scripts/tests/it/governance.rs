//! The command line where people decide together: processes of this program against a node.

mod at_once;
mod call;
mod checks;
mod complex;
mod contradictions;
mod creation;
mod dear;
mod deceived;
mod decide;
mod dry_run;
mod earlier;
mod effects;
mod ended;
mod fragments;
mod history;
mod interrupted;
mod killed;
mod killed_anywhere;
mod kinds;
mod l1_gas;
mod lagging;
mod lost_answer;
mod misspelt;
mod mistakes;
mod one_of_several;
mod out_of_gas;
mod overtaken;
mod pause;
mod plan;
mod plan_endpoints;
mod printed;
mod refused;
mod relay;
mod replay;
mod replay_governance;
mod sandbox;
mod signed;
mod sources;
mod trace;
mod trace_truth;
mod transfer;
mod untraced;
mod untried;
mod would_fail;

/// What is run.
const PROGRAM: &str = env!("CARGO_BIN_EXE_stylus-upgrades");
