//! The rules in force: the policy, and the catalogue, which lies over what the policy lists. Both change while the
//! service runs, the policy when it is loaded again, the catalogue with its topic; they are only ever seen together.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use crate::policy::{Catalogue, Policy};
use crate::recovery::World;

/// What a transaction decides by.
#[derive(Debug, Clone)]
pub struct Rules {
    pub policy: Arc<Policy>,
    /// Over the file of this very policy.
    pub catalogue: Arc<Catalogue>,
}

impl Rules {
    pub fn world(&self) -> World<'_> {
        World::with(&self.policy, &self.catalogue)
    }
}

#[derive(Debug)]
pub struct LiveRules {
    current: RwLock<Rules>,
    /// Whether the catalogue may be used: one on a topic only once it was read whole.
    whole: Mutex<bool>,
    changed: Condvar,
}

impl LiveRules {
    /// The catalogue is what the policy lists. With `is_whole` there is no topic to read.
    pub fn new(policy: Arc<Policy>, is_whole: bool) -> Self {
        let catalogue = Arc::new(policy.catalogue.clone());
        let current = RwLock::new(Rules { policy, catalogue });
        Self { current, whole: Mutex::new(is_whole), changed: Condvar::new() }
    }

    /// One lock and two reference counts: meant for once a round, so that a round decides by one catalogue.
    pub fn get(&self) -> Rules {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another policy; what the catalogue's topic says stays.
    pub fn set_policy(&self, policy: Arc<Policy>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let catalogue = Arc::new(current.catalogue.over(&policy.catalogue));
        *current = Rules { policy, catalogue };
    }

    /// Another catalogue, which may still lie over the file of an earlier policy.
    pub fn set_catalogue(&self, catalogue: Arc<Catalogue>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let file = &current.policy.catalogue;
        let catalogue = if catalogue.has_file_of(file) { catalogue } else { Arc::new(catalogue.over(file)) };
        current.catalogue = catalogue;
    }

    pub fn set_whole(&self) {
        *self.lock() = true;
        self.changed.notify_all();
    }

    /// Lets everybody look whether the process stops.
    pub fn wake(&self) {
        self.changed.notify_all();
    }

    /// Waits until the catalogue may be used, until it is woken for another reason, or for `timeout`. Returns whether it
    /// may.
    pub fn wait_whole(&self, timeout: Duration) -> bool {
        let whole = self.lock();
        if *whole {
            return true;
        }
        *self.changed.wait_timeout(whole, timeout).unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::policy::presets;

    fn hotel(items: &[&str]) -> Arc<Policy> {
        let mut policy = presets::hotel().unwrap();
        let mut catalogue = Catalogue::default();
        for item in items {
            catalogue.insert(listed(item));
        }
        policy.catalogue = catalogue;
        Arc::new(policy)
    }

    fn listed(item: &str) -> crate::events::CatalogueItem {
        let item = json!({"item_id": item, "names": {"en": item}, "price_minor": 10, "currency": "DKK"});
        serde_json::from_value(item).unwrap()
    }

    fn ids(rules: &Rules) -> Vec<String> {
        let mut ids: Vec<String> = rules.catalogue.items().map(|item| item.item_id.clone()).collect();
        ids.sort();
        ids
    }

    #[test]
    fn whoever_decides_waits_until_the_catalogue_was_read_whole() {
        assert!(LiveRules::new(hotel(&[]), true).wait_whole(Duration::ZERO));
        let live = LiveRules::new(hotel(&[]), false);
        assert!(!live.wait_whole(Duration::from_millis(1)));
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| while !live.wait_whole(Duration::from_secs(60)) {});
            live.wake();
            live.set_whole();
            waiter.join().unwrap();
        });
        assert!(live.wait_whole(Duration::ZERO));
    }

    #[test]
    fn another_policy_brings_its_file_and_keeps_what_the_topic_says() {
        let live = LiveRules::new(hotel(&["tea"]), true);
        let mut read = (*live.get().catalogue).clone();
        read.set("wine".to_owned(), Some(Arc::new(listed("wine"))));
        live.set_catalogue(Arc::new(read.clone()));
        assert_eq!(ids(&live.get()), ["tea", "wine"]);

        live.set_policy(hotel(&["coffee"]));
        assert_eq!(ids(&live.get()), ["coffee", "wine"]);

        // the reader still works over the file that it began with
        read.set("beer".to_owned(), Some(Arc::new(listed("beer"))));
        live.set_catalogue(Arc::new(read));
        assert_eq!(ids(&live.get()), ["beer", "coffee", "wine"]);
    }
}
