mod bad;
mod contradictions;
mod gifts;
mod good;
mod limits;
mod owners;
