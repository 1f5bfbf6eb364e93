//! What an audit of the contracts could do to users' money, tried again from outside: each test is the attacker's
//! story, told by JSON-RPC alone, with what everybody holds before and after it.

mod adoption;
mod bank;
mod callbacks;
mod pauses;
mod vetoes;
