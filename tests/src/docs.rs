//! The guides and the front door, so that their examples are built and run like any other documentation.

#[doc = include_str!("../../README.md")]
#[derive(Debug)]
pub struct Readme;

#[doc = include_str!("../../docs/dedup.md")]
#[derive(Debug)]
pub struct Dedup;

#[doc = include_str!("../../docs/rotation.md")]
#[derive(Debug)]
pub struct Rotation;

#[doc = include_str!("../../docs/custom-schemes.md")]
#[derive(Debug)]
pub struct CustomSchemes;

#[doc = include_str!("../../CONTRIBUTING.md")]
#[derive(Debug)]
pub struct Contributing;
