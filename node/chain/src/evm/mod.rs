//! Execution: revm's loop with a second kind of frame for Stylus programs.

mod frame;
mod halt;
mod handler;
mod instructions;
mod session;
mod view;

use frame::ArbEvm;
pub(crate) use halt::halt_text;
pub(crate) use handler::{Executed, ExecutionError, execute};
pub(crate) use session::{RecentPrograms, Session, load_account};
pub(crate) use view::{Overlay, StateView};

use revm::{
    Journal,
    context::{BlockEnv, CfgEnv, Context, TxEnv},
};

/// Everything an execution sees.
pub(crate) type Ctx<'a> =
    Context<BlockEnv, TxEnv, CfgEnv, StateView<'a>, Journal<StateView<'a>>, Session<'a>>;
