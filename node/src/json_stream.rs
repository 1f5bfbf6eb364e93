//! JSON documents that follow each other in a stream, without framing.

use serde_json::value::RawValue;

/// Finds where documents end. Every byte is looked at once, however small the pieces are in which
/// the stream arrives.
#[derive(Default)]
pub(crate) struct JsonStream {
    /// Bytes that belong to no complete document yet.
    buffer: Vec<u8>,
    /// Bytes of the buffer that were looked at.
    scanned: usize,
    /// Objects and arrays that are open.
    depth: usize,
    in_string: bool,
    escaped: bool,
}

/// What the buffer held.
pub(crate) struct Documents {
    /// The complete documents, oldest first.
    pub(crate) complete: Vec<Box<RawValue>>,
    /// Whether what follows them is no JSON object or array: where the next document begins cannot
    /// be known.
    pub(crate) malformed: bool,
}

impl JsonStream {
    /// Where to read into.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Bytes of the document that is not complete.
    pub(crate) fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// Takes the documents that are complete.
    pub(crate) fn take(&mut self) -> Documents {
        let mut documents = Documents {
            complete: Vec::new(),
            malformed: false,
        };
        let mut start = 0;
        while let Some(byte) = self.buffer.get(self.scanned) {
            if self.depth == 0 && byte.is_ascii_whitespace() {
                self.scanned += 1;
                start = self.scanned;
                continue;
            }
            let complete = self.advance(*byte);
            self.scanned += 1;
            if self.depth == 0 && !complete {
                documents.malformed = true;
                break;
            }
            if complete {
                let Ok(document) = serde_json::from_slice(&self.buffer[start..self.scanned]) else {
                    documents.malformed = true;
                    break;
                };
                documents.complete.push(document);
                start = self.scanned;
            }
        }
        self.buffer.drain(..start);
        self.scanned -= start;
        documents
    }

    /// Takes one byte of a document into account; true at its end.
    fn advance(&mut self, byte: u8) -> bool {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' if self.depth > 0 => {
                self.depth -= 1;
                return self.depth == 0;
            }
            // Outside of objects and arrays a string would never be seen to end.
            b'"' if self.depth > 0 => self.in_string = true,
            _ => {}
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a stream gives when it arrives in pieces of a size.
    fn split(text: &str, piece: usize) -> (Vec<String>, bool, usize) {
        let mut stream = JsonStream::default();
        let (mut found, mut malformed) = (Vec::new(), false);
        for piece in text.as_bytes().chunks(piece) {
            stream.buffer().extend_from_slice(piece);
            let documents = stream.take();
            found.extend(documents.complete.iter().map(|raw| raw.get().to_owned()));
            malformed |= documents.malformed;
            if malformed {
                break;
            }
        }
        (found, malformed, stream.pending())
    }

    #[test]
    fn documents_are_found_whatever_pieces_they_arrive_in() {
        let text = " {\"a\":\"}]\\\"{\\\\\"}\n[1,{\"b\":[]}][] {";
        for piece in 1..text.len() {
            let (found, malformed, pending) = split(text, piece);
            assert_eq!(
                found,
                ["{\"a\":\"}]\\\"{\\\\\"}", "[1,{\"b\":[]}]", "[]"],
                "pieces of {piece}"
            );
            assert_eq!((malformed, pending), (false, 1), "pieces of {piece}");
        }
    }

    #[test]
    fn what_is_no_object_and_no_array_is_malformed() {
        for text in [
            "nonsense", "7 ", "\"text\"", "}", "{} ]", "{]", "[1 2]", "{\"a\"}",
        ] {
            assert!(split(text, 1).1, "{text}");
            assert!(split(text, text.len()).1, "{text}");
        }
    }

    /// The parser that began anew with every piece would need hours for this.
    #[test]
    fn a_long_document_in_pieces_of_one_byte_is_read_once() {
        let text = format!("[\"{}\"]", "a".repeat(4 << 20));
        let (found, malformed, pending) = split(&text, 1);
        assert_eq!((found.len(), malformed, pending), (1, false, 0));
    }
}
