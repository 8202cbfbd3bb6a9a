//! The commands of the catalogue and of the rules on Windows and macOS. They are written for Linux; a command that no row names
//! is the same on every system, for example one of `az`.
//!
//! Windows: PowerShell and the programs of Windows 10 and newer. macOS: the programs of the system.
//! <https://learn.microsoft.com/powershell/module/dnsclient/resolve-dnsname>,
//! <https://learn.microsoft.com/powershell/module/dnsclient/get-dnsclientnrptpolicy>,
//! <https://learn.microsoft.com/powershell/module/nettcpip/test-netconnection>,
//! <https://learn.microsoft.com/windows-server/networking/technologies/netsh/netsh-winhttp>,
//! <https://learn.microsoft.com/powershell/module/pki/import-certificate>,
//! <https://learn.microsoft.com/troubleshoot/windows-server/networking/configure-ipv6-in-windows>,
//! and the manual pages scutil(8), dscacheutil(1), networksetup(8), systemsetup(8) and security(1) of macOS.

/// A command for Linux, and the commands for Windows and macOS. A list is empty where a system needs none.
struct Row {
    linux: &'static str,
    windows: &'static [&'static str],
    macos: &'static [&'static str],
}

/// Returns the commands that stand for one on an operating system, which has the name of `std::env::consts::OS`. Without a
/// name, and on other systems, it is the command itself.
pub(crate) fn on(system: Option<&str>, command: &'static str) -> Vec<&'static str> {
    let row = TABLE.iter().find(|row| row.linux == command);
    match (system, row) {
        (Some("windows"), Some(row)) => row.windows.to_vec(),
        (Some("macos"), Some(row)) => row.macos.to_vec(),
        _ => vec![command],
    }
}

/// One row for each command of Linux alone.
const TABLE: &[Row] = &[
    Row {
        linux: "curl -sv -o /dev/null -x http://ADDRESS:PROXY_PORT https://HOST/",
        windows: &["curl.exe -sv -o NUL -x http://ADDRESS:PROXY_PORT https://HOST/"],
        macos: &["curl -sv -o /dev/null -x http://ADDRESS:PROXY_PORT https://HOST/"],
    },
    Row {
        linux: "nc -vz -w 5 ADDRESS PROXY_PORT",
        windows: &["Test-NetConnection ADDRESS -Port PROXY_PORT"],
        macos: &["nc -vz -G 5 ADDRESS PROXY_PORT"],
    },
    Row {
        linux: "getent ahosts HOST",
        windows: &[
            "Resolve-DnsName HOST",
            "Get-Content $env:SystemRoot\\System32\\drivers\\etc\\hosts",
            "Get-DnsClientNrptPolicy -Effective",
        ],
        macos: &["dscacheutil -q host -a name HOST", "scutil --dns"],
    },
    Row { linux: "dig HOST.", windows: &["Resolve-DnsName HOST -DnsOnly -NoHostsFile"], macos: &["dig HOST."] },
    Row {
        linux: "dig +short HOST.",
        windows: &["Resolve-DnsName HOST -DnsOnly -NoHostsFile"],
        macos: &["dig +short HOST."],
    },
    Row {
        linux: "dig @SERVER HOST.",
        windows: &["Resolve-DnsName HOST -Server SERVER -DnsOnly"],
        macos: &["dig @SERVER HOST."],
    },
    Row {
        linux: "dig +tcp @SERVER HOST.",
        windows: &["Resolve-DnsName HOST -Server SERVER -DnsOnly -TcpOnly"],
        macos: &["dig +tcp @SERVER HOST."],
    },
    Row {
        linux: "dig @SERVER HOST. CNAME",
        windows: &["Resolve-DnsName HOST -Server SERVER -DnsOnly -Type CNAME"],
        macos: &["dig @SERVER HOST. CNAME"],
    },
    Row {
        linux: "dig @SERVER HOST. A",
        windows: &["Resolve-DnsName HOST -Server SERVER -DnsOnly -Type A"],
        macos: &["dig @SERVER HOST. A"],
    },
    Row { linux: "cat /etc/resolv.conf", windows: &["Get-DnsClientGlobalSetting"], macos: &["scutil --dns"] },
    Row {
        linux: "grep nameserver /etc/resolv.conf",
        windows: &[
            "Get-DnsClientServerAddress",
            "Set-DnsClientServerAddress -InterfaceAlias INTERFACE -ServerAddresses SERVER",
        ],
        macos: &["scutil --dns", "networksetup -setdnsservers NETWORK_SERVICE SERVER"],
    },
    Row {
        linux: "for s in $(awk '/^nameserver/ {print $2}' /etc/resolv.conf); do echo \"$s\"; dig +short @\"$s\" HOST.; done",
        windows: &[
            "(Get-DnsClientServerAddress).ServerAddresses | Sort-Object -Unique | ForEach-Object { $_; Resolve-DnsName HOST -Server $_ -DnsOnly }",
        ],
        macos: &[
            "for s in $(scutil --dns | awk '/nameserver\\[/ {print $3}' | sort -u); do echo \"$s\"; dig +short @\"$s\" HOST.; done",
        ],
    },
    Row {
        linux: "for i in 1 2 3 4 5; do dig HOST. | grep 'Query time'; done",
        windows: &[
            "1..5 | ForEach-Object { Clear-DnsClientCache; (Measure-Command { Resolve-DnsName HOST -DnsOnly }).TotalMilliseconds }",
        ],
        macos: &["for i in 1 2 3 4 5; do dig HOST. | grep 'Query time'; done"],
    },
    Row { linux: "ip -4 route", windows: &["Get-NetRoute -AddressFamily IPv4"], macos: &["netstat -rn -f inet"] },
    Row {
        linux: "getent ahostsv6 ipv4only.arpa",
        windows: &["Resolve-DnsName ipv4only.arpa -Type AAAA"],
        macos: &["dig +short ipv4only.arpa AAAA"],
    },
    Row {
        linux: "getent hosts PROXY_HOST",
        windows: &["Resolve-DnsName PROXY_HOST"],
        macos: &["dscacheutil -q host -a name PROXY_HOST"],
    },
    Row {
        linux: "ip route get ADDRESS",
        windows: &["Find-NetRoute -RemoteIPAddress ADDRESS"],
        macos: &["route -n get ADDRESS"],
    },
    Row {
        linux: "echo 'precedence ::ffff:0:0/96  100' | sudo tee -a /etc/gai.conf",
        windows: &[
            "reg add HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip6\\Parameters /v DisabledComponents /t REG_DWORD /d 0x20",
        ],
        macos: &["networksetup -setv6LinkLocal NETWORK_SERVICE"],
    },
    Row {
        linux: "for a in $(getent ahostsv4 HOST | awk '{print $1}' | sort -u); do nc -zvw3 \"$a\" 443; done",
        windows: &["(Resolve-DnsName HOST -Type A).IPAddress | ForEach-Object { Test-NetConnection $_ -Port 443 }"],
        macos: &["for a in $(dig +short HOST. A | grep '^[0-9]'); do nc -zv -G 3 \"$a\" 443; done"],
    },
    Row {
        linux: "ss -s",
        windows: &["Get-NetTCPConnection | Group-Object State -NoElement"],
        macos: &["netstat -s -p tcp"],
    },
    Row {
        linux: "sudo ip link set dev INTERFACE mtu 1350",
        windows: &["Set-NetIPInterface -InterfaceAlias INTERFACE -NlMtuBytes 1350"],
        macos: &["sudo ifconfig INTERFACE mtu 1350"],
    },
    Row {
        linux: "sudo iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu",
        windows: &[],
        macos: &[],
    },
    Row {
        linux: "sudo timedatectl set-ntp true",
        windows: &["w32tm /resync"],
        macos: &["sudo systemsetup -setusingnetworktime on"],
    },
    Row { linux: "ldd --version 2>&1 | head -n 1", windows: &[], macos: &[] },
    Row {
        linux: "openssl s_client -connect HOST:443 -servername HOST </dev/null",
        windows: &[
            "$c = [Net.Sockets.TcpClient]::new('HOST', 443); $s = [Net.Security.SslStream]::new($c.GetStream(), $false, { $true }); $s.AuthenticateAsClient('HOST'); [Security.Cryptography.X509Certificates.X509Certificate2]$s.RemoteCertificate | Format-List Subject, Issuer, NotBefore, NotAfter, Thumbprint",
        ],
        macos: &["openssl s_client -connect HOST:443 -servername HOST </dev/null"],
    },
    Row {
        linux: "openssl s_client -connect HOST:443 -servername HOST -showcerts </dev/null",
        windows: &[
            "$c = [Net.Sockets.TcpClient]::new('HOST', 443); $s = [Net.Security.SslStream]::new($c.GetStream(), $false, { $true }); $s.AuthenticateAsClient('HOST'); [Security.Cryptography.X509Certificates.X509Certificate2]$s.RemoteCertificate | Format-List Subject, Issuer, NotBefore, NotAfter, Thumbprint",
        ],
        macos: &["openssl s_client -connect HOST:443 -servername HOST -showcerts </dev/null"],
    },
    Row {
        linux: "openssl s_client -connect HOST:443 -servername HOST </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName",
        windows: &[
            "$c = [Net.Sockets.TcpClient]::new('HOST', 443); $s = [Net.Security.SslStream]::new($c.GetStream(), $false, { $true }); $s.AuthenticateAsClient('HOST'); ([Security.Cryptography.X509Certificates.X509Certificate2]$s.RemoteCertificate).DnsNameList",
        ],
        macos: &[
            "openssl s_client -connect HOST:443 -servername HOST </dev/null 2>/dev/null | openssl x509 -noout -text | grep DNS:",
        ],
    },
    Row {
        linux: "openssl s_client -connect HOST:443 -servername HOST </dev/null 2>/dev/null | openssl x509 -noout -text | grep URI:",
        windows: &[
            "$c = [Net.Sockets.TcpClient]::new('HOST', 443); $s = [Net.Security.SslStream]::new($c.GetStream(), $false, { $true }); $s.AuthenticateAsClient('HOST'); [IO.File]::WriteAllBytes(\"$PWD\\server.cer\", $s.RemoteCertificate.Export('Cert')); certutil -dump server.cer | Select-String URL",
        ],
        macos: &[
            "openssl s_client -connect HOST:443 -servername HOST </dev/null 2>/dev/null | openssl x509 -noout -text | grep URI:",
        ],
    },
    Row {
        linux: "openssl s_client -connect HOST:443 -servername HOST -tls1_2 </dev/null",
        windows: &["curl.exe -sv --tlsv1.2 --tls-max 1.2 -o NUL https://HOST/"],
        macos: &["openssl s_client -connect HOST:443 -servername HOST -tls1_2 </dev/null"],
    },
    Row {
        linux: "openssl s_client -connect HOST:443 -servername HOST -tls1_3 </dev/null",
        windows: &["curl.exe -sv --tlsv1.3 -o NUL https://HOST/"],
        macos: &["openssl s_client -connect HOST:443 -servername HOST -tls1_3 </dev/null"],
    },
    Row {
        linux: "openssl s_client -connect ADDRESS:443 -servername HOST </dev/null",
        windows: &["curl.exe -sv -o NUL --connect-to HOST:443:ADDRESS:443 https://HOST/"],
        macos: &["openssl s_client -connect ADDRESS:443 -servername HOST </dev/null"],
    },
    Row {
        linux: "openssl s_client -connect ADDRESS:443 -servername www.microsoft.com </dev/null",
        windows: &["curl.exe -sv -o NUL --connect-to www.microsoft.com:443:ADDRESS:443 https://www.microsoft.com/"],
        macos: &["openssl s_client -connect ADDRESS:443 -servername www.microsoft.com </dev/null"],
    },
    Row {
        linux: "sudo cp COMPANY_ROOT.crt /usr/local/share/ca-certificates/ && sudo update-ca-certificates",
        windows: &["Import-Certificate -FilePath COMPANY_ROOT.crt -CertStoreLocation Cert:\\LocalMachine\\Root"],
        macos: &[
            "sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain COMPANY_ROOT.crt",
        ],
    },
    Row {
        linux: "apt-get update && apt-get install -y ca-certificates",
        windows: &["Get-ChildItem Cert:\\LocalMachine\\Root"],
        macos: &["security find-certificate -a /System/Library/Keychains/SystemRootCertificates.keychain"],
    },
    Row { linux: "apk add --no-cache ca-certificates", windows: &[], macos: &[] },
    Row { linux: "openssl version -d", windows: &["Get-ChildItem Env:SSL_CERT_*"], macos: &["openssl version -d"] },
    Row {
        linux: "export NODE_EXTRA_CA_CERTS=COMPANY_ROOT.pem",
        windows: &["$env:NODE_EXTRA_CA_CERTS = 'COMPANY_ROOT.pem'"],
        macos: &["export NODE_EXTRA_CA_CERTS=COMPANY_ROOT.pem"],
    },
    Row {
        linux: "export SSL_CERT_FILE=BUNDLE.pem",
        windows: &["$env:SSL_CERT_FILE = 'BUNDLE.pem'"],
        macos: &["export SSL_CERT_FILE=BUNDLE.pem"],
    },
    Row {
        linux: "curl -s -o /dev/null -w 'dns %{time_namelookup} tcp %{time_connect} tls %{time_appconnect}\\n' https://HOST/",
        windows: &[
            "curl.exe -s -o NUL -w 'dns %{time_namelookup} tcp %{time_connect} tls %{time_appconnect}\\n' https://HOST/",
        ],
        macos: &[
            "curl -s -o /dev/null -w 'dns %{time_namelookup} tcp %{time_connect} tls %{time_appconnect}\\n' https://HOST/",
        ],
    },
    Row {
        linux: "curl -si https://HOST/ | head -n 20",
        windows: &["curl.exe -si https://HOST/ | Select-Object -First 20"],
        macos: &["curl -si https://HOST/ | head -n 20"],
    },
    Row {
        linux: "curl -sv --http1.1 -o /dev/null https://HOST/",
        windows: &["curl.exe -sv --http1.1 -o NUL https://HOST/"],
        macos: &["curl -sv --http1.1 -o /dev/null https://HOST/"],
    },
    Row {
        linux: "curl -sv --http2 -o /dev/null https://HOST/",
        windows: &["curl.exe -sv --http2 -o NUL https://HOST/"],
        macos: &["curl -sv --http2 -o /dev/null https://HOST/"],
    },
    Row {
        linux: "curl -sS \"https://NAME.cognitiveservices.azure.com/tts/cognitiveservices/websocket/v1?GenerateRedirectResponse=true\"",
        windows: &[
            "curl.exe -sS \"https://NAME.cognitiveservices.azure.com/tts/cognitiveservices/websocket/v1?GenerateRedirectResponse=true\"",
        ],
        macos: &[
            "curl -sS \"https://NAME.cognitiveservices.azure.com/tts/cognitiveservices/websocket/v1?GenerateRedirectResponse=true\"",
        ],
    },
    Row {
        linux: "export HTTPS_PROXY=http://PROXY:PORT",
        windows: &["netsh winhttp show proxy", "$env:HTTPS_PROXY = 'http://PROXY:PORT'"],
        macos: &["scutil --proxy", "export HTTPS_PROXY=http://PROXY:PORT"],
    },
    Row {
        linux: "curl -sv -o /dev/null -x http://PROXY:PORT https://HOST/",
        windows: &["curl.exe -sv -o NUL -x http://PROXY:PORT https://HOST/"],
        macos: &["curl -sv -o /dev/null -x http://PROXY:PORT https://HOST/"],
    },
    Row {
        linux: "curl -sv -o /dev/null -x http://PROXY:PORT https://HOST/ 2>&1 | grep -i '^< proxy-authenticate'",
        windows: &[
            "curl.exe -sv -o NUL -x http://PROXY:PORT https://HOST/ 2>&1 | Select-String '^< proxy-authenticate'",
        ],
        macos: &["curl -sv -o /dev/null -x http://PROXY:PORT https://HOST/ 2>&1 | grep -i '^< proxy-authenticate'"],
    },
    Row {
        linux: "curl -sv -o /dev/null -x http://PROXY:PORT https://HOST/ 2>&1 | grep -iE '^< (http|via|x-squid-error)'",
        windows: &[
            "curl.exe -sv -o NUL -x http://PROXY:PORT https://HOST/ 2>&1 | Select-String '^< (http|via|x-squid-error)'",
        ],
        macos: &[
            "curl -sv -o /dev/null -x http://PROXY:PORT https://HOST/ 2>&1 | grep -iE '^< (http|via|x-squid-error)'",
        ],
    },
    Row {
        linux: "curl -si --http1.1 -m 5 -x http://PROXY:PORT -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' https://REGION.stt.speech.microsoft.com/stt/speech/universal/v2",
        windows: &[
            "curl.exe -si --http1.1 -m 5 -x http://PROXY:PORT -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' https://REGION.stt.speech.microsoft.com/stt/speech/universal/v2",
        ],
        macos: &[
            "curl -si --http1.1 -m 5 -x http://PROXY:PORT -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' https://REGION.stt.speech.microsoft.com/stt/speech/universal/v2",
        ],
    },
    Row {
        linux: "export NO_PROXY=\"$NO_PROXY,NAME.cognitiveservices.azure.com\"",
        windows: &["$env:NO_PROXY += ',NAME.cognitiveservices.azure.com'"],
        macos: &["export NO_PROXY=\"$NO_PROXY,NAME.cognitiveservices.azure.com\""],
    },
    Row {
        linux: "export NO_PROXY=\"$NO_PROXY,169.254.169.254\"",
        windows: &["$env:NO_PROXY += ',169.254.169.254'"],
        macos: &["export NO_PROXY=\"$NO_PROXY,169.254.169.254\""],
    },
    Row {
        linux: "export SPEECH_KEY=\"$(az cognitiveservices account keys list -n NAME -g GROUP --query key1 -o tsv)\"",
        windows: &["$env:SPEECH_KEY = az cognitiveservices account keys list -n NAME -g GROUP --query key1 -o tsv"],
        macos: &[
            "export SPEECH_KEY=\"$(az cognitiveservices account keys list -n NAME -g GROUP --query key1 -o tsv)\"",
        ],
    },
    Row {
        linux: "export SPEECH_KEY=\"$(az cognitiveservices account keys list -n NAME -g GROUP --query key2 -o tsv)\"",
        windows: &["$env:SPEECH_KEY = az cognitiveservices account keys list -n NAME -g GROUP --query key2 -o tsv"],
        macos: &[
            "export SPEECH_KEY=\"$(az cognitiveservices account keys list -n NAME -g GROUP --query key2 -o tsv)\"",
        ],
    },
    Row {
        linux: "export SPEECH_KEY=\"$SPEECH_KEY_2\"",
        windows: &["$env:SPEECH_KEY = $env:SPEECH_KEY_2"],
        macos: &["export SPEECH_KEY=\"$SPEECH_KEY_2\""],
    },
    Row {
        linux: "printf %s \"$SPEECH_KEY\" | wc -c",
        windows: &["$env:SPEECH_KEY.Length"],
        macos: &["printf %s \"$SPEECH_KEY\" | wc -c"],
    },
    Row {
        linux: "export AZURE_TENANT_ID=TENANT",
        windows: &["$env:AZURE_TENANT_ID = 'TENANT'"],
        macos: &["export AZURE_TENANT_ID=TENANT"],
    },
    Row {
        linux: "unset SPEECH_ENDPOINT",
        windows: &["Remove-Item Env:SPEECH_ENDPOINT"],
        macos: &["unset SPEECH_ENDPOINT"],
    },
    Row {
        linux: "sudo nft list ruleset",
        windows: &[
            "New-NetFirewallRule -DisplayName speech -Direction Outbound -Action Allow -Program PROGRAM -Protocol TCP -RemotePort 443",
        ],
        macos: &["sudo pfctl -s rules"],
    },
    Row {
        linux: "curl -s -o /dev/null -w 'first byte %{time_starttransfer} total %{time_total}\\n' https://HOST/",
        windows: &["curl.exe -s -o NUL -w 'first byte %{time_starttransfer} total %{time_total}\\n' https://HOST/"],
        macos: &["curl -s -o /dev/null -w 'first byte %{time_starttransfer} total %{time_total}\\n' https://HOST/"],
    },
    Row {
        linux: "export SPEECH_KEY_2=\"$(az cognitiveservices account keys list -n NAME -g GROUP --query key1 -o tsv)\"",
        windows: &["$env:SPEECH_KEY_2 = az cognitiveservices account keys list -n NAME -g GROUP --query key1 -o tsv"],
        macos: &[
            "export SPEECH_KEY_2=\"$(az cognitiveservices account keys list -n NAME -g GROUP --query key1 -o tsv)\"",
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::catalogue::KnownFailure;

    /// Programs that are the same on every system.
    const EVERYWHERE: &[&str] = &[
        "az",
        "speech-endpoint",
        "kubectl",
        "npm",
        "pip",
        "nslookup",
        "wsl",
        "Resolve-DnsName",
        "Add-DnsServerConditionalForwarderZone",
    ];

    /// Words of commands for Linux that mean nothing to PowerShell or Windows.
    const OF_LINUX: &[&str] = &[
        "export ",
        "sudo ",
        "/dev/null",
        "/etc/",
        "dig ",
        "getent ",
        "openssl ",
        "| head",
        "| grep",
        "awk",
        "$(",
        "curl ",
    ];

    #[test]
    fn every_command_of_the_catalogue_is_portable_or_has_a_row() {
        for failure in KnownFailure::all() {
            for command in failure.commands {
                let program = command.split(' ').next().unwrap_or_default();
                let has_row = TABLE.iter().any(|row| row.linux == *command);
                assert_ne!(EVERYWHERE.contains(&program), has_row, "{}: {command}", failure.id);
            }
        }
    }

    #[test]
    fn no_row_is_there_twice_and_no_command_is_of_another_system() {
        for (number, row) in TABLE.iter().enumerate() {
            assert!(TABLE[..number].iter().all(|other| other.linux != row.linux), "{}", row.linux);
            for command in row.windows {
                let foreign = OF_LINUX.iter().find(|word| command.contains(**word));
                assert_eq!(foreign, None, "{command}");
            }
            for command in row.macos {
                let foreign =
                    ["getent ", "/etc/resolv.conf", "update-ca", "gai.conf", "ip route", "$env:", "timedatectl"];
                assert!(foreign.iter().all(|word| !command.contains(word)), "{command}");
            }
        }
    }

    #[test]
    fn a_part_in_capitals_is_one_of_the_command_for_linux() {
        let parts = ["HOST", "SERVER", "ADDRESS", "NAME", "REGION", "GROUP", "PROXY", "PROXY_HOST"];
        for row in TABLE {
            for command in row.windows.iter().chain(row.macos) {
                let words = |text: &'static str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let unknown = words(command).find(|word| {
                    parts.contains(word) && *word != "SERVER" && !words(row.linux).any(|own| own == *word)
                });
                assert_eq!(unknown, None, "{command} for {}", row.linux);
            }
        }
    }
}
