//! Who may come in: names with their tokens, from the configuration and from a file.
//!
//! Tokens are compared in constant time, each with all, so that the time of an answer says nothing of them.

use std::path::{Path, PathBuf};

use subtle::{Choice, ConstantTimeEq};
use thiserror::Error;

use crate::config::{Secret, TokenTable, name_problem, secret_problem};

#[derive(Debug, Error)]
pub enum TokensError {
    #[error("cannot read the tokens of {section} in {}: {source}; check {section}.tokens_file", path.display())]
    File { section: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{}:{line}: {problem}; a line is a name and a token", path.display())]
    Line { path: PathBuf, line: usize, problem: String },
    #[error("{section} is enabled without a token: {} names none", path.display())]
    None { section: &'static str, path: PathBuf },
}

#[derive(Debug, Default)]
pub(super) struct Tokens(Vec<(String, Secret)>);

impl Tokens {
    /// Those of the configuration, then those of the file.
    pub(super) fn read(section: &'static str, table: &TokenTable, file: Option<&Path>) -> Result<Self, TokensError> {
        let mut tokens = Self::default();
        for (name, secrets) in table {
            tokens.0.extend(secrets.iter().map(|secret| (name.clone(), secret.clone())));
        }
        let Some(path) = file else { return Ok(tokens) };
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| TokensError::File { section, path: path.to_owned(), source })?;
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let parsed = parse(line);
            let problem = |problem| TokensError::Line { path: path.to_owned(), line: index + 1, problem };
            tokens.0.push(parsed.map_err(problem)?);
        }
        if tokens.0.is_empty() {
            return Err(TokensError::None { section, path: path.to_owned() });
        }
        Ok(tokens)
    }

    /// The name that a token belongs to.
    pub(super) fn owner(&self, presented: &str) -> Option<&str> {
        let mut owner = None;
        for (name, secret) in &self.0 {
            let same: Choice = secret.reveal().as_bytes().ct_eq(presented.as_bytes());
            if bool::from(same) {
                owner = Some(name.as_str());
            }
        }
        owner
    }
}

/// `name token`. What is wrong never repeats the token.
fn parse(line: &str) -> Result<(String, Secret), String> {
    let Some((name, secret)) = line.split_once(char::is_whitespace) else {
        return Err("there is one word only".to_owned());
    };
    if let Some(problem) = name_problem(name) {
        return Err(format!("the first word {problem}"));
    }
    let secret = Secret::new(secret.trim());
    match secret_problem(&secret) {
        Some(problem) => Err(format!("the token of {name} {problem}")),
        None => Ok((name.to_owned(), secret)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Tokens, TokensError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Tokens::read("http.intake", &TokenTable::new(), Some(file.path()))
    }

    #[test]
    fn a_name_may_have_several_tokens_while_they_are_changed() {
        let tokens = read("# of the tablets\n\ntablets old-token-0123456789\ntablets  new-token-0123456789\n").unwrap();
        assert_eq!(tokens.owner("old-token-0123456789"), Some("tablets"));
        assert_eq!(tokens.owner("new-token-0123456789"), Some("tablets"));
        for wrong in ["", "tablets", "new-token-012345678", "new-token-0123456789x"] {
            assert_eq!(tokens.owner(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line_and_without_the_token() {
        for (text, part) in [
            ("tablets\n", ":1: there is one word only"),
            ("a b/c?d=secretsecretsecret\n", ":1: the token of a has characters"),
            ("#\ntablets short\n", ":2: the token of tablets is shorter than 16"),
            ("t/t secretsecretsecret\n", ":1: the first word is no name"),
            ("# none\n", "http.intake is enabled without a token"),
        ] {
            let message = read(text).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
            assert!(!message.contains("secretsecret") && !message.contains("short;"), "{message}");
        }
        assert!(!format!("{:?}", read("tablets secretsecretsecret\n").unwrap()).contains("secretsecret"));
    }
}
