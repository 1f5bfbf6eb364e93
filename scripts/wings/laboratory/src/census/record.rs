//! Values that may be keys: what stood together in an event, a call, or a line of a file. Whether one is a key
//! is decided by its hash alone.
use crate::client::ChainError;
use crate::error::Refusal;
use crate::own_file;
use alloy::primitives::{B256, Bytes, I256, U256, hex};
use alloy::rlp::{self, Decodable};
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;

/// Bytes of a word.
const WORD: usize = 32;
/// Values of a record, at most.
const VALUES_MAX: usize = 12;
/// Records of a file that are kept at once.
const AT_ONCE: usize = 1 << 16;
/// Bytes of one value, at most.
const VALUE_MAX: usize = 512;

/// Values in a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ValueRecord(pub(super) Vec<Bytes>);

impl ValueRecord {
    /// The record of words as the ABI writes them, with the texts that they may point to.
    pub(super) fn from_abi(topics: &[B256], data: &[u8]) -> Self {
        let words: Vec<&[u8]> = data.chunks_exact(WORD).take(VALUES_MAX).collect();
        let texts = words.iter().filter_map(|word| {
            let at = small(word)?;
            let length = small(data.get(at..at.checked_add(WORD)?)?)?;
            let is_text = length > 0 && length <= VALUE_MAX && at % WORD == 0;
            let text = data.get(at + WORD..at.checked_add(WORD + length)?)?;
            is_text.then(|| text.to_vec())
        });
        let words = words.iter().map(|word| word.to_vec());
        let topics = topics.iter().map(|topic| topic.to_vec());
        let all = topics.chain(words.clone()).chain(texts);
        Self(all.take(VALUES_MAX).map(Bytes::from).collect())
    }

    /// Encodes it as it is kept.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        rlp::encode(&self.0)
    }

    /// Decodes it as it was kept.
    pub(super) fn from_bytes(mut bytes: &[u8]) -> Self {
        Self(Vec::decode(&mut bytes).unwrap_or_default())
    }
}

/// A word that is a small number.
fn small(word: &[u8]) -> Option<usize> {
    let number = U256::try_from_be_slice(word)?;
    usize::try_from(number)
        .ok()
        .filter(|number| *number < 1 << 24)
}

/// Reads the records of a file: a line each, with values as people write them. They are kept some at a time, however
/// many there are.
pub(super) fn read_file(
    path: &Path,
    mut keep: impl FnMut(&[Vec<u8>]) -> Result<(), ChainError>,
) -> Result<(), ChainError> {
    let failed = own_file::io("read", path);
    let file = own_file::open(path)?.ok_or_else(|| failed(ErrorKind::NotFound.into()))?;
    let file = BufReader::new(file);
    let mut records = Vec::new();
    for (at, line) in file.lines().enumerate() {
        let line = line.map_err(&failed)?;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |found: String| {
            let (path, line) = (path.display(), at + 1);
            let message = format!("{path}, line {line}: {found:?} is no key");
            let refusal = Refusal::new("MalformedKey", message).with(
                "keys on a line, with commas or spaces between: addresses, numbers, 0x…, \"texts\"",
                found,
                "correct the line",
            );
            ChainError::from(refusal.usage())
        };
        let values = values(line).map_err(wrong)?;
        if values.len() > VALUES_MAX {
            let count = values.len();
            return Err(wrong(format!("a line of {count}, more than {VALUES_MAX},")));
        }
        records.push(ValueRecord(values).to_bytes());
        if records.len() == AT_ONCE {
            keep(&records)?;
            records.clear();
        }
    }
    keep(&records)
}

/// The values of a line, or the word that is none.
fn values(line: &str) -> Result<Vec<Bytes>, String> {
    let mut values = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let Some(first) = rest.chars().next() else {
            return Ok(values);
        };
        let (word, after) = match first {
            '"' => {
                let mut all = serde_json::Deserializer::from_str(rest).into_iter::<String>();
                let text = all.next().and_then(Result::ok).ok_or(rest)?;
                values.push(text.into_bytes().into());
                rest = rest.get(all.byte_offset()..).unwrap_or_default();
                continue;
            }
            _ => rest.split_at(rest.find([' ', '\t', ',']).unwrap_or(rest.len())),
        };
        rest = after;
        let value = match word.strip_prefix("0x") {
            Some(digits) => hex::decode(digits).ok(),
            None => {
                let signed = word.parse::<I256>().ok().map(I256::into_raw);
                let number = word.parse::<U256>().ok().or(signed);
                number.map(|number| number.to_be_bytes_vec())
            }
        };
        let value = value.filter(|value| value.len() <= VALUE_MAX);
        values.push(value.ok_or(word)?.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Report;
    use alloy::sol_types::SolValue;

    #[test]
    fn a_file_has_keys_as_people_write_them() {
        let text = "# owners\n\n0x00112233, 7\n\"a, \\\"b\\\"\"  -1\n";
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        let read = |text: &str| {
            std::fs::write(&path, text).expect("written");
            let mut all = Vec::new();
            let keep = |some: &[Vec<u8>]| {
                all.extend(some.iter().map(|one| ValueRecord::from_bytes(one)));
                Ok(())
            };
            read_file(&path, keep).map(|()| all)
        };
        let records = read(text).expect("keys");
        let word = |number: U256| Bytes::from(number.to_be_bytes::<32>());
        let first = ValueRecord(vec![vec![0, 0x11, 0x22, 0x33].into(), word(U256::from(7))]);
        let second = ValueRecord(vec![b"a, \"b\"".to_vec().into(), word(U256::MAX)]);
        assert_eq!(records, [first, second]);
        let many = "1 ".repeat(13);
        for wrong in ["0x0", "seven", "\"open", "1 two", &many] {
            let error = read(wrong).expect_err(wrong);
            assert_eq!(Report::of(&error).name, "MalformedKey");
            assert!(error.to_string().contains("line 1: "), "{error}");
        }
    }

    #[test]
    fn texts_after_their_offsets_are_found() {
        let data = ("alice".to_owned(), U256::from(5)).abi_encode_params();
        let record = ValueRecord::from_abi(&[B256::repeat_byte(1)], &data);
        assert!(record.0.contains(&b"alice".to_vec().into()), "{record:?}");
        assert!(
            record
                .0
                .contains(&Bytes::from(U256::from(5).to_be_bytes::<32>()))
        );
        assert_eq!(ValueRecord::from_bytes(&record.to_bytes()), record);
    }
}
