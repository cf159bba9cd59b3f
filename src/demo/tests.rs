//! The screen of the demo is held as it is.
