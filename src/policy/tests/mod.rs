mod bad;
mod contradictions;
mod good;
mod limits;
mod owners;
