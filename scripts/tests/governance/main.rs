//! The command line where people decide together: processes of this program against a node.

mod deceived;
mod decide;
mod desk;
mod history;
mod killed;
mod killed_anywhere;
mod mistakes;
mod plan;
mod relay;
