//! The program as a process: its commands, its start, its end, and attacks on it.

mod commands;
mod program;
mod survival;
