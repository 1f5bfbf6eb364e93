//! Checks that the calldata of a governed call are in canonical ABI encoding: in the one form that encoders write.
//! Approvals are counted by the hash of the calldata, so no other form may mean the same.

use stylus_upgrades_interface::signed::{PARAMETERS_MAX, Parameter, SHAPES, STEP_MEMBERS};

use crate::{
    abi::{Malformed, Reader},
    chain::Reverts,
    errors,
};

/// Refuses calldata that are those of no governed call, without data, and a governed call in another form than the
/// canonical one: `NotSupported`.
pub fn require_canonical(calldata: &[u8]) -> Reverts<()> {
    let mut shapes = SHAPES.iter();
    let shape = shapes.find(|(selector, _)| calldata.starts_with(selector));
    let (selector, parameters) = shape.ok_or_else(errors::nothing)?;
    let length = calldata.len() - selector.len();
    if measure(Reader::arguments(calldata), parameters) == Ok(length) {
        Ok(())
    } else {
        Err(errors::not_supported(b"calldata encoding"))
    }
}

/// Bytes that canonical encoding of these parameters takes, if that is what the data begin with: each value is one that
/// its type can hold, and what is dynamic follows in its order, without a gap, filled with zeros.
fn measure(
    reader: Reader<'_>,
    parameters: &[Parameter; PARAMETERS_MAX],
) -> Result<usize, Malformed> {
    let words = parameters.iter().map(|parameter| parameter.words());
    let mut end = 32 * words.sum::<usize>();
    let mut head = 0;
    for parameter in parameters {
        match parameter {
            Parameter::None => break,
            Parameter::Word(width) => require_zeros(reader, head, 0, 32 - usize::from(*width))?,
            Parameter::Code => drop(reader.address(head)?),
            dynamic => {
                if reader.number(head, u32::MAX.into())? as usize != end {
                    return Err(Malformed);
                }
                end += match dynamic {
                    Parameter::Step => measure(reader.at(head)?, &STEP_MEMBERS)?,
                    Parameter::Addresses => 32 + 32 * reader.addresses(head)?.len(),
                    _ => 32 + padded(reader, head)?,
                };
            }
        }
        head += parameter.words();
    }
    Ok(end)
}

/// Bytes that a `string` or `bytes` takes with the zeros that fill its last word.
fn padded(reader: Reader<'_>, head: usize) -> Result<usize, Malformed> {
    let length = reader.bytes(head)?.len();
    if !length.is_multiple_of(32) {
        require_zeros(reader.at(head)?, 1 + length / 32, length % 32, 32)?;
    }
    Ok(length.next_multiple_of(32))
}

/// Refuses a word with other bytes than zero in that range.
fn require_zeros(reader: Reader<'_>, n: usize, from: usize, to: usize) -> Result<(), Malformed> {
    let word = reader.word(n)?;
    let mut bytes = word.iter().take(to).skip(from);
    if bytes.all(|byte| *byte == 0) {
        Ok(())
    } else {
        Err(Malformed)
    }
}
