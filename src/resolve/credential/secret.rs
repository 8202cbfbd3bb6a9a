//! Secret: text that is never displayed.

use std::fmt;

use zeroize::Zeroizing;

/// Text that is never displayed: it has no `Display`, comparison or serialisation, and is erased when dropped.
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
/// // The time of a comparison would depend on the content.
/// assert!(Secret::from("a".to_owned()) == Secret::from("b".to_owned()));
/// ```
///
/// ```compile_fail
/// println!("{}", speech_endpoint::Secret::from("a".to_owned()));
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Returns the text itself, to put it on the wire.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns eight hexadecimal digits that distinguish secrets within one report. Each report uses a new salt.
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
