//! Parameter: the named settings that the URL of a service may carry.

/// A named setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    Language,
    Mode,
    CustomModel,
    Deployment,
    ApiVersion,
}

impl Parameter {
    pub(crate) const ALL: [Self; 5] =
        [Self::Language, Self::Mode, Self::CustomModel, Self::Deployment, Self::ApiVersion];

    /// Returns the name that users see.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Language => "language",
            Self::Mode => "mode",
            Self::CustomModel => "custom model (`cid`)",
            Self::Deployment => "deployment",
            Self::ApiVersion => "api-version",
        }
    }
}

/// A set of named settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parameters(u8);

impl Parameters {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) const fn of(parameters: &[Parameter]) -> Self {
        let (mut set, mut i) = (Self::NONE, 0);
        while i < parameters.len() {
            set = set.with(parameters[i]);
            i += 1;
        }
        set
    }

    pub(crate) const fn with(self, parameter: Parameter) -> Self {
        Self(self.0 | 1 << parameter as u8)
    }

    pub(crate) const fn contains(self, parameter: Parameter) -> bool {
        self.0 & 1 << parameter as u8 != 0
    }

    /// Returns the first setting of this set that is not in `carried`.
    pub(crate) fn first_not_in(self, carried: Self) -> Option<Parameter> {
        if self.0 & !carried.0 == 0 {
            return None;
        }
        Parameter::ALL.into_iter().find(|parameter| self.contains(*parameter) && !carried.contains(*parameter))
    }
}
