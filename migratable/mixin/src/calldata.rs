//! Arguments and items, decoded by hand: an ABI codec would double a small program.

/// A word of the ABI.
pub type Word = [u8; 32];

/// The `place`th argument, which is an array of a type of one word.
pub fn words(data: &[u8], place: usize) -> Option<&[Word]> {
    let tail = data.get(number(word(data, place)?)?..)?;
    let count = number(word(tail, 0)?)?;
    Some(tail.get(32..)?.get(..count.checked_mul(32)?)?.as_chunks().0)
}

/// `N` arrays of words, encoded as `abi.encode(T[] a, U[] b, …)`, where `T`, `U` are types of
/// one word; `None` where the data is no such thing, or longer than it.
pub fn arrays<const N: usize>(data: &[u8]) -> Option<[&[Word]; N]> {
    let mut arrays = [[].as_slice(); N];
    let mut used = N * 32;
    for (place, array) in arrays.iter_mut().enumerate() {
        *array = words(data, place)?;
        used += 32 + array.len() * 32;
    }
    (used == data.len()).then_some(arrays)
}

/// The one argument of `(bytes)`, itself `abi.encode(uint256, bytes)`: the number, or `None` in
/// its place if it is none that could ever be right, and the bytes.
pub fn batch(arguments: &[u8]) -> Option<(Option<u64>, &[u8])> {
    let data = bytes(arguments, 0)?;
    let position = word(data, 0)?;
    Some((small(position), bytes(data, 1)?))
}

/// The one argument as an address.
pub fn address(arguments: &[u8]) -> Option<[u8; 20]> {
    let (high, low) = word(arguments, 0)?.split_first_chunk::<12>()?;
    if arguments.len() != 32 || *high != [0; 12] {
        return None;
    }
    low.try_into().ok()
}

/// The one argument as a `uint64`.
pub fn uint64(arguments: &[u8]) -> Option<u64> {
    if arguments.len() == 32 {
        small(word(arguments, 0)?)
    } else {
        None
    }
}

/// The `place`th argument, which is a `string` or `bytes`.
pub fn bytes(data: &[u8], place: usize) -> Option<&[u8]> {
    let tail = data.get(number(word(data, place)?)?..)?;
    tail.get(32..)?.get(..number(word(tail, 0)?)?)
}

fn word(data: &[u8], place: usize) -> Option<&Word> {
    data.get(place * 32..)?.first_chunk()
}

/// A number of at most eight bytes.
fn small(word: &Word) -> Option<u64> {
    let (high, low) = word.split_first_chunk::<24>()?;
    if *high != [0; 24] {
        return None;
    }
    Some(u64::from_be_bytes(low.try_into().ok()?))
}

/// A number that can be an offset or a length here.
fn number(word: &Word) -> Option<usize> {
    usize::try_from(small(word)?).ok().filter(|n| *n <= 1 << 30)
}

#[cfg(test)]
mod tests;
