//! Those that are set up.

use std::fmt;
use std::sync::Arc;

use super::Platform;

/// The platforms that are set up; cheap to clone.
#[derive(Clone)]
pub struct Platforms(Arc<[Arc<dyn Platform>]>);

impl Platforms {
    /// These.
    #[must_use]
    pub fn new(platforms: Vec<Arc<dyn Platform>>) -> Self {
        Self(platforms.into())
    }

    /// The one of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&dyn Platform> {
        self.each().find(|platform| platform.name().as_str() == name).map(|platform| &**platform)
    }

    /// All of them.
    pub fn each(&self) -> impl Iterator<Item = &Arc<dyn Platform>> {
        self.0.iter()
    }
}

impl fmt::Debug for Platforms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.each().map(|platform| platform.name())).finish()
    }
}
