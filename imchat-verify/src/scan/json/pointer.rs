//! Where a value stands: the steps from the whole text down to it.

use alloc::vec::Vec;

/// So many steps lie in the path itself: few pointers have more, and those that are looked up once cost no allocation.
const NEAR: usize = 4;

/// A JSON pointer, made ready to be followed.
#[derive(Debug, Clone)]
pub(crate) struct Path<'p> {
    near: [&'p str; NEAR],
    far: Vec<&'p str>,
    len: usize,
    whole: bool,
}

impl<'p> Path<'p> {
    /// What is no pointer leads nowhere.
    pub(crate) fn new(pointer: &'p str) -> Self {
        let mut path = Self { near: [""; NEAR], far: Vec::new(), len: 0, whole: pointer.is_empty() };
        let mut left = pointer.strip_prefix('/');
        while let Some(text) = left {
            let (step, rest) = text.split_once('/').map_or((text, None), |(step, rest)| (step, Some(rest)));
            match path.near.get_mut(path.len) {
                Some(near) => *near = step,
                None => path.far.push(step),
            }
            path.len = path.len.saturating_add(1);
            left = rest;
        }
        path
    }

    /// The step it takes this many steps down, and whether that is its last one.
    pub(super) fn step(&self, depth: usize) -> Option<(&'p str, bool)> {
        let is_last = depth.saturating_add(1) == self.len;
        if depth >= self.len {
            return None;
        }
        let step = self.near.get(depth).or_else(|| self.far.get(depth.checked_sub(NEAR)?))?;
        Some((step, is_last))
    }

    /// Whether it is the pointer to the whole text.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }
}

/// Whether a step names this place of an array, without leading zeros.
pub(super) fn names_index(step: &str, index: usize) -> bool {
    let canonical = step == "0" || !step.starts_with('0');
    canonical && step.bytes().all(|byte| byte.is_ascii_digit()) && step.parse() == Ok(index)
}
