//! Frees the mailbox of what is handled: it keeps no time limit, so that nothing unread is ever lost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions};
use tracing::{debug, warn};

use super::client::Logged;
use super::service::Service;
use super::topology::{MAILBOX, Offsets, Partition};

const INTERVAL: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(10);

/// Runs until the process stops. Every instance does so: purging twice changes nothing.
pub fn run(service: &Arc<Service>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { return };
    let admin: AdminClient<Logged> = match service.clients.admin().create_with_context(Logged) {
        Ok(admin) => admin,
        Err(error) => return warn!(%error, "the mailbox is not purged: no admin client"),
    };
    let mut purged: BTreeMap<Partition, i64> = BTreeMap::new();
    while !service.stop.wait(INTERVAL) {
        let Some(due) = due(service, &purged) else { continue };
        let Ok(list) = service.topology.list_offsets(&due) else { continue };
        match runtime.block_on(admin.delete_records(&list, &AdminOptions::new().request_timeout(Some(TIMEOUT)))) {
            Ok(result) => {
                for element in result.elements() {
                    if let Err(error) = element.error() {
                        warn!(partition = element.partition(), %error, "a partition of the mailbox was not purged");
                    }
                }
                debug!(partitions = due.len(), "the mailbox is purged of what is handled");
                purged.extend(due);
            }
            Err(error) => warn!(%error, "the mailbox was not purged; it is tried again"),
        }
    }
}

/// Where the group has moved on since the last time.
fn due(service: &Service, purged: &BTreeMap<Partition, i64>) -> Option<Offsets> {
    let mailbox = service.topology.partitions(MAILBOX);
    let committed = service.observer.committed(&service.topology, mailbox, TIMEOUT).ok()?;
    let due: Offsets = committed
        .into_iter()
        .map(|(partition, committed)| (partition, committed.offset))
        .filter(|(partition, offset)| *offset > purged.get(partition).copied().unwrap_or(0))
        .collect();
    (!due.is_empty()).then_some(due)
}
