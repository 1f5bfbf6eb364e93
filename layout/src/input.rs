//! The bytes of a custom section of a module, from the first to the last one.

use crate::error::LayoutError;

/// The unread bytes of a section.
pub(crate) struct Input<'b> {
    section: &'static str,
    bytes: &'b [u8],
    pub(crate) at: usize,
}

impl<'b> Input<'b> {
    /// A section of at most so many bytes.
    pub(crate) fn of(
        section: &'static str,
        bytes: &'b [u8],
        most: usize,
    ) -> Result<Self, LayoutError> {
        let (at, size) = (0, bytes.len());
        let input = Self { section, bytes, at };
        if size > most {
            Err(input.refused(format!("{size} bytes; it has {most} at most")))
        } else {
            Ok(input)
        }
    }

    pub(crate) fn refused(&self, reason: impl Into<String>) -> LayoutError {
        LayoutError::Section {
            section: self.section,
            reason: reason.into(),
        }
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Returns the bytes that were read since `begin`.
    pub(crate) fn since(&self, begin: usize) -> &'b [u8] {
        self.bytes.get(begin..self.at).unwrap_or_default()
    }

    /// An entry of that format, read to its very end.
    pub(crate) fn entry<T>(
        &mut self,
        format: u8,
        read: impl FnOnce(&mut Self) -> Result<T, LayoutError>,
    ) -> Result<T, LayoutError> {
        let length = self.number()?;
        let end = self.at.checked_add(length);
        let found = self.byte()?;
        if found != format {
            return Err(self.refused(format!(
                "format {found}; this program reads format {format}"
            )));
        }
        let read = read(self)?;
        if end == Some(self.at) {
            Ok(read)
        } else {
            Err(self.refused("an entry that is longer or shorter than it says"))
        }
    }

    pub(crate) fn byte(&mut self) -> Result<u8, LayoutError> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte.ok_or_else(|| self.refused("an entry that ends in the middle"))
    }

    /// A number. No contract has a larger one than its addresses, which have 32 bits.
    pub(crate) fn number(&mut self) -> Result<usize, LayoutError> {
        let mut number = 0u64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let number = u32::try_from(number).ok();
                let number = number.and_then(|number| usize::try_from(number).ok());
                return number.ok_or_else(|| self.refused("a number too large"));
            }
        }
        Err(self.refused("a number too large"))
    }

    pub(crate) fn text(&mut self) -> Result<String, LayoutError> {
        let length = self.number()?;
        self.letters(length)
    }

    /// A text that may be missing.
    pub(crate) fn maybe(&mut self) -> Result<Option<String>, LayoutError> {
        let length = self.number()?.checked_sub(1);
        length.map(|length| self.letters(length)).transpose()
    }

    fn letters(&mut self, length: usize) -> Result<String, LayoutError> {
        let end = self.at.saturating_add(length);
        let bytes = self.bytes.get(self.at..end);
        let bytes = bytes.ok_or_else(|| self.refused("an entry that ends in the middle"))?;
        let text = std::str::from_utf8(bytes).map_err(|error| self.refused(error.to_string()))?;
        self.at = end;
        Ok(text.to_owned())
    }
}
