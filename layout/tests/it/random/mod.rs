//! Random contracts, and random next versions of them.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::fmt::Write;

use stylus_layout::{Item, Layout, Members, TypeItem};

/// A small generator of pseudo-random numbers (SplitMix64): the same on every machine.
pub struct Rng(pub u64);

impl Rng {
    pub fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below as u64) as usize
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }
}

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ty {
    Uint(usize),
    Int(usize),
    Bool,
    Address,
    Fixed(usize),
    Bytes,
    Str,
    Array(Box<Ty>, usize),
    List(Box<Ty>),
    Map(Box<Ty>, Box<Ty>),
    Struct(usize),
}

/// A variable or member.
pub type Var = (String, Ty);

/// A contract's storage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    pub structs: Vec<Vec<Var>>,
    pub vars: Vec<Var>,
}

impl Model {
    pub fn label(&self, ty: &Ty) -> String {
        match ty {
            Ty::Uint(bits) => format!("uint{bits}"),
            Ty::Int(bits) => format!("int{bits}"),
            Ty::Bool => "bool".into(),
            Ty::Address => "address".into(),
            Ty::Fixed(bytes) => format!("bytes{bytes}"),
            Ty::Bytes => "bytes".into(),
            Ty::Str => "string".into(),
            Ty::Array(base, n) => format!("{}[{n}]", self.label(base)),
            Ty::List(base) => format!("{}[]", self.label(base)),
            Ty::Map(key, value) => format!("mapping({} => {})", self.label(key), self.label(value)),
            Ty::Struct(at) => format!("S{at}"),
        }
    }

    /// The source of contract `C`.
    pub fn solidity(&self) -> String {
        let mut text = String::from(
            "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\ncontract C {\n",
        );
        for (at, members) in self.structs.iter().enumerate() {
            let members: String = members
                .iter()
                .map(|(name, ty)| format!("{} {name}; ", self.label(ty)))
                .collect();
            writeln!(text, "struct S{at} {{ {members} }}").unwrap();
        }
        for (name, ty) in &self.vars {
            writeln!(text, "{} {name};", self.label(ty)).unwrap();
        }
        text + "}\n"
    }

    /// Bytes, and whether it must begin and end a slot.
    pub fn size(&self, ty: &Ty) -> (usize, bool) {
        match ty {
            Ty::Uint(bits) | Ty::Int(bits) => (bits / 8, false),
            Ty::Bool => (1, false),
            Ty::Address => (20, false),
            Ty::Fixed(bytes) => (*bytes, false),
            Ty::Bytes | Ty::Str | Ty::List(_) | Ty::Map(..) => (32, true),
            Ty::Struct(at) => (self.location(&self.structs[*at]).1 * 32, true),
            Ty::Array(base, n) => {
                let (bytes, _) = self.size(base);
                let slots = if bytes <= 16 {
                    n.div_ceil(32 / bytes)
                } else {
                    n * bytes.div_ceil(32)
                };
                (slots * 32, true)
            }
        }
    }

    /// (slot, offset) of each, and the slots of all.
    pub fn location(&self, vars: &[Var]) -> (Vec<(usize, usize)>, usize) {
        let (mut slot, mut offset, mut locations) = (0, 0, vec![]);
        for (_, ty) in vars {
            let (bytes, whole) = self.size(ty);
            if offset > 0 && (whole || offset + bytes > 32) {
                (slot, offset) = (slot + 1, 0);
            }
            locations.push((slot, offset));
            offset += bytes;
            if whole {
                (slot, offset) = (slot + offset / 32, 0);
            }
        }
        (locations, slot + usize::from(offset > 0))
    }

    /// The layout as solc gives it.
    pub fn layout(&self) -> Layout {
        let mut types = BTreeMap::new();
        let storage = self.items(&self.vars, &mut types);
        Layout {
            storage,
            types,
            ..Layout::default()
        }
    }

    fn items(&self, vars: &[Var], types: &mut BTreeMap<String, TypeItem>) -> Vec<Item> {
        let (locations, _) = self.location(vars);
        vars.iter()
            .zip(locations)
            .map(|((name, ty), (slot, offset))| {
                Item::new(name, self.add(ty, types), slot, offset as u64)
            })
            .collect()
    }

