//! Looks at logs and at the group's offsets from outside: never a member, never waiting for open transactions.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaRespErr;

use super::client::{Clients, Logged};
use super::topology::{Offsets, Partition, Topology};

/// Shared by all threads; every call is one round trip, or a few.
pub struct Observer {
    consumer: BaseConsumer<Logged>,
}

/// What the group has committed for a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    pub offset: i64,
    pub metadata: String,
}

impl Observer {
    pub fn new(clients: &Clients) -> KafkaResult<Self> {
        Ok(Self { consumer: clients.observer().create_with_context(Logged)? })
    }

    /// The partitions that `topic` has now, or `None` when there is no such topic.
    pub fn partition_count(&self, topic: &str, timeout: Duration) -> KafkaResult<Option<i32>> {
        let metadata = self.consumer.fetch_metadata(Some(topic), timeout)?;
        let Some(found) = metadata.topics().iter().find(|found| found.name() == topic) else { return Ok(None) };
        match found.error() {
            None => Ok(Some(found.partitions().len() as i32)),
            Some(RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) => Ok(None),
            Some(error) => Err(KafkaError::MetadataFetch(RDKafkaErrorCode::from(error))),
        }
    }

    /// The read-uncommitted ends: the offsets that the next records will have.
    pub fn ends(
        &self,
        topology: &Topology,
        partitions: impl IntoIterator<Item = Partition>,
        timeout: Duration,
    ) -> KafkaResult<Offsets> {
        bounds(&self.consumer, topology, partitions, Offset::End, timeout)
    }

    /// The offsets of the first records that are still there.
    pub fn starts(
        &self,
        topology: &Topology,
        partitions: impl IntoIterator<Item = Partition>,
        timeout: Duration,
    ) -> KafkaResult<Offsets> {
        bounds(&self.consumer, topology, partitions, Offset::Beginning, timeout)
    }

    /// What the group has committed; partitions without an offset are left out. Offsets of pending transactions do
    /// not count.
    pub fn committed(
        &self,
        topology: &Topology,
        partitions: impl IntoIterator<Item = Partition>,
        timeout: Duration,
    ) -> KafkaResult<BTreeMap<Partition, Committed>> {
        // nobody else serves the events of this client
        while self.consumer.poll(Duration::ZERO).is_some() {}
        let list = self.consumer.committed_offsets(topology.list(partitions), timeout)?;
        let mut committed = BTreeMap::new();
        for element in elements(&list) {
            element.error()?;
            if let (Some(topic), Offset::Offset(offset)) = (topology.topic(element.topic()), element.offset()) {
                let at = Partition { topic, number: element.partition() };
                committed.insert(at, Committed { offset, metadata: element.metadata().to_owned() });
            }
        }
        Ok(committed)
    }
}

/// `Offset::Beginning` or `Offset::End` of many partitions at once, as the isolation level of `consumer` sees them.
pub fn bounds<C>(
    consumer: &BaseConsumer<C>,
    topology: &Topology,
    partitions: impl IntoIterator<Item = Partition>,
    which: Offset,
    timeout: Duration,
) -> KafkaResult<Offsets>
where
    C: rdkafka::consumer::ConsumerContext + 'static,
{
    // the names of these logical offsets are what ListOffsets takes as special timestamps
    let mut list = topology.list(partitions);
    if list.count() == 0 {
        return Ok(Offsets::new());
    }
    list.set_all_offsets(which)?;
    let list = consumer.offsets_for_times(list, timeout)?;
    let mut offsets = Offsets::new();
    for element in elements(&list) {
        element.error()?;
        let Some(topic) = topology.topic(element.topic()) else { continue };
        let Offset::Offset(offset) = element.offset() else {
            return Err(KafkaError::OffsetFetch(RDKafkaErrorCode::NoOffset));
        };
        offsets.insert(Partition { topic, number: element.partition() }, offset);
    }
    Ok(offsets)
}

/// `elements` of an empty list would panic.
fn elements(list: &TopicPartitionList) -> Vec<rdkafka::topic_partition_list::TopicPartitionListElem<'_>> {
    if list.count() == 0 { Vec::new() } else { list.elements() }
}

impl std::fmt::Debug for Observer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Observer").finish_non_exhaustive()
    }
}
