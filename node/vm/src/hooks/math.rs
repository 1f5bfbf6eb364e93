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
        let a = self.read_u256(value)?;
        let b = self.read_u256(second)?;
        self.gave(&a.to_be_bytes::<32>());
        self.gave(&b.to_be_bytes::<32>());
        let result = match self.hook {
            Hook::MathDiv => a.checked_div(b).unwrap_or_default(),
            Hook::MathMod => a.checked_rem(b).unwrap_or_default(),
            Hook::MathPow => {
                self.buy_ink(prices::pow(&b.into()))?;
                a.wrapping_pow(b)
            }
            Hook::MathAddMod => a.add_mod(b, self.modulus(modulus)?),
            Hook::MathMulMod => a.mul_mod(b, self.modulus(modulus)?),
            _ => U256::ZERO,
        };
        self.write_u256(value, result)?;
        self.got(&result.to_be_bytes::<32>());
        Ok(Flow::Return(None))
    }

    fn modulus(&mut self, modulus: u32) -> Result<U256, Escape> {
        let modulus = self.read_u256(modulus)?;
        self.gave(&modulus.to_be_bytes::<32>());
        Ok(modulus)
    }
}
