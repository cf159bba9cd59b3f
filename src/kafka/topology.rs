//! The topics that the service reads, with their partitions, and short names for both.

use std::collections::BTreeMap;

use rdkafka::TopicPartitionList;
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::Offset;

use crate::config::{Config, Content};

pub const MAILBOX: usize = 0;
pub const STATE: usize = 1;
const FIRST_INPUT: usize = 2;
/// The topic of the catalogue, which is none of the group's.
pub const CATALOGUE: usize = usize::MAX;

/// A partition of one of the topics of a [`Topology`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition {
    pub topic: usize,
    pub number: i32,
}

impl Partition {
    pub fn mailbox(task: u32) -> Self {
        Self { topic: MAILBOX, number: task as i32 }
    }
    pub fn state(task: u32) -> Self {
        Self { topic: STATE, number: task as i32 }
    }
}

pub type Offsets = BTreeMap<Partition, i64>;

/// The mailbox, the state topic and the inputs of the group, in this order. The catalogue is none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    topics: Vec<Topic>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Topic {
    name: String,
    content: Option<Content>,
    partitions: i32,
}

impl Topology {
    /// The topics of `config`; `partitions` says how many partitions each of them has.
    pub fn new(config: &Config, partitions: impl Fn(&str) -> i32) -> Self {
        let topic = |name: &String, content| Topic { name: name.clone(), content, partitions: partitions(name) };
        let mut topics = vec![topic(&config.internal.mailbox, None), topic(&config.internal.state, None)];
        topics.extend(config.group_inputs().map(|input| topic(&input.topic, Some(input.content.clone()))));
        Self { topics }
    }

    /// P: how many tasks there are.
    pub fn tasks(&self) -> u32 {
        self.topics[MAILBOX].partitions as u32
    }

    pub fn name(&self, topic: usize) -> &str {
        &self.topics[topic].name
    }

    /// What an input holds; `None` for the internal topics.
    pub fn content(&self, topic: usize) -> Option<&Content> {
        self.topics[topic].content.as_ref()
    }

    pub fn topic(&self, name: &str) -> Option<usize> {
        self.topics.iter().position(|topic| topic.name == name)
    }

    /// A topic whose partitions are the tasks: records that name their guest need no mailbox, if keyed by it.
    pub fn is_aligned(&self, topic: usize) -> bool {
        self.topics[topic].partitions == self.topics[MAILBOX].partitions
    }

    /// What the group subscribes to: the mailbox and the inputs.
    pub fn subscription(&self) -> Vec<&str> {
        self.topics.iter().enumerate().filter(|(i, _)| *i != STATE).map(|(_, topic)| &*topic.name).collect()
    }

    pub fn input_partitions(&self) -> Vec<Partition> {
        (FIRST_INPUT..self.topics.len()).flat_map(|topic| self.partitions(topic)).collect()
    }

    pub fn mailbox_partitions(&self) -> Vec<Partition> {
        self.partitions(MAILBOX).collect()
    }

    pub fn partitions(&self, topic: usize) -> impl Iterator<Item = Partition> + use<> {
        (0..self.topics[topic].partitions).map(move |number| Partition { topic, number })
    }

    /// Input topics and their partition counts.
    pub fn inputs(&self) -> impl Iterator<Item = (usize, &str, i32)> {
        self.topics.iter().enumerate().skip(FIRST_INPUT).map(|(i, topic)| (i, &*topic.name, topic.partitions))
    }

    pub fn input_names(&self) -> Vec<&str> {
        self.inputs().map(|(_, name, _)| name).collect()
    }

    /// As `orders-3`, for people.
    pub fn describe(&self, partition: Partition) -> String {
        format!("{}-{}", self.topics[partition.topic].name, partition.number)
    }

    pub fn list(&self, partitions: impl IntoIterator<Item = Partition>) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for partition in partitions {
            list.add_partition(self.name(partition.topic), partition.number);
        }
        list
    }

    pub fn list_offsets(&self, offsets: &Offsets) -> KafkaResult<TopicPartitionList> {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in offsets {
            list.add_partition_offset(self.name(partition.topic), partition.number, Offset::Offset(*offset))?;
        }
        Ok(list)
    }

    /// The partitions of a list that belong to the topology. (`elements` of an empty list would panic.)
    pub fn parse(&self, list: &TopicPartitionList) -> Vec<(Partition, Offset)> {
        if list.count() == 0 {
            return Vec::new();
        }
        list.elements()
            .iter()
            .filter_map(|element| {
                let topic = self.topic(element.topic())?;
                Some((Partition { topic, number: element.partition() }, element.offset()))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::events::Contract;

    fn topology() -> Topology {
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), "[kafka]\nbootstrap_servers = \"b:1\"\n").unwrap();
        let config = Config::load(Path::new(path.path())).unwrap();
        Topology::new(&config, |topic| if topic == "orders" { 6 } else { 4 })
    }

    #[test]
    fn the_group_reads_everything_but_the_state() {
        let topology = topology();
        assert_eq!(topology.tasks(), 4);
        assert!(!topology.subscription().contains(&"service-recovery.state"));
        assert_eq!(topology.input_partitions().len(), 6 + 4 * 4);
        let orders = topology.topic("orders").unwrap();
        assert!(!topology.is_aligned(orders) && topology.is_aligned(topology.topic("complaints").unwrap()));
        assert_eq!(topology.content(orders), Some(&Content::Contract(Contract::Orders)));
        assert_eq!(topology.content(MAILBOX), None);
    }

    #[test]
    fn lists_read_back_and_foreign_topics_are_left_out() {
        let topology = topology();
        assert_eq!(topology.parse(&TopicPartitionList::new()), []);
        let offsets = Offsets::from([(Partition::mailbox(1), 7), (Partition::state(3), 0)]);
        let mut list = topology.list_offsets(&offsets).unwrap();
        list.add_partition("foreign", 0);
        let read: Vec<_> = topology.parse(&list);
        assert_eq!(read, [(Partition::mailbox(1), Offset::Offset(7)), (Partition::state(3), Offset::Offset(0))]);
        assert_eq!(topology.describe(Partition::mailbox(1)), "service-recovery.mailbox-1");
    }
}
