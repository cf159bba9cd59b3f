mod bad;
mod good;
mod owners;
