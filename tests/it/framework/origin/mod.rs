//! Where a registry comes from: what the program finds out on first contact, before it believes or sends
//! anything, and what it refuses.

mod first_contact;
mod forged;
mod outsider;
