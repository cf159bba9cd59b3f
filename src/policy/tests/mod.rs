mod bad;
mod good;
