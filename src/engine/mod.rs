//! The entity engine: tasks that own entities, route inputs to them, carry their messages, fire their deadlines and
//! undo what was not committed. It knows nothing of Kafka: whoever drives it (the worker, the backtest, the demo, a
//! test) brings inputs and time, and takes outputs, mail and changed state.

mod at_rest;
mod batch;
mod deadlines;
mod in_process;
mod mailbox;
mod murmur2;
mod routing;
mod task;

pub use batch::{Batch, StateRecord, Undeliverable};
pub use in_process::InProcess;
pub use mailbox::{MAX_BATCH_BYTES, MailboxError, decode_batch, encode_batches};
pub use routing::{Route, Unroutable, addressee, route, task_of};
pub use task::Task;
