//! The spelling of an entry of an interface.

/// Tuples and arrays within each other, at most.
const DEPTH_MAX: usize = 16;
/// Digits of an array's length, at most.
const DIGITS_MAX: usize = 9;

/// Why text is no entry.
type Refused = &'static str;

/// What an entry answers: no two of an interface answer the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry<'t> {
    /// The calls of a function with that signature.
    Function(&'t str),
    /// Calls that no function answers.
    Fallback,
    /// Nothing that another entry could answer: an error, an event, `receive`.
    Other,
}

impl<'t> Entry<'t> {
    /// Reads an entry in the one spelling that it has.
    pub(super) fn read(text: &'t str) -> Result<Self, Refused> {
        let mut input = Input { left: text };
        let entry = input.entry()?;
        match input.left {
            "" => Ok(entry),
            _ => Err("something behind its end"),
        }
    }
}

/// The text that is left to read.
struct Input<'t> {
    left: &'t str,
}

impl<'t> Input<'t> {
    fn entry(&mut self) -> Result<Entry<'t>, Refused> {
        match () {
            () if self.eat("error ") => {
                self.name()?;
                self.list(|input| input.ty(DEPTH_MAX))?;
            }
            () if self.eat("event ") => {
                self.name()?;
                self.list(|input| {
                    input.ty(DEPTH_MAX)?;
                    input.eat(" indexed");
                    Ok(())
                })?;
                self.eat(" anonymous");
            }
            () if self.eat("function ") => return self.function().map(Entry::Function),
            () if self.eat("fallback") => {
                self.eat(" payable");
                return Ok(Entry::Fallback);
            }
            () if self.eat("receive") => {}
            () => return Err("neither an error, an event, a function, `fallback` nor `receive`"),
        }
        Ok(Entry::Other)
    }

    /// The rest of a function: its signature.
    fn function(&mut self) -> Result<&'t str, Refused> {
        let before = self.left;
        self.name()?;
        self.list(|input| input.ty(DEPTH_MAX))?;
        let signature = before.len() - self.left.len();
        let signature = before
            .get(..signature)
            .ok_or("a name that ends in a character")?;
        let promises = [" pure", " view", " payable"];
        promises.into_iter().any(|promise| self.eat(promise));
        if self.eat(" returns ") {
            // It would be a second spelling of nothing.
            if self.left.starts_with("()") {
                return Err("an empty list of what it returns");
            }
            self.list(|input| input.ty(DEPTH_MAX))?;
        }
        Ok(signature)
    }

    fn ty(&mut self, depth: usize) -> Result<(), Refused> {
        let depth = depth
            .checked_sub(1)
            .ok_or("a type within too many others")?;
        if self.left.starts_with('(') {
            self.list(|input| input.ty(depth))?;
        } else {
            let word = self.word();
            if !is_elementary(word) {
                return Err("a type that is none of Solidity's, or in another spelling");
            }
        }
        let mut sizes = 0;
        while self.eat("[") {
            sizes += 1;
            if sizes > DEPTH_MAX {
                return Err("an array of too many arrays");
            }
            let digits = self.word();
            let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
            if !is_number || digits.starts_with('0') || digits.len() > DIGITS_MAX {
                return Err("an array whose length is no number");
            }
            if !self.eat("]") {
                return Err("an array without its end");
            }
        }
        Ok(())
    }

    /// What stands between parentheses, separated by commas.
    fn list(&mut self, one: impl Fn(&mut Self) -> Result<(), Refused>) -> Result<(), Refused> {
        if !self.eat("(") {
            return Err("no list of types where one has to be");
        }
        if self.eat(")") {
            return Ok(());
        }
        loop {
            one(self)?;
            if self.eat(")") {
                return Ok(());
            }
            if !self.eat(",") {
                return Err("a list of types without its end");
            }
        }
    }

    fn name(&mut self) -> Result<(), Refused> {
        let name = self.word();
        match name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
            true => Err("a name that Solidity does not allow"),
            false => Ok(()),
        }
    }

    /// The letters and digits in front.
    fn word(&mut self) -> &'t str {
        let is_of_word = |one: char| one.is_ascii_alphanumeric() || one == '_' || one == '$';
        let end = self.left.find(|one| !is_of_word(one));
        let (word, left) = self.left.split_at(end.unwrap_or(self.left.len()));
        self.left = left;
        word
    }

    fn eat(&mut self, token: &str) -> bool {
        match self.left.strip_prefix(token) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

/// Whether that is a type without parts, as selectors spell it.
fn is_elementary(word: &str) -> bool {
    let sized = |name: &str, unit: usize| {
        let digits = word.strip_prefix(name)?;
        let size: usize = digits.parse().ok()?;
        let is_it = size > 0 && size.is_multiple_of(unit) && size <= 32 * unit;
        (is_it && size.to_string() == digits).then_some(())
    };
    matches!(word, "address" | "bool" | "string" | "bytes")
        || sized("uint", 8).is_some()
        || sized("int", 8).is_some()
        || sized("bytes", 1).is_some()
}
