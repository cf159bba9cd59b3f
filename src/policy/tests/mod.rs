mod bad;
mod gifts;
mod contradictions;
mod good;
mod limits;
mod owners;
