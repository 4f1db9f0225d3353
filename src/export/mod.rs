//! Snapshot → text, JSON, CSV.
