//! The mind: `update(&mut App, Msg) -> Vec<Effect>`.
