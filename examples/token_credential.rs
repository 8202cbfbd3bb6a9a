//! Implements a custom credential: it reads tokens from a file that another process keeps fresh, such as a sidecar.
//!
//! ```text
//! cargo run --example token_credential
//! az account get-access-token --resource https://cognitiveservices.azure.com --query accessToken -o tsv > token.txt
//! cargo run --example token_credential -- --endpoint https://contoso.cognitiveservices.azure.com/ token.txt
//! ```

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error, ErrorKind, ResultExt as _};
use azure_core::time::OffsetDateTime;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::Value;
use speech_endpoint::connect::{Connector, TokenSource};
use speech_endpoint::{Query, Service};
use speech_endpoint_lab::Lab;

mod support;

use support::{Setting, Stop};

/// Reads the file at each token request, which happens when a token is about to expire or was rejected.
#[derive(Debug)]
struct TokenFile(PathBuf);

#[async_trait::async_trait]
impl TokenCredential for TokenFile {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let read = std::fs::read_to_string(&self.0);
        let text = read.with_context_fn(ErrorKind::Credential, || format!("`{}` cannot be read", self.0.display()))?;
        let token = text.trim();
        Ok(AccessToken::new(token.to_owned(), expires(token)?))
    }
}

/// Returns the expiry time, which the token itself carries.
fn expires(token: &str) -> azure_core::Result<OffsetDateTime> {
    let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims: Option<Value> = claims.and_then(|claims| serde_json::from_slice(&claims).ok());
    let seconds = claims.and_then(|claims| claims["exp"].as_i64());
    let time = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    time.ok_or_else(|| Error::with_message(ErrorKind::Credential, "the file contains no token with an expiry time"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Stop> {
    let setting = Setting::of_command_line("healthy-entra-private-endpoint").await?;
    let file = match (&setting.lab, setting.arguments.first()) {
        (None, Some(file)) => PathBuf::from(file),
        (None, None) => return Err("no token file given: expected the path of a file with a token".into()),
        (Some(_), Some(_)) => return Err("the lab has its own token: pass a file only with `--endpoint`".into()),
        (Some(_), None) => std::env::temp_dir().join(format!("speech-endpoint-{}.token", std::process::id())),
    };
    if let Some(lab) = &setting.lab {
        write(&file, lab)?;
    }

    let source = TokenSource::entra(Arc::new(TokenFile(file.clone())));
    let builder = Connector::builder(setting.account.clone(), source.clone());
    let connector = setting.lead(builder).build()?;

    for _ in 0..3 {
        connector.send(Service::Voices, Method::GET, &Query::default(), |request| request).await?;
    }
    println!("three calls, tokens read: {}", source.state().tokens[0].fetched);
    if let Some(lab) = &setting.lab {
        lab.expire_tokens();
        write(&file, lab)?;
        connector.send(Service::Voices, Method::GET, &Query::default(), |request| request).await?;
        println!("the service rejected a token before it expired, tokens read: {}", source.state().tokens[0].fetched);
        std::fs::remove_file(&file)?;
    }
    Ok(())
}

/// Writes a token to the file, like the sidecar.
fn write(file: &Path, lab: &Lab) -> Result<(), Stop> {
    Ok(std::fs::write(file, lab.entra_token().expose())?)
}
