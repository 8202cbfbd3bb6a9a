//! Redaction: what identifies the customer, replaced alike wherever it stands.
