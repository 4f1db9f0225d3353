//! What the tests themselves got from whoever runs them.

use std::sync::Once;

/// Lets no signal be ignored that a test may send to what it starts.
///
/// A shell starts what runs in its background with SIGINT and SIGQUIT ignored, nohup(1) does it with SIGHUP, and an
/// ignored signal passes through every exec(2) from there to the program under test.
pub(crate) fn default_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(glowtop::sys::inherited::default_signal_actions);
}
