//! 256-bit arithmetic.

use alloy_primitives::U256;

use super::{Call, Escape, Flow, Hook, prices};

impl Call<'_> {
    /// The result overwrites the first argument. `modulus` is read by the two three-way functions.
    pub(super) fn math(&mut self, value: u32, second: u32, modulus: u32) -> Result<Flow, Escape> {
        let base = prices::HOSTIO + 3 * prices::PTR;
        self.buy_ink(match self.hook {
            Hook::MathPow => base,
            Hook::MathAddMod => base + prices::PTR + prices::ADD_MOD,
            Hook::MathMulMod => base + prices::PTR + prices::MUL_MOD,
            _ => base + prices::DIV,
        })?;
        let a = self.given_u256(value)?;
        let b = self.given_u256(second)?;
        let result = match self.hook {
            Hook::MathDiv => a.checked_div(b).unwrap_or_default(),
            Hook::MathMod => a.checked_rem(b).unwrap_or_default(),
            Hook::MathPow => {
                self.buy_ink(prices::pow(&b.into()))?;
                a.wrapping_pow(b)
            }
            Hook::MathAddMod => a.add_mod(b, self.given_u256(modulus)?),
            Hook::MathMulMod => a.mul_mod(b, self.given_u256(modulus)?),
            _ => U256::ZERO,
        };
        self.write_u256(value, result)?;
        self.got(&result.to_be_bytes::<32>());
        Ok(Flow::Return(None))
    }
}
