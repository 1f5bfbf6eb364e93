//! What a type id stands for, one level at a time (types may be recursive).

use std::fmt;

use alloy_primitives::Uint;

use crate::layout::{Layout, Members, TypeItem};

/// A number of bytes, or a position counted in bytes from slot 0.
pub(crate) type Bytes = Uint<320, 5>;

/// A type of a layout.
#[derive(Clone, Copy)]
pub(crate) struct Type<'l> {
    layout: &'l Layout,
    /// The compiler's id.
    pub(crate) id: &'l str,
}

/// What kind of type it is, and what it is made of.
#[derive(Clone)]
pub(crate) enum Shape<'l> {
    /// An unsigned integer of so many bits.
    Uint(u64),
    /// A signed integer of so many bits.
    Int(u64),
    Bool,
    /// An address, payable or not, or a contract.
    Address,
    /// `bytes1` to `bytes32`, left-aligned.
    FixedBytes(u64),
    /// Its members, where the tool lists them (solc does not).
    Enum {
        members: Option<&'l [String]>,
    },
    /// A user-defined value type, by what it is made of; nothing where the tool left that out.
    Value(Option<Type<'l>>),
    /// An external function: address and selector.
    ExternalFunction,
    Bytes,
    String,
    Array {
        base: Type<'l>,
        length: Bytes,
    },
    Vec(Type<'l>),
    Map(Map<'l>),
    Struct(Option<&'l [crate::layout::Item]>),
    /// A type of which only the name is known, which its author answers for.
    Opaque,
    /// A type that nothing is known of.
    Unknown,
}

/// A mapping.
#[derive(Clone, Copy)]
pub(crate) struct Map<'l> {
    pub(crate) key: Type<'l>,
    pub(crate) value: Type<'l>,
    /// Whether signed keys are filled up with zeros, as stylus-sdk does it.
    pub(crate) zero_extended: bool,
}

impl<'l> Type<'l> {
    /// The type with this id.
    pub(crate) fn new(layout: &'l Layout, id: &'l str) -> Self {
        Self { layout, id }
    }

    /// The layout it belongs to.
    pub(crate) fn layout(&self) -> &'l Layout {
        self.layout
    }

    /// What the layout says of it.
    pub(crate) fn item(&self) -> Option<&'l TypeItem> {
        self.layout.types.get(self.id)
    }

    /// As an author writes it.
    pub(crate) fn label(&self) -> &'l str {
        self.item().map_or(self.id, |item| &item.label)
    }

    /// The label without `contract`, `struct` and `enum`.
    pub(crate) fn bare_label(&self) -> String {
        bare(self.label())
    }

    /// What it takes inline, in bytes, if that is known.
    pub(crate) fn size(&self) -> Option<Bytes> {
        self.item()?.number_of_bytes.as_deref()?.parse().ok()
    }

    /// The type that it is made of: that of a user-defined value type is another one.
    pub(crate) fn plain(&self) -> Self {
        match self.shape() {
            Shape::Value(Some(below)) if self.size() == below.size() => below,
            _ => *self,
        }
    }

    /// What it is.
    pub(crate) fn shape(&self) -> Shape<'l> {
        let Some(item) = self.item() else {
            return Shape::Unknown;
        };
        let parts = Parts::of(self.id);
        let number = |prefix: &str, step: u64| {
            let number: u64 = parts.head.strip_prefix(prefix)?.parse().ok()?;
            (number > 0 && number <= 32 * step && number.is_multiple_of(step)).then_some(number)
        };
        let inner = |given: &'l Option<String>, at: usize| {
            given
                .as_deref()
                .or_else(|| parts.args.get(at).copied())
                .map(|id| Type::new(self.layout, id))
        };
        if let Some(bits) = number("t_uint", 8) {
            return Shape::Uint(bits);
        }
        if let Some(bits) = number("t_int", 8) {
            return Shape::Int(bits);
        }
        if let Some(bytes) = number("t_bytes", 1) {
            return Shape::FixedBytes(bytes);
        }
        match parts.head {
            "t_bool" => Shape::Bool,
            "t_address" | "t_address_payable" | "t_contract" => Shape::Address,
            "t_bytes_storage" | "t_bytes_memory_ptr" | "t_bytes_memory" => Shape::Bytes,
            "t_string_storage" | "t_string_memory_ptr" | "t_string_memory" => Shape::String,
            "t_enum" => Shape::Enum {
                members: match &item.members {
                    Some(Members::Enum(members)) => Some(members),
                    _ => None,
                },
            },
            "t_userDefinedValueType" => Shape::Value(
                item.underlying
                    .as_deref()
                    .map(|id| Type::new(self.layout, id)),
            ),
            "t_struct" => Shape::Struct(match &item.members {
                Some(Members::Struct(members)) => Some(members),
                _ => None,
            }),
            "t_mapping" => match (inner(&item.key, 0), inner(&item.value, 1)) {
                (Some(key), Some(value)) => Shape::Map(Map {
                    key,
                    value,
                    zero_extended: item.key_extension.as_deref() == Some("zero"),
                }),
                _ => Shape::Unknown,
            },
            "t_array" => match (inner(&item.base, 0), parts.length()) {
                (Some(base), Some(Length::Dynamic)) => Shape::Vec(base),
                (Some(base), Some(Length::Fixed(length))) => Shape::Array { base, length },
                _ => Shape::Unknown,
            },
            head if head.starts_with("t_function_external") => Shape::ExternalFunction,
            head if head.starts_with("t_opaque_") => Shape::Opaque,
            _ => Shape::Unknown,
        }
    }
}

impl fmt::Debug for Type<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// A type's label without `contract`, `struct` and `enum`, as it is written in declarations.
pub(crate) fn bare(label: &str) -> String {
    label
        .trim()
        .replace("contract ", "")
        .replace("struct ", "")
        .replace("enum ", "")
}

enum Length {
    Fixed(Bytes),
    Dynamic,
}

/// A type id taken apart: `t_array(t_uint256)3_storage` is head, args and tail.
struct Parts<'l> {
    head: &'l str,
    args: Vec<&'l str>,
    tail: &'l str,
}

impl<'l> Parts<'l> {
    fn of(id: &'l str) -> Self {
        let Some((head, rest)) = id.split_once('(') else {
            return Self {
                head: id,
                args: vec![],
                tail: "",
            };
        };
        let (mut depth, mut from, mut args) = (0usize, 0usize, vec![]);
        for (at, character) in rest.char_indices() {
            match character {
                '(' => depth += 1,
                ')' if depth > 0 => depth -= 1,
                ')' => {
                    args.extend(rest.get(from..at));
                    return Self {
                        head,
                        args,
                        tail: rest.get(at + 1..).unwrap_or(""),
                    };
                }
                ',' if depth == 0 => {
                    args.extend(rest.get(from..at));
                    from = at + 1;
                }
                _ => {}
            }
        }
        Self {
            head,
            args: vec![],
            tail: "",
        }
    }

    fn length(&self) -> Option<Length> {
        if self.tail.starts_with("dyn") {
            return Some(Length::Dynamic);
        }
        let digits = self.tail.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok().map(Length::Fixed)
    }
}
