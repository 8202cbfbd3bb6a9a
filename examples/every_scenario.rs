//! Prints the URLs of two services in every scenario, to show how the network setup of a resource changes them.
//!
//! ```text
//! cargo run --example every_scenario
//! ```

#![allow(clippy::print_stdout, reason = "an example prints its results")]

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
                Ok(endpoint) => println!("  {endpoint}\n    expected address: {}", endpoint.expects().id()),
                Err(error) => println!("  none: {error}"),
            }
        }
    }
    Ok(())
}
