//! The events and the errors of ERC-20 (ERC-6093).

use stylus_sdk::{alloy_sol_types::sol, prelude::*};
use stylus_upgradeable::prelude::*;

sol! {
    /// ERC-20.
    #[derive(Debug)]
    event Transfer(address indexed from, address indexed to, uint256 value);
    /// ERC-20.
    #[derive(Debug)]
    event Approval(address indexed owner, address indexed spender, uint256 value);

    /// ERC-6093: `sender` does not have `needed`.
    #[derive(Debug)]
    error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
    /// ERC-6093: the allowance of `spender` is below `needed`.
    #[derive(Debug)]
    error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    /// ERC-6093: the zero address receives no tokens.
    #[derive(Debug)]
    error ERC20InvalidReceiver(address receiver);
    /// ERC-6093: the zero address has no allowance.
    #[derive(Debug)]
    error ERC20InvalidSpender(address spender);
}

/// The errors of ERC-20 (ERC-6093), and those of initializers and migrations.
#[derive(SolidityError, Debug)]
pub enum Erc20Error {
    /// The sender has less.
    Balance(ERC20InsufficientBalance),
    /// The spender may spend less.
    Allowance(ERC20InsufficientAllowance),
    /// The receiver is the zero address.
    Receiver(ERC20InvalidReceiver),
    /// The spender is the zero address.
    Spender(ERC20InvalidSpender),
    /// An initializer or a migration may not run now.
    Migratable(MigratableError),
}