    fn add(&self, ty: &Ty, types: &mut BTreeMap<String, TypeItem>) -> String {
        let (bytes, own) = (self.size(ty).0, self.label(ty));
        let (id, item) = match ty {
            Ty::Uint(_) | Ty::Int(_) | Ty::Bool | Ty::Address | Ty::Fixed(_) => {
                (format!("t_{own}"), TypeItem::new("inplace", own, bytes))
            }
            Ty::Bytes | Ty::Str => {
                let id = format!("t_{own}_storage");
                (id, TypeItem::new("bytes", own, bytes))
            }
            Ty::Array(base, n) => {
                let base = self.add(base, types);
                let label = format!("{}[{n}]", types[&base].label);
                let mut item = TypeItem::new("inplace", label, bytes);
                item.base = Some(base.clone());
                (format!("t_array({base}){n}_storage"), item)
            }
            Ty::List(base) => {
                let base = self.add(base, types);
                let label = format!("{}[]", types[&base].label);
                let mut item = TypeItem::new("dynamic_array", label, bytes);
                item.base = Some(base.clone());
                (format!("t_array({base})dyn_storage"), item)
            }
            Ty::Map(key, value) => {
                let (key, value) = (self.add(key, types), self.add(value, types));
                let label = format!("mapping({} => {})", types[&key].label, types[&value].label);
                let mut item = TypeItem::new("mapping", label, bytes);
                (item.key, item.value) = (Some(key.clone()), Some(value.clone()));
                (format!("t_mapping({key},{value})"), item)
            }
            Ty::Struct(at) => {
                let mut item = TypeItem::new("inplace", format!("struct S{at}"), bytes);
                item.members = Some(Members::Struct(self.items(&self.structs[*at], types)));
                (format!("t_struct(S{at}){at}_storage"), item)
            }
        };
        types.insert(id.clone(), item);
        id
    }
}

/// A type that fits into a word.
pub fn word(rng: &mut Rng) -> Ty {
    match rng.roll(8) {
        0 => Ty::Bool,
        1 => Ty::Address,
        2 => Ty::Fixed(*rng.pick(&[1, 4, 5, 16, 20, 32])),
        3 => Ty::Int(8 * (1 + rng.roll(32))),
        _ => Ty::Uint(*rng.pick(&[8, 16, 24, 64, 96, 128, 160, 248, 256])),
    }
}

/// Any type; structs below `structs` may be used.
pub fn any(rng: &mut Rng, structs: usize, depth: usize) -> Ty {
    match rng.roll(14) {
        0 => Ty::Str,
        1 => Ty::Bytes,
        2 if depth > 0 => Ty::Map(Box::new(word(rng)), Box::new(any(rng, structs, depth - 1))),
        3 if depth > 0 => Ty::Array(Box::new(any(rng, structs, depth - 1)), 1 + rng.roll(5)),
        4 if depth > 0 => Ty::List(Box::new(any(rng, structs, depth - 1))),
        5 | 6 if structs > 0 => Ty::Struct(rng.roll(structs)),
        _ => word(rng),
    }
}

/// A contract.
pub fn model(rng: &mut Rng) -> Model {
    let mut model = Model::default();
    for at in 0..rng.roll(3) {
        let members = (0..1 + rng.roll(3))
            .map(|i| (format!("m{i}"), any(rng, at, 1)))
            .collect();
        model.structs.push(members);
    }
    let structs = model.structs.len();
    for i in 0..1 + rng.roll(6) {
        let var = (format!("v{i}"), any(rng, structs, 2));
        model.vars.push(var);
    }
    if rng.roll(3) == 0 {
        let at = rng.roll(model.vars.len() + 1);
        model
            .vars
            .insert(at, ("__gap".into(), Ty::Array(Box::new(Ty::Uint(256)), 10)));
    }
    model
}

/// One change to a contract; none, now and then.
pub fn change(rng: &mut Rng, model: &mut Model, number: usize) {
    let structs = model.structs.len();
    let at = rng.roll(model.vars.len());
    let fresh = (format!("n{number}"), any(rng, structs, 1));
    match rng.roll(12) {
        0..=2 => model.vars.push(fresh),
        3 => model.vars.insert(at, fresh),
        4 if model.vars.len() > 1 && model.vars[at].0 != "__gap" => drop(model.vars.remove(at)),
        5 if model.vars[at].0 != "__gap" => model.vars[at].1 = word(rng),
        6 if model.vars[at].0 != "__gap" => model.vars[at].0 = format!("r{number}"),
        7 => {
            let other = rng.roll(model.vars.len());
            model.vars.swap(at, other);
        }
        8 if structs > 0 => {
            let members = rng.roll(structs);
            let member = (format!("n{number}"), any(rng, members, 1));
            model.structs[members].push(member);
        }
        9 | 10 => {
            let Some(gap) = model.vars.iter().position(|(name, _)| name == "__gap") else {
                return;
            };
            if let Ty::Array(_, n) = &mut model.vars[gap].1 {
                let (bytes, words) = (fresh.1.clone(), *n);
                let slots = model.size(&bytes).0.div_ceil(32);
                if slots < words {
                    model.vars[gap].1 = Ty::Array(Box::new(Ty::Uint(256)), words - slots);
                    model.vars.insert(gap, fresh);
                }
            }
        }
        _ => {}
    }
}

/// A contract and its next version, both fit for a contract.
pub fn pair(seed: u64) -> (Model, Model) {
    let mut rng = Rng(seed);
    let old = model(&mut rng);
    let mut new = old.clone();
    for number in 0..1 + rng.roll(2) {
        change(&mut rng, &mut new, number);
    }
    (old, new)
}
