//! The command as its users run it: arguments, files and environment in; text and an exit code out.

#[cfg(test)]
mod capture;
#[cfg(test)]
mod command;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod help;
#[cfg(test)]
mod json;
#[cfg(test)]
mod providers;
#[cfg(test)]
mod receiver;
#[cfg(test)]
mod secrecy;
#[cfg(test)]
mod send;
#[cfg(test)]
mod sign;
#[cfg(test)]
mod vectors;
#[cfg(test)]
mod verify;
