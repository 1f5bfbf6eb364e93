//! The name section. Its subsections may come in any order and more than once, and so may the
//! entries of one; what cannot be read refuses the module.

use wasmparser::{BinaryReader, CustomSectionReader, Name, Subsection};

use super::module::Module;
use crate::error::{ActivationError, Result, Rule, invalid};

/// Subsections whose contents are not read: names of fields, and those that came after tags.
const UNREAD: [u8; 3] = [10, 12, 13];

/// Ids have seven bits.
const LARGEST_ID: u8 = 0x7f;

/// Keeps the module's name. Function names must be readable, but are forgotten.
pub(super) fn read_names<'a>(
    section: &CustomSectionReader<'a>,
    module: &mut Module<'a>,
) -> Result<()> {
    let mut reader = BinaryReader::new(section.data(), section.data_offset());
    while !reader.eof() {
        let start = reader.original_position();
        let id = reader.read_u8().map_err(invalid)?;
        if id > LARGEST_ID {
            return Err(ActivationError::new(
                Rule::Validation,
                format!("byte {start:#x}"),
                format!("an id of at most {LARGEST_ID} for a subsection of names"),
                id.to_string(),
            ));
        }
        let contents = reader.read_reader().map_err(invalid)?;
        if UNREAD.contains(&id) {
            continue;
        }
        match Name::from_reader(id, contents).map_err(invalid)? {
            Name::Module { name, .. } => name.clone_into(&mut module.name),
            Name::Function(functions) => {
                // Not the map's own iterator, which demands ascending indexes.
                for function in functions.names {
                    function.map_err(invalid)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}
