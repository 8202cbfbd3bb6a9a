//! Secret: a text that must not be seen.

use std::fmt;

use zeroize::Zeroizing;

/// A text that must not be seen: no `Display`, no comparison, not serialisable, erased when dropped.
///
/// ```
/// use speech_endpoint::Secret;
///
/// assert_eq!(format!("{:?}", Secret::from("0123456789abcdef0123456789abcdef".to_owned())), "Secret");
/// ```
///
/// ```compile_fail
/// use speech_endpoint::Secret;
///
/// // Comparing would take a time that depends on the content.
/// assert!(Secret::from("a".to_owned()) == Secret::from("b".to_owned()));
/// ```
///
/// ```compile_fail
/// println!("{}", speech_endpoint::Secret::from("a".to_owned()));
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself, for the moment it is put on the wire.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Eight hexadecimal digits by which two secrets are told apart in one report; the salt is chosen anew for each.
    #[must_use]
    pub fn fingerprint(&self, salt: u64) -> String {
        use std::hash::{DefaultHasher, Hasher};
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(salt);
        hasher.write(self.0.as_bytes());
        let hash = hasher.finish();
        format!("{:08x}", (hash ^ hash >> 32) & 0xffff_ffff)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
