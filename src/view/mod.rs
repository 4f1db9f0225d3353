//! Draws the mind into a buffer.
