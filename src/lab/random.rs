//! The lab's dice; the model throws the same ones, so that it can foretell a shuffled queue.

pub(super) use crate::model::lab::Random;
