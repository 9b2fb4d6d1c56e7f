//! The GraphQL schema as a document: its contract, its descriptions and what is printed.

mod sdl;
