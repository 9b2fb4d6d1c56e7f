//! Faults: what was acknowledged is there, once, whatever is killed or cut off meanwhile.

mod book;
mod database;
mod encrypted;
mod load;
mod outcome;
mod own;
mod proxy;
mod states;
mod storm;
mod world;
