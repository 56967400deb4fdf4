//! The two profiles and the designs that lose, explored state by state.
