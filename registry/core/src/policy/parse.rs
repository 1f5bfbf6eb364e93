//! Text to [`Policy`], with every rule that the text alone can break.

use alloc::vec::Vec;

use alloy_primitives::Address;
use stylus_upgrades_interface::{
    limits::{
        DELAY_MAX, DELAY_MIN, POLICY_DEPTH_MAX, POLICY_LAMBDAS_MAX, POLICY_LEAVES_MAX,
        POLICY_TEXT_MAX,
    },
    reasons::invalid_policy as reason,
};

use super::{Expression, Leaf, Policy};

/// The place where a text is no policy, and the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// In bytes from the start.
    pub offset: u32,
    /// One of [`stylus_upgrades_interface::reasons::invalid_policy`].
    pub reason: u8,
}

/// Reads a policy.
pub fn parse(text: &[u8]) -> Result<Policy, Refusal> {
    let refuse = |reason| Err(Refusal { offset: 0, reason });
    if text.len() > POLICY_TEXT_MAX {
        return refuse(reason::TOO_LONG);
    }
    let mut parser = Parser {
        text,
        at: 0,
        leaves: 0,
        voices: None,
        policy: Policy {
            root: Expression::None,
            approvers: Vec::new(),
            lambdas: Vec::new(),
            delays: Vec::new(),
        },
    };
    parser.spaces();
    if parser.rest().is_empty() {
        return refuse(reason::EMPTY);
    }
    let start = parser.at;
    let root = parser.expression(0)?;
    if let Expression::Delay(_) = root {
        return Err(refusal(start, reason::BAD_DELAY));
    }
    parser.spaces();
    if !parser.rest().is_empty() {
        return parser.fail(reason::TRAILING);
    }
    parser.policy.root = root;
    Ok(parser.policy)
}

fn refusal(offset: usize, reason: u8) -> Refusal {
    Refusal {
        offset: offset as u32,
        reason,
    }
}

/// The demand of an operator on its arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    And,
    Or,
    OutOf,
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    leaves: usize,
    /// The accounts below the outermost `AND` or `OutOf` that is open: each has one voice there.
    voices: Option<Vec<Address>>,
    policy: Policy,
}

