//! `OPENAI_BASE_URL`, `OPENAI_API_KEY` and `OPENAI_MODEL`: which model answers.

use super::{ConfigError, Lookup, Secret, address, header_text, text};

const URL: &str = "OPENAI_BASE_URL";
const KEY: &str = "OPENAI_API_KEY";
const MODEL: &str = "OPENAI_MODEL";
/// The service's own: <https://platform.openai.com/docs/api-reference/introduction>
const OWN: &str = "https://api.openai.com/v1";

const EXAMPLE: &str = "is not an http or https URL: write for instance https://api.openai.com/v1";

/// How to reach a model that speaks the chat completions API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelAccess {
    /// Without a slash at its end; `/chat/completions` is added.
    pub base_url: String,
    /// Sent as a bearer token; empty where the service asks for none.
    pub key: Secret,
    /// The model's name, as the service spells it.
    pub model: String,
}

impl ModelAccess {
    /// Reads the three variables; without `OPENAI_MODEL` there is no such model, and the scripted one answers.
    ///
    /// # Errors
    /// The first variable that is unusable.
    pub fn read(lookup: Lookup<'_>) -> Result<Option<Self>, ConfigError> {
        let (url, key, model) = (text(lookup, URL)?, text(lookup, KEY)?, text(lookup, MODEL)?);
        let Some(model) = model else {
            return match url.is_some() || key.is_some() {
                false => Ok(None),
                true => {
                    Err(ConfigError::Missing { name: MODEL, remedy: "write the name of the model that is to answer" })
                }
            };
        };
        let base_url = url.unwrap_or_else(|| OWN.to_owned());
        let local = address::checked(URL, &base_url, EXAMPLE)?;
        let key = match key {
            Some(key) => key,
            None if local => String::new(),
            None => {
                let remedy = "copy the key from the model service; only a service on this machine goes without";
                return Err(ConfigError::Missing { name: KEY, remedy });
            }
        };
        Ok(Some(Self { base_url: base_url.trim_end_matches('/').to_owned(), key: header_text(KEY, key)?, model }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<ModelAccess>, ConfigError> {
        ModelAccess::read(&|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into()))
    }

    #[test]
    fn without_any_of_them_the_scripted_model_answers() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[(MODEL, "")]), Ok(None));
    }

    #[test]
    fn the_services_own_address_is_the_default_and_a_local_one_needs_no_key() {
        let access = read(&[(MODEL, "m"), (KEY, "sk-1")]).unwrap().unwrap();
        assert_eq!((&*access.base_url, access.key.expose()), (OWN, "sk-1"));
        let access = read(&[(MODEL, "m"), (URL, "http://127.0.0.1:11434/v1/")]).unwrap().unwrap();
        assert_eq!((&*access.base_url, access.key.expose()), ("http://127.0.0.1:11434/v1", ""));
    }

    #[test]
    fn unusable_values_are_refused_by_name_and_never_printed() {
        for (variables, name) in [
            (&[(KEY, "sk-secret")][..], MODEL),
            (&[(URL, "https://a.example/v1")], MODEL),
            (&[(MODEL, "m")], KEY),
            (&[(MODEL, "m"), (KEY, "sk-secret\n")], KEY),
            (&[(MODEL, "m"), (KEY, "sk-secret"), (URL, "http://a.example/v1")], URL),
            (&[(MODEL, "m"), (KEY, "sk-secret"), (URL, "https://u:p@a.example/v1")], URL),
            (&[(MODEL, "m"), (KEY, "sk-secret"), (URL, "https://a.example/v1?x=1")], URL),
            (&[(MODEL, "m"), (KEY, "sk-secret"), (URL, "a.example")], URL),
        ] {
            let error = read(variables).unwrap_err();
            assert!(error.to_string().starts_with(name), "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        let access = read(&[(MODEL, "m"), (KEY, "sk-secret")]).unwrap();
        assert!(!format!("{access:?}").contains("secret"));
    }
}
