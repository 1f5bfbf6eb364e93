//! Command lines, as people type them.

/// The words of a command: a line that is split at spaces, or a list where a word has a space in it.
pub trait Words {
    /// Word by word.
    fn list(&self) -> Vec<&str>;
}

impl Words for str {
    fn list(&self) -> Vec<&str> {
        self.split_whitespace().collect()
    }
}

impl Words for String {
    fn list(&self) -> Vec<&str> {
        self.as_str().list()
    }
}

impl Words for [&str] {
    fn list(&self) -> Vec<&str> {
        self.to_vec()
    }
}

impl<const N: usize> Words for [&str; N] {
    fn list(&self) -> Vec<&str> {
        self.to_vec()
    }
}

impl Words for Vec<&str> {
    fn list(&self) -> Vec<&str> {
        self.clone()
    }
}

impl<T: Words + ?Sized> Words for &T {
    fn list(&self) -> Vec<&str> {
        (**self).list()
    }
}
