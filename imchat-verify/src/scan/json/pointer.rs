//! Where a value stands: the steps from the whole text down to it.

use alloc::boxed::Box;

/// A JSON pointer, as the steps it takes.
pub(crate) trait Pointer {
    /// The step it takes this many steps down, and whether that is its last one.
    fn step(&self, depth: usize) -> Option<(&str, bool)>;

    /// Whether it is the pointer to the whole text.
    fn is_whole(&self) -> bool;
}

/// As it is written, for a single look-up.
impl Pointer for &str {
    fn step(&self, depth: usize) -> Option<(&str, bool)> {
        let mut steps = self.strip_prefix('/')?.split('/').skip(depth);
        Some((steps.next()?, steps.next().is_none()))
    }

    fn is_whole(&self) -> bool {
        self.is_empty()
    }
}

/// Made ready to be followed often.
#[derive(Debug, Clone)]
pub(crate) struct Path(Option<Box<[&'static str]>>);

impl Path {
    pub(crate) fn new(pointer: &'static str) -> Self {
        let steps = pointer.strip_prefix('/').map(|steps| steps.split('/').collect());
        Self(steps.or_else(|| pointer.is_empty().then(Box::default)))
    }
}

impl Pointer for Path {
    fn step(&self, depth: usize) -> Option<(&str, bool)> {
        let (step, rest) = self.0.as_deref()?.get(depth..)?.split_first()?;
        Some((step, rest.is_empty()))
    }

    fn is_whole(&self) -> bool {
        self.0.as_deref().is_some_and(<[_]>::is_empty)
    }
}

/// Whether a step names this place of an array, without leading zeros.
pub(super) fn names_index(step: &str, index: usize) -> bool {
    let canonical = step == "0" || !step.starts_with('0');
    canonical && step.bytes().all(|byte| byte.is_ascii_digit()) && step.parse() == Ok(index)
}
