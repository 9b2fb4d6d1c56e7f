//! Faults: what was acknowledged is there, once, whatever is killed or cut off meanwhile.

mod book;
mod database;
mod outcome;
mod proxy;
mod storm;
mod world;
