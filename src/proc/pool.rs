//! Values that many processes have in common (names, command lines), each kept once.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

/// Below so many values nobody looks which of them are still in use.
const FEW: usize = 64;

/// The values in use, and some that were.
pub(super) struct Pool<T> {
    values: HashSet<Arc<T>>,
    /// With more values than this, those that nobody uses any more are let go.
    most: usize,
}

impl<T> Default for Pool<T> {
    fn default() -> Pool<T> {
        Pool { values: HashSet::new(), most: FEW }
    }
}

impl<T: Eq + Hash> Pool<T> {
    /// `value`, shared with all who have the same.
    pub(super) fn share(&mut self, value: T) -> Arc<T> {
        if let Some(known) = self.values.get(&value) {
            return Arc::clone(known);
        }
        if self.values.len() >= self.most {
            self.prune();
        }
        let shared = Arc::new(value);
        self.values.insert(Arc::clone(&shared));
        shared
    }

    /// Lets go of what nobody uses; next when there is twice as much, so that it costs little for each value.
    fn prune(&mut self) {
        self.values.retain(|value| Arc::strong_count(value) > 1);
        self.most = (self.values.len() * 2).max(FEW);
        self.values.shrink_to(self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_one() {
        let mut pool = Pool::default();
        let first = pool.share("nginx".to_owned());
        assert!(Arc::ptr_eq(&first, &pool.share("nginx".to_owned())));
        assert_ne!(first, pool.share("sshd".to_owned()));
    }

    #[test]
    fn what_nobody_uses_is_let_go_and_the_rest_stays_shared() {
        let mut pool = Pool::default();
        let kept: Vec<_> = (0..100).map(|n| pool.share(n)).collect();
        for n in 0..100_000 {
            pool.share(n);
            assert!(pool.values.len() <= 2 * kept.len());
        }
        for value in &kept {
            assert!(Arc::ptr_eq(value, &pool.share(**value)));
        }
        drop(kept);
        (0..1_000).for_each(|n| drop(pool.share(n)));
        assert!(pool.values.len() <= FEW && pool.values.capacity() < 4 * FEW, "{}", pool.values.capacity());
    }
}
