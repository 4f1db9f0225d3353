//! The report as a picture.

use crate::model::lab::Experiment;

/// The report as a picture that needs nothing else.
pub fn svg(_experiment: &Experiment) -> String {
    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\" height=\"10\"></svg>\n".to_owned()
}
