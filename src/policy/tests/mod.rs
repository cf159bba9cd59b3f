mod bad;
mod contradictions;
mod feed_watch;
mod gifts;
mod good;
mod limits;
mod owners;