impl Parser<'_> {
    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fail<T>(&self, reason: u8) -> Result<T, Refusal> {
        Err(refusal(self.at, reason))
    }

    fn spaces(&mut self) {
        while self.rest().first() == Some(&b' ') {
            self.at += 1;
        }
    }

    /// Takes the token if it comes next.
    fn takes(&mut self, token: &[u8]) -> bool {
        self.spaces();
        let next = self.rest().starts_with(token);
        if next {
            self.at += token.len();
        }
        next
    }

    fn expect(&mut self, token: &[u8]) -> Result<(), Refusal> {
        if self.takes(token) {
            Ok(())
        } else {
            self.fail(reason::SYNTAX)
        }
    }

    /// Takes a name that is followed by an opening parenthesis.
    fn opens(&mut self, name: &[u8]) -> bool {
        let start = self.at;
        if self.takes(name) && self.takes(b"(") {
            return true;
        }
        self.at = start;
        false
    }

    /// One expression below `depth` operators.
    fn expression(&mut self, depth: usize) -> Result<Expression, Refusal> {
        self.spaces();
        let start = self.at;
        if self.rest().starts_with(b"0x") {
            self.leaf(start)?;
            return self.approver(start);
        }
        if self.opens(b"AND") {
            return self.members(Operator::And, start, depth);
        }
        if self.opens(b"OR") {
            return self.members(Operator::Or, start, depth);
        }
        if self.opens(b"OutOf") {
            return self.members(Operator::OutOf, start, depth);
        }
        if self.opens(b"CALL") {
            self.leaf(start)?;
            return self.lambda(start);
        }
        if self.opens(b"AFTER") {
            self.leaf(start)?;
            return self.delay(start);
        }
        if self.takes(b"NONE") {
            return if depth == 0 {
                Ok(Expression::None)
            } else {
                Err(refusal(start, reason::NONE_NESTED))
            };
        }
        self.fail(reason::SYNTAX)
    }

    /// Counts a leaf.
    fn leaf(&mut self, start: usize) -> Result<(), Refusal> {
        self.leaves += 1;
        if self.leaves > POLICY_LEAVES_MAX {
            return Err(refusal(start, reason::TOO_MANY_LEAVES));
        }
        Ok(())
    }

    /// Refuses an account that has a voice already below the `AND` or `OutOf` that is open, be it
    /// by its approval or as a lambda.
    fn voice(&mut self, leaf: Leaf, start: usize) -> Result<(), Refusal> {
        if let Some(seen) = &mut self.voices {
            if seen.contains(&leaf.address) {
                return Err(refusal(start, reason::DUPLICATE));
            }
            seen.push(leaf.address);
        }
        Ok(())
    }

    fn approver(&mut self, start: usize) -> Result<Expression, Refusal> {
        let leaf = self.address()?;
        self.voice(leaf, start)?;
        let approvers = &mut self.policy.approvers;
        let known = approvers
            .iter()
            .position(|other| other.address == leaf.address);
        let position = known.unwrap_or_else(|| {
            approvers.push(leaf);
            approvers.len() - 1
        });
        Ok(Expression::Address(position as u8))
    }

    fn lambda(&mut self, start: usize) -> Result<Expression, Refusal> {
        if self.policy.lambdas.len() == POLICY_LAMBDAS_MAX {
            return Err(refusal(start, reason::BAD_LAMBDA));
        }
        self.spaces();
        let leaf = self.address()?;
        self.voice(leaf, start)?;
        self.policy.lambdas.push(leaf);
        self.expect(b")")?;
        Ok(Expression::Lambda(self.policy.lambdas.len() as u8 - 1))
    }

    fn delay(&mut self, start: usize) -> Result<Expression, Refusal> {
        let seconds = self.number()?;
        if !(DELAY_MIN..=DELAY_MAX).contains(&seconds) {
            return Err(refusal(start, reason::BAD_DELAY));
        }
        self.policy.delays.push(seconds);
        self.expect(b")")?;
        Ok(Expression::Delay(self.policy.delays.len() as u8 - 1))
    }

    /// The arguments of an operator whose name and parenthesis are read.
    fn members(
        &mut self,
        operator: Operator,
        start: usize,
        depth: usize,
    ) -> Result<Expression, Refusal> {
        if depth == POLICY_DEPTH_MAX {
            return Err(refusal(start, reason::TOO_DEEP));
        }
        let outermost = operator != Operator::Or && self.voices.is_none();
        if outermost {
            self.voices = Some(Vec::new());
        }
        let mut count = None;
        if operator == Operator::OutOf {
            self.spaces();
            count = Some((self.at, self.number()?));
            self.expect(b",")?;
        }
        let mut members = Vec::new();
        let mut delay_at = None;
        let mut anchored = false;
        loop {
            self.spaces();
            let at = self.at;
            let out_of = self.rest().starts_with(b"OutOf");
            let member = self.expression(depth + 1)?;
            match member {
                Expression::Delay(_) => {
                    delay_at.get_or_insert(at);
                }
                Expression::Address(_) => anchored = true,
                _ => anchored |= out_of,
            }
            members.push(member);
            if self.takes(b")") {
                break;
            }
            self.expect(b",")?;
        }
        if let Some(at) = delay_at
            && (operator != Operator::And || !anchored)
        {
            return Err(refusal(at, reason::BAD_DELAY));
        }
        if outermost {
            self.voices = None;
        }
        let all = members.len() as u8;
        let need = match (operator, count) {
            (Operator::OutOf, Some((_, need))) if (1..=u64::from(all)).contains(&need) => {
                need as u8
            }
            (_, Some((at, _))) => return Err(refusal(at, reason::BAD_COUNT)),
            (Operator::Or, None) => 1,
            (_, None) => all,
        };
        Ok(Expression::Members { need, members })
    }

    /// A decimal number; one that is too large for any bound saturates.
    fn number(&mut self) -> Result<u64, Refusal> {
        self.spaces();
        let start = self.at;
        let mut number = 0u64;
        while let Some(digit) = self.rest().first().filter(|byte| byte.is_ascii_digit()) {
            number = number
                .saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        if self.at == start {
            return self.fail(reason::SYNTAX);
        }
        Ok(number)
    }

    /// `0x` and 40 hexadecimal digits, in any case.
    fn address(&mut self) -> Result<Leaf, Refusal> {
        let start = self.at;
        let bad = refusal(start, reason::BAD_ADDRESS);
        let digits = self.rest().strip_prefix(b"0x").ok_or(bad)?;
        let mut address = Address::ZERO;
        let end = digits.iter().position(|byte| !byte.is_ascii_alphanumeric());
        if end.unwrap_or(digits.len()) != 40 {
            return Err(bad);
        }
        for (byte, pair) in address.iter_mut().zip(digits.chunks_exact(2)) {
            for digit in pair {
                let value = char::from(*digit).to_digit(16).ok_or(bad)?;
                *byte = *byte << 4 | value as u8;
            }
        }
        self.at = start + 42;
        Ok(Leaf {
            address,
            offset: start as u32,
        })
    }
}
