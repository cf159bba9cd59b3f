//! Tests of a task.
