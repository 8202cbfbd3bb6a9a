//! Types that applications share between tasks are `Send` and `Sync`, and futures that they spawn are `Send`. Compiling is the
//! test.

use speech_endpoint::evidence::{Evidence, Failure};
use speech_endpoint::{Account, Credential, Diagnosis, Endpoint, Plan, Query, Service};

const fn is_send_and_sync<T: Send + Sync + 'static>() {}

const _: () = {
    is_send_and_sync::<Account>();
    is_send_and_sync::<Credential>();
    is_send_and_sync::<Diagnosis>();
    is_send_and_sync::<Endpoint>();
    is_send_and_sync::<Evidence>();
    is_send_and_sync::<Failure>();
    is_send_and_sync::<Plan>();
    is_send_and_sync::<Query>();
    is_send_and_sync::<Service>();
};

/// A failure can be the source of an error, and travel through `Box<dyn Error + Send + Sync>`.
const _: fn(Failure) -> Box<dyn std::error::Error + Send + Sync> = |failure| Box::new(failure);

#[cfg(feature = "net")]
const _: () = {
    is_send_and_sync::<speech_endpoint::net::SharedNetwork>();
    is_send_and_sync::<speech_endpoint::net::ProxySettings>();
    is_send_and_sync::<speech_endpoint::net::Trust>();
};

#[cfg(feature = "connect")]
mod connect {
    use reqwest::Method;
    use speech_endpoint::azure::ArmId;
    use speech_endpoint::connect::{
        AccountState, BuildError, Builder, ConnectCause, ConnectError, Connector, Management, ManagementError, Opened,
        TokenError, TokenSource, TokenState,
    };
    use speech_endpoint::{Query, Service};

    use super::is_send_and_sync;

    const _: () = {
        is_send_and_sync::<AccountState>();
        is_send_and_sync::<BuildError>();
        is_send_and_sync::<Builder>();
        is_send_and_sync::<ConnectCause>();
        is_send_and_sync::<ConnectError>();
        is_send_and_sync::<Connector>();
        is_send_and_sync::<Management>();
        is_send_and_sync::<ManagementError>();
        is_send_and_sync::<TokenError>();
        is_send_and_sync::<TokenSource>();
        is_send_and_sync::<TokenState>();
    };

    fn is_send<T: Send>(_: T) {}

    /// A socket has one user at a time, so it is only `Send`.
    const _: fn(Opened) = is_send;

    const _: fn(&Management, &ArmId) = |management, id| {
        is_send(management.account(id));
        is_send(management.accounts(id));
    };

    const _: fn(&Connector, &Query) = |connector, query| {
        let service = Service::SpeechToText;
        is_send(connector.websocket(service, query));
        is_send(connector.prepare(service, query));
        is_send(connector.probe(service, query));
        is_send(connector.request(service, Method::GET));
        is_send(connector.request_with(service, Method::GET, query));
        is_send(connector.send(service, Method::GET, query, |request| request));
    };
}
