//! Values that are text in configuration files: their conversions from text, and serde with the feature of that name. All of
//! them go through `FromStr`, so no value gets past its checks.

use crate::resolve::cloud::Cloud;
use crate::resolve::name::{CustomDomain, Region};
use crate::resolve::query::RecognitionMode;
use crate::resolve::service::Service;

macro_rules! textual {
    ($($type:ty),* $(,)?) => {
        $(
            impl TryFrom<&str> for $type {
                type Error = <$type as std::str::FromStr>::Err;

                fn try_from(text: &str) -> Result<Self, Self::Error> {
                    text.parse()
                }
            }

            #[cfg(feature = "serde")]
            impl<'de> serde::Deserialize<'de> for $type {
                fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                    let text = <String as serde::Deserialize>::deserialize(from)?;
                    text.parse().map_err(serde::de::Error::custom)
                }
            }
        )*
    };
}

textual!(Cloud, CustomDomain, RecognitionMode, Region, Service);

#[cfg(feature = "serde")]
macro_rules! shown {
    ($($type:ty),* $(,)?) => {
        $(impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        })*
    };
}

#[cfg(feature = "serde")]
shown!(CustomDomain, RecognitionMode, Region, Service);

#[cfg(feature = "serde")]
impl serde::Serialize for Cloud {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Custom(_) => Err(serde::ser::Error::custom("a custom cloud has no name")),
            _ => to.collect_str(self),
        }
    }
}

impl AsRef<str> for Region {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for CustomDomain {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use std::fmt::Debug;

    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use super::*;
    use crate::resolve::cloud::Suffixes;
    use crate::resolve::form::CredentialForm;
    use crate::resolve::scenario::Scenario;

    fn returns<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, text: &str) {
        let json = serde_json::to_value(value).ok();
        assert_eq!(json, Some(text.into()));
        assert_eq!(json.and_then(|json| serde_json::from_value::<T>(json).ok()).as_ref(), Some(value));
    }

    fn rejects<T: DeserializeOwned + Debug>(json: &str, words: &str) {
        let error = serde_json::from_str::<T>(json).map_err(|error| error.to_string());
        assert!(matches!(&error, Err(text) if text.contains(words)), "{json}: {error:?}");
    }

    #[test]
    fn a_value_returns_from_its_text() {
        returns(&"westeurope".parse::<Region>().unwrap(), "westeurope");
        returns(&"contoso".parse::<CustomDomain>().unwrap(), "contoso");
        returns(&Cloud::UsGovernment, "usgov");
        returns(&RecognitionMode::Dictation, "dictation");
        returns(&CredentialForm::EntraComposed, "entra_composed");
        returns(&Scenario::PrivateEndpoint, "private_endpoint");
        for service in Service::all() {
            returns(&service, service.id());
        }
    }

    #[test]
    fn a_text_that_is_not_such_a_value_is_rejected() {
        rejects::<Region>(r#""en-US""#, "en-US");
        rejects::<Region>(r#""evil.example/""#, "region");
        rejects::<CustomDomain>(r#""contoso.evil.example""#, "contoso.evil.example");
        rejects::<Cloud>(r#""moon""#, "moon");
        rejects::<Service>(r#""speech-to-txt""#, "did you mean `speech-to-text`");
        rejects::<RecognitionMode>(r#""loud""#, "loud");
        rejects::<CredentialForm>(r#""password""#, "password");
        rejects::<Region>("7", "string");
    }

    #[test]
    fn a_custom_cloud_has_no_text() {
        let custom = Cloud::from(Suffixes::new("speech.test", "api.test2.example", "custom.test3.example").unwrap());
        assert!(serde_json::to_string(&custom).unwrap_err().to_string().contains("no name"));
    }
}
