//! The program as a process: its commands, startup and shutdown, and attacks on a running server.

mod audit;
mod commands;
mod denial_of_service;
mod lifecycle;
