//! Connectors in a world: an application under test, with the network, the roots and the proxies of the lab.

use std::fmt;

use speech_endpoint::connect::{Builder, Connector, TokenSource};

use super::{ClientCredential, Lab};

/// A world whose client has no connector: its resource or its credential is invalid.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NoConnector(String);

impl Lab {
    /// Returns a builder for a connector that runs in this world, with the account and the credential of the world's client.
    ///
    /// ```
    /// use std::time::SystemTime;
    ///
    /// use speech_endpoint::{Query, Service};
    /// use speech_endpoint_lab::{Lab, World};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    /// # runtime.block_on(async {
    /// let world = World::named("DNS03-zone-not-linked").ok_or("no such world")?;
    /// let lab = Lab::start(world, SystemTime::now()).await?;
    /// let connector = lab.connector()?.build()?;
    /// let error = connector.websocket(Service::SpeechToText, &Query::default()).await.expect_err("the name is public");
    /// assert_eq!(error.id(), Some("DNS03"));
    /// # Ok(()) })
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`NoConnector`], if the world is about an invalid resource or credential.
    pub fn connector(&self) -> Result<Builder, NoConnector> {
        let account = self.account().map_err(|note| NoConnector(note.to_string()))?.clone();
        let credential = self.credential().map(ClientCredential::read).transpose();
        let credential = credential.map_err(|error| NoConnector(error.to_string()))?;
        let source = credential.map_or_else(TokenSource::none, TokenSource::ready);
        Ok(self.lead(Connector::builder(account, source)))
    }

    /// Leads the builder of an application into this world: its names, its addresses, its roots and its proxies.
    pub fn lead(&self, builder: Builder) -> Builder {
        builder.network(self.network()).trust(self.trust()).proxies(self.proxies())
    }
}

impl fmt::Display for NoConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the client of this world cannot connect: {}", self.0)
    }
}

impl std::error::Error for NoConnector {}
