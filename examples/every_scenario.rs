//! What the network of a resource does to the URL of two services: the same two lines in every scenario.
//!
//! ```text
//! cargo run --example every_scenario
//! ```

#![allow(clippy::print_stdout, reason = "an example talks to a person")]

use std::error::Error;

use speech_endpoint::{Access, Account, ContainerHost, Service};

fn main() -> Result<(), Box<dyn Error>> {
    let contoso =
        || Ok::<_, Box<dyn Error>>(Account::custom_domain("contoso".parse()?).with_region("westeurope".parse()?)?);
    let accounts = [
        Account::regional("westeurope".parse()?)?,
        contoso()?,
        contoso()?.with_access(Access::open()),
        contoso()?.with_access(Access::ip_rules()),
        contoso()?.with_access(Access::locked()),
        contoso()?.with_access(Access::service_endpoint()),
        contoso()?.with_access(Access::private_endpoint()),
        contoso()?.with_access(Access::private_and_service_endpoint()),
        contoso()?.with_access(Access::disabled()),
        contoso()?.with_access(Access { private_endpoints: 0, ..Access::disabled() }),
        Account::container("ws://localhost:5000".parse::<ContainerHost>()?),
        Account::openai("contoso".parse()?),
    ];
    for account in accounts {
        println!("{}", account.scenario().title());
        for service in [Service::SpeechToTextV1, Service::SpeechToTextRest] {
            match account.endpoint(service) {
                Ok(endpoint) => println!("  {endpoint}\n    DNS should answer: {}", endpoint.expects().id()),
                Err(error) => println!("  none: {error}"),
            }
        }
    }
    Ok(())
}
