mod bad;
mod gifts;
mod good;
mod owners;
