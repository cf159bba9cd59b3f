mod bad;
mod good;
mod limits;
mod owners;
