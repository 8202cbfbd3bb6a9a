//! The texts of the native SDK, which C#, C++, Java, Python, Swift and Go share. Its source settles what most of them mean:
//! microsoft-foundry/SpeechSDK 1.51 and 1.52 (2026-09), and captures of 1.38 to 1.53 on Linux.

use super::Atom::{Close, Number, Status, Text};
use super::Rank::{Broad, Coded, Step, Worded};
use super::{KnownText, row};

/// In the order of the ranks; within a rank, the most specific rows first.
#[rustfmt::skip]
pub(super) const TABLE: &[KnownText] = &[
    // Messages of the SDK about itself.
    row(Worded, &[&[Text("failed to initialize platform (azure-c-shared)")]],
        "the native SDK cannot load OpenSSL, which is not a network failure: install the OpenSSL version that it \
         supports, or upgrade the SDK", &[]),
    // Behind `Error details:` the text is about the target of a redirect, without it about the endpoint: see below.
    row(Worded, &[&[Text("error details:")],
                  &[Text("you must specify a ws or wss scheme for the endpoint"), Text("url scheme is invalid")]],
        "the service redirected the client, and the SDK cannot follow: it needs an absolute `wss://` URL", &["HTTP03"]),
    row(Worded, &[&[Text("maximum redirects exceeded")]],
        "the service redirected the client, and the SDK cannot follow", &["HTTP03"]),
    row(Worded, &[&[Text("url port is invalid"), Text("resource path is not allowed in the host uri"),
                    Text("query parameters are not allowed in the host uri"), Text("url is missing host"),
                    Text("escaped url string is invalid"), Text("host name is too long"),
                    Text("host name cannot be empty"), Text("unknown endpoint type")]],
        "the SDK cannot parse the endpoint or host that it was given", &["CFG05"]),
    row(Worded, &[&[Text("must specify a valid proxy port"), Text("specify both a proxy username and proxy password"),
                    Text("invalid proxy port")]],
        "the SDK cannot use its proxy settings: a host name, a port, and both or neither of user and password",
        &["PXY02", "PXY03"]),
    row(Worded, &[&[Text("spxerr_invalid_region"), Text("error code: 0x1d")]],
        "the SDK was given neither a region, an endpoint nor a host", &["CFG01"]),
    row(Worded, &[&[Text("timeout waiting for the first audio chunk"),
                    Text("timeout: no recognition result received")]],
        "nothing arrived in time; the SDK has no limit of its own for the handshake, the proxy or the upgrade, so each of \
         them may hang", &["WS06", "TCP10", "TLS07", "PXY01", "PXY04", "PXY05"]),
    row(Worded, &[&[Text("timeout waiting for all remaining audio data"), Text("timeout while synthesizing")]],
        "the audio began and then came too slowly", &["WS06", "WS03", "TCP10"]),
    row(Worded, &[&[Text("client buffer exceeded maximum size")]],
        "the upload was faster than the service, or the connection is dead", &["WS03", "WS06"]),
    row(Worded, &[&[Text("get voices list failed")], &[Status(404)]],
        "the list of voices is not served at this path", &["CFG04", "CFG14", "HTTP01"]),
    row(Worded, &[&[Text("error loading crl from"), Text("unable to retrieve crl")]],
        "the revocation status of the certificate could not be checked", &["TLS05"]),

    // Log lines that name the stage, once a second from the fifth second on.
    row(Worded, &[&[Text("still waiting for websocket upgrade response")]],
        "the upgrade gets no response", &["WS06", "PXY05", "TCP10"]),
    row(Worded, &[&[Text("still opening underlying io for http proxy tunnel")]],
        "the proxy does not respond", &["TCP01", "PXY04", "PXY02"]),
    row(Worded, &[&[Text("still waiting for http proxy connect response")]],
        "the proxy does not respond to CONNECT", &["PXY04", "PXY03"]),
    row(Worded, &[&[Text("still opening underlying io for websocket")]],
        "the connection or its TLS handshake does not end", &["TCP01", "TCP05", "TLS07", "TLS08", "PXY01"]),

    // What a proxy answered to CONNECT.
    row(Worded, &[&[Text("received in connect response")], &[Status(407)]],
        "the proxy requires credentials", &["PXY03"]),
    row(Worded, &[&[Text("received in connect response")],
                  &[Status(400), Status(403), Status(404), Status(405), Status(500), Status(502), Status(503), Status(504)]],
        "the proxy refused CONNECT, or could not reach the host", &["PXY04"]),

    // Words of system errors, which are the same on all systems. The numbers are below.
    row(Worded, &[&[Text("dns temporary failure"), Text("dns non-recoverable failure"),
                    Text("dns connection failed")]],
        "the DNS server has no usable answer", &["DNS02"]),
    row(Worded, &[&[Text("dns lookup succeeded but no address records found")]],
        "the name exists and has no address of the wanted family", &["DNS04", "DNS11"]),
    row(Worded, &[&[Text("address family not supported"), Text("address family for hostname not supported")]],
        "an IPv6 address, or a name with IPv6 addresses alone, which the SDK uses from 1.53 on if it is told to",
        &["DNS11"]),
    row(Worded, &[&[Text("local system terminated the connection"), Text("software caused connection abort"),
                    Text("econnaborted")]],
        "this machine ended the connection: a local firewall, an antivirus, or a change of the network",
        &["TCP08"]),
    row(Worded, &[&[Text("host is unreachable"), Text("network is down")]],
        "no route leads to the address", &["TCP04"]),
    row(Worded, &[&[Text("requested address is not available on this machine"), Text("address already in use"),
                    Text("no buffer space available")]],
        "this machine has no ports or buffers left", &["ENV04"]),

    // What the service says in a message.
    row(Worded, &[&[Text("exceeded the number of allowed concurrent transcriptions")]],
        "the resource has reached its limit of parallel requests", &["QUO01"]),
    row(Worded, &[&[Text("free subscription that ran out of quota")]],
        "the free monthly quota is exhausted", &["QUO02"]),
    row(Worded, &[&[Text("the speech service encountered an internal error"),
                    Text("the service is currently unavailable")]],
        "the service failed after the connection", &["HTTP06"]),
    row(Worded, &[&[Text("invalid parameter or unsupported audio format")]],
        "the service rejects a parameter or the format of the audio", &["WS04", "HTTP02"]),

    // Numbers that are lines of the SDK's source, on Linux: http_proxy_io.c and tlsio_openssl.c of its socket library.
    row(Coded, &[&[Number(2573), Number(2640), Number(2796), Number(2802), Number(2804), Number(2859)]],
        "TLS failed: the SDK gives one number for every certificate fault, for versions and ciphers, and for a peer that \
         does not speak TLS", &["TLS01", "TLS02", "TLS03", "TLS04", "TLS06", "PXY05"]),
    row(Coded, &[&[Number(806), Number(812), Number(818), Number(820), Number(851)]],
        "the connection was closed or reset during the TLS handshake", &["TLS07", "TCP03", "PXY05"]),
    row(Coded, &[&[Number(703), Number(713), Number(801)]],
        "the proxy refused CONNECT", &["PXY03", "PXY04"]),
    row(Coded, &[&[Number(694), Number(701), Number(789)]],
        "the response of the proxy to CONNECT is not HTTP", &["PXY04"]),
    row(Coded, &[&[Number(483), Number(489), Number(577)]],
        "the proxy closed or reset the connection before it responded to CONNECT", &["PXY04", "TCP03"]),
    row(Coded, &[&[Number(964), Number(998), Number(1036), Number(1118)]],
        "the connection was cut before the upgrade got its response, which the number of an older SDK suggests",
        &["TCP03", "PXY05"]),
    row(Coded, &[&[Number(9999)]],
        "the connection timed out after 10 s", &["TCP01", "TCP05", "PXY01"]),
    row(Coded, &[&[Text("-2146893019")]],
        "Windows does not trust the certificate", &["TLS01", "TLS02"]),

    // Numbers of system errors, Linux and Windows.
    row(Coded, &[&[Text("| -2]")]],
        "the host name was not found", &["CFG01", "CFG02", "DNS01", "PXY02"]),
    row(Coded, &[&[Text("code=-3"), Text("| -3]"), Text("code=-4"), Text("| -4]"), Number(11002), Number(11003)]],
        "the DNS server has no usable answer", &["DNS02"]),
    row(Coded, &[&[Text("code=-5"), Text("| -5]"), Number(11004)]],
        "the name exists and has no address of the wanted family", &["DNS04", "DNS11"]),
    row(Coded, &[&[Text("code=-9"), Text("| -9]"), Number(97), Number(10047)]],
        "an IPv6 address, or a name with IPv6 addresses alone, which the SDK uses from 1.53 on if it is told to",
        &["DNS11"]),
    row(Coded, &[&[Number(113), Number(10065), Number(100), Number(10050)]],
        "no route leads to the address", &["TCP04"]),
    row(Coded, &[&[Number(103), Number(10053)]],
        "this machine ended the connection: a local firewall, an antivirus, or a change of the network", &["TCP08"]),

    // An https endpoint of a recogniser up to 1.42, or one that the SDK does not parse. A redirect is above.
    row(Coded, &[&[Text("you must specify a ws or wss scheme for the endpoint")]],
        "up to SDK 1.42, the endpoint of a recogniser must begin with `wss://`; later, the target of a redirect must",
        &["CFG05", "HTTP03"]),
    row(Coded, &[&[Text("url scheme is invalid")]],
        "the SDK cannot parse the endpoint or host that it was given", &["CFG05"]),
    row(Coded, &[&[Text("received in connect response")]],
        "the proxy refused CONNECT", &["PXY03", "PXY04"]),

    // Closes. The native SDK repeats the code that the peer wrote, and -1 stands for none.
    row(Coded, &[&[Text("connection was closed by the remote host")],
                 &[Close(1006), Close(65_535), Text("error code: -1")]],
        "the peer closed the socket without a code", &["WS02", "WS03"]),
    row(Coded, &[&[Close(1013)]],
        "the service is overloaded, or the resource has reached a limit", &["QUO01", "HTTP06"]),
    row(Coded, &[&[Text("unsupported media type (415)")]],
        "the service rejects the format of the request", &["HTTP02"]),
    row(Coded, &[&[Status(408)], &[Text("please try the request again")]],
        "the service waited too long for the request", &["HTTP06", "TCP10"]),

    // Texts that name the step.
    row(Step, &[&[Text("ws_open_error_underlying_io_error")]],
        "the connection broke during the upgrade", &["TCP03", "TLS07", "PXY05"]),
    row(Step, &[&[Text("ws_open_error_bad_upgrade_response")]],
        "the response to the upgrade is not HTTP", &["WS01", "HTTP05", "PXY05"]),
    row(Step, &[&[Text("invalid_bytes_received"), Text("bytes_received_before_underlying_open")]],
        "the peer sent something that no upgrade begins with", &["WS01", "PXY05"]),
    row(Step, &[&[Text("ws_error_underlying_io_error")]],
        "the open socket was cut without a close frame", &["WS02", "WS03", "TCP03"]),
    row(Step, &[&[Text("ws_error_bad_frame_received")]],
        "a frame arrived damaged", &["WS01"]),
    row(Step, &[&[Text("failure while sending a frame over the websocket connection")]],
        "the socket was dead when the SDK sent on it", &["WS02", "WS03"]),
    row(Step, &[&[Text("httpapi_send_request_failed")]],
        "the connection was cut while the request was sent", &["TCP03", "PXY05"]),
    row(Step, &[&[Text("httpapi_receive_response_failed")]],
        "the response is not HTTP", &["HTTP05", "PXY05", "HTTP08"]),
    row(Step, &[&[Text("httpapi_read_data_failed")]],
        "the connection ended before the response, or nothing came for 20 s", &["TCP03", "PXY05", "TCP10", "HTTP06"]),
    row(Step, &[&[Text("httpapi_open_request_failed [0x3]")]],
        "the TLS handshake or CONNECT got no response for 10 s", &["TLS07", "TLS08", "PXY04", "TCP10"]),
    row(Step, &[&[Text("failed to establish usp connection")]],
        "the native SDK could not open a connection: wrong host or path", &["CFG03", "CFG04", "HTTP01"]),

    // Texts that hide the reason.
    row(Broad, &[&[Text("ws_open_error_underlying_io_open_failed"), Text("no connection to the remote host"),
                   Text("httpapi_open_request_failed")]],
        "DNS, TCP, the proxy or TLS failed; the number beside it tells which. SDK 1.38 to 1.47 print it for the list of \
         voices alone", &["DNS*", "TCP*", "TLS*", "PXY*"]),
];
