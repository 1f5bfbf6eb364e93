//! One entry of an interface, taken apart.

/// Tuples and arrays within each other, at most.
const DEPTH_MAX: usize = 16;
/// Digits of an array's length, at most.
const DIGITS_MAX: usize = 9;

/// Why text is no entry.
type Refused = &'static str;

/// What a function promises of state and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutability {
    /// Neither reads nor writes.
    Pure,
    /// Writes nothing.
    View,
    /// May write, and takes no value.
    NonPayable,
    /// May write, and takes value.
    Payable,
}

/// One entry of an interface. Types are as selectors spell them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry<'t> {
    /// An error.
    Error {
        /// Its name.
        name: &'t str,
        /// The types of its parameters.
        inputs: Vec<&'t str>,
    },
    /// An event.
    Event {
        /// Its name.
        name: &'t str,
        /// The types of its parameters, and whether they are indexed.
        inputs: Vec<(&'t str, bool)>,
        /// Whether its first topic is not its selector.
        anonymous: bool,
    },
    /// What answers calls that no function answers.
    Fallback {
        /// Whether it takes value.
        payable: bool,
    },
    /// A function.
    Function {
        /// Its name.
        name: &'t str,
        /// The types of its parameters.
        inputs: Vec<&'t str>,
        /// The types of what it returns.
        outputs: Vec<&'t str>,
        /// What it promises.
        mutability: Mutability,
    },
    /// What answers calls without calldata.
    Receive,
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
        if self.eat("error ") {
            let name = self.name()?;
            let inputs = self.list(Self::plain)?;
            return Ok(Entry::Error { name, inputs });
        }
        if self.eat("event ") {
            let name = self.name()?;
            let inputs = self.list(|input| Ok((input.plain()?, input.eat(" indexed"))))?;
            let anonymous = self.eat(" anonymous");
            return Ok(Entry::Event {
                name,
                inputs,
                anonymous,
            });
        }
        if self.eat("function ") {
            return self.function();
        }
        if self.eat("fallback") {
            let payable = self.eat(" payable");
            return Ok(Entry::Fallback { payable });
        }
        match self.eat("receive") {
            true => Ok(Entry::Receive),
            false => Err("neither an error, an event, a function, `fallback` nor `receive`"),
        }
    }

    fn function(&mut self) -> Result<Entry<'t>, Refused> {
        let name = self.name()?;
        let inputs = self.list(Self::plain)?;
        let mutability = match () {
            () if self.eat(" pure") => Mutability::Pure,
            () if self.eat(" view") => Mutability::View,
            () if self.eat(" payable") => Mutability::Payable,
            () => Mutability::NonPayable,
        };
        let outputs = match self.eat(" returns ") {
            // It would be a second spelling of nothing.
            true if self.left.starts_with("()") => return Err("an empty list of what it returns"),
            true => self.list(Self::plain)?,
            false => Vec::new(),
        };
        Ok(Entry::Function {
            name,
            inputs,
            outputs,
            mutability,
        })
    }

    /// A type, at the outside.
    fn plain(&mut self) -> Result<&'t str, Refused> {
        let before = self.left;
        self.ty(DEPTH_MAX)?;
        let read = before.len() - self.left.len();
        before.get(..read).ok_or("a type that ends in a character")
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
    fn list<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T, Refused>,
    ) -> Result<Vec<T>, Refused> {
        if !self.eat("(") {
            return Err("no list of types where one has to be");
        }
        let mut all = Vec::new();
        if self.eat(")") {
            return Ok(all);
        }
        loop {
            all.push(one(self)?);
            if self.eat(")") {
                return Ok(all);
            }
            if !self.eat(",") {
                return Err("a list of types without its end");
            }
        }
    }

    fn name(&mut self) -> Result<&'t str, Refused> {
        let name = self.word();
        match name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
            true => Err("a name that Solidity does not allow"),
            false => Ok(name),
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
