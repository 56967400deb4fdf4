//! The agent: a model that reads with tools, proposes what is to be changed, and changes nothing.

pub mod plan;
pub mod taint;
