//! The filter: text → does this process match.
