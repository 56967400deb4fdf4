//! The value of `--provider`: any word, since an unknown one is unsupported rather than wrong; shells complete the
//! known ones.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command, Error};

#[derive(Clone)]
pub(super) struct Names;

impl TypedValueParser for Names {
    type Value = String;

    fn parse_ref(&self, _: &Command, _: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        Ok(value.to_string_lossy().into_owned())
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let names = imchat_verify::providers::all().iter().map(|scheme| PossibleValue::new(scheme.name()));
        Some(Box::new(names))
    }
}
