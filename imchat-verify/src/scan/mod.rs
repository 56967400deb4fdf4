//! Reads single values out of bodies that are already proved, in one pass and without building a tree.

pub(crate) mod form;
pub(crate) mod json;
mod lookup;
#[cfg(feature = "xml")]
pub(crate) mod xml;

pub(crate) use lookup::{Sources, Value, looks_like_json, value};
