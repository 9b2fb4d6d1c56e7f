//! The GraphQL schema as a document: that it is up to date, keeps its contract, and describes itself.

mod descriptions;
mod sdl;
