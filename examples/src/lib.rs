//! Five small programs, one idea each.
