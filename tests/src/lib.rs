//! Behaviour tests of the whole workspace.
