//! Faults: what was acknowledged is there, once, whatever is killed or cut off meanwhile.

mod outcome;
mod proxy;
