//! The agent: a model that reads with tools, proposes what is to be changed, and changes nothing.
//!
//! [`turn`] is where it comes together. A [`model`] reads a [`transcript`], in which every piece says who is behind it
//! ([`taint`]), and asks for [`tools`] with checked [`arguments`]. Writes become [`plan`]s; what it says leaves through
//! [`egress`].

pub mod arguments;
pub mod budget;
pub mod egress;
pub mod ended;
pub mod model;
pub mod openai;
pub mod plan;
pub mod scripted;
pub mod taint;
pub mod tools;
pub mod transcript;
pub mod turn;
