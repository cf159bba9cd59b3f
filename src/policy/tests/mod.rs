mod bad;
mod gifts;
mod good;
mod limits;
mod owners;
