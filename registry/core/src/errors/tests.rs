use super::*;
use alloy_primitives::{Bytes, U256};

/// A type of parameters, as it is written here or as alloy has it.
pub(crate) trait Sample {
    /// Its value with that number.
    fn with(number: u8) -> Self;
}

/// A value for the parameter of that name: the same in either type, and another one for another name.
pub(crate) fn sample<T: Sample>(name: &str) -> T {
    T::with(name.bytes().fold(0, u8::wrapping_add))
}

/// A text that takes more than a word.
fn text(number: u8) -> String {
    format!("{number} and more than thirty-two characters")
}

macro_rules! samples {
    ($($type:ty = |$number:ident| $value:expr;)*) => {$(
        impl Sample for $type {
            fn with($number: u8) -> Self {
                $value
            }
        }
    )*};
}

samples! {
    u8 = |number| number;
    u16 = |number| number.into();
    u32 = |number| number.into();
    u64 = |number| number.into();
    U256 = |number| U256::from(number);
    B256 = |number| B256::with_last_byte(number);
    DefinitionId = |number| Self(Sample::with(number));
    ActionId = |number| Self(Sample::with(number));
    CodeHash = |number| Self(Sample::with(number));
    Address = |number| Self::with_last_byte(number);
    &[u8] = |number| text(number).leak().as_bytes();
    Bytes = |number| text(number).into_bytes().into();
    String = |number| text(number);
}

#[test]
fn every_error_is_encoded_as_its_type_says() {
    for (found, expected) in each() {
        assert_eq!(found.0, expected);
    }
}
