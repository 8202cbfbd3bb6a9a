# Outbound rules for Azure AI Speech.

variable "firewall_policy_id" {
  type = string
}

variable "source_addresses" {
  type = list(string)
}

variable "priority" {
  type    = number
  default = 1000
}

resource "azurerm_firewall_policy_rule_collection_group" "speech" {
  name               = "speech"
  firewall_policy_id = var.firewall_policy_id
  priority           = var.priority

  network_rule_collection {
    name     = "speech-services-networks"
    priority = 200
    action   = "Allow"

    rule {
      name                  = "avatar-media-relay-3478-udp"
      description           = "avatar media relay (20.202.0.0/16)"
      protocols             = ["UDP"]
      source_addresses      = var.source_addresses
      destination_addresses = ["20.202.0.0/16"]
      destination_ports     = ["3478"]
    }

    rule {
      name                  = "avatar-media-relay-443-tcp"
      description           = "avatar media relay (20.202.0.0/16)"
      protocols             = ["TCP"]
      source_addresses      = var.source_addresses
      destination_addresses = ["20.202.0.0/16"]
      destination_ports     = ["443"]
    }
  }

  application_rule_collection {
    name     = "speech-services-hosts"
    priority = 300
    action   = "Allow"

    rule {
      name             = "service-443"
      description      = "service"
      source_addresses = var.source_addresses
      destination_fqdns = [
        "westeurope.api.cognitive.microsoft.com",
        "westeurope.stt.speech.microsoft.com",
        "westeurope.s2s.speech.microsoft.com",
        "westeurope.tts.speech.microsoft.com",
        "westeurope.voice.speech.microsoft.com",
        "westeurope.customvoice.api.speech.microsoft.com",
      ]

      protocols {
        type = "Https"
        port = 443
      }
    }

    rule {
      name             = "entra-tokens-443"
      description      = "Entra tokens"
      source_addresses = var.source_addresses
      destination_fqdns = [
        "login.microsoftonline.com",
      ]

      protocols {
        type = "Https"
        port = 443
      }
    }
  }

  network_rule_collection {
    name     = "speech-speech-studio-networks"
    priority = 201
    action   = "Allow"

    rule {
      name                  = "tag-AzureActiveDirectory-443-tcp"
      description           = "Speech Studio in a browser, by service tag"
      protocols             = ["TCP"]
      source_addresses      = var.source_addresses
      destination_addresses = ["AzureActiveDirectory"]
      destination_ports     = ["443"]
    }

    rule {
      name                  = "tag-AzureFrontDoor.Frontend-443-tcp"
      description           = "Speech Studio in a browser, by service tag"
      protocols             = ["TCP"]
      source_addresses      = var.source_addresses
      destination_addresses = ["AzureFrontDoor.Frontend"]
      destination_ports     = ["443"]
    }

    rule {
      name                  = "tag-AzureResourceManager-443-tcp"
      description           = "Speech Studio in a browser, by service tag"
      protocols             = ["TCP"]
      source_addresses      = var.source_addresses
      destination_addresses = ["AzureResourceManager"]
      destination_ports     = ["443"]
    }

    rule {
      name                  = "tag-CognitiveServicesManagement-443-tcp"
      description           = "Speech Studio in a browser, by service tag"
      protocols             = ["TCP"]
      source_addresses      = var.source_addresses
      destination_addresses = ["CognitiveServicesManagement"]
      destination_ports     = ["443"]
    }

    rule {
      name                  = "tag-CognitiveServicesFrontend-443-tcp"
      description           = "Speech Studio in a browser, by service tag"
      protocols             = ["TCP"]
      source_addresses      = var.source_addresses
      destination_addresses = ["CognitiveServicesFrontend"]
      destination_ports     = ["443"]
    }

    rule {
      name                  = "tag-Storage-443-tcp"
      description           = "Speech Studio in a browser, by service tag"
      protocols             = ["TCP"]
      source_addresses      = var.source_addresses
      destination_addresses = ["Storage"]
      destination_ports     = ["443"]
    }
  }

  application_rule_collection {
    name     = "speech-storage-hosts"
    priority = 302
    action   = "Allow"

    rule {
      name             = "audio-and-results-443"
      description      = "audio and results of batch jobs"
      source_addresses = var.source_addresses
      destination_fqdns = [
        "*.blob.core.windows.net",
      ]

      protocols {
        type = "Https"
        port = 443
      }
    }
  }

  application_rule_collection {
    name     = "speech-containers-hosts"
    priority = 303
    action   = "Allow"

    rule {
      name             = "billing-443"
      description      = "billing"
      source_addresses = var.source_addresses
      destination_fqdns = [
        "westeurope.api.cognitive.microsoft.com",
      ]

      protocols {
        type = "Https"
        port = 443
      }
    }

    rule {
      name             = "container-registry-443"
      description      = "container registry"
      source_addresses = var.source_addresses
      destination_fqdns = [
        "mcr.microsoft.com",
        "*.data.mcr.microsoft.com",
      ]

      protocols {
        type = "Https"
        port = 443
      }
    }

    rule {
      name             = "telemetry-443"
      description      = "telemetry"
      source_addresses = var.source_addresses
      destination_fqdns = [
        "*.in.applicationinsights.azure.com",
        "dc.applicationinsights.azure.com",
        "dc.services.visualstudio.com",
      ]

      protocols {
        type = "Https"
        port = 443
      }
    }
  }

  application_rule_collection {
    name     = "speech-certificates-hosts"
    priority = 304
    action   = "Allow"

    rule {
      name             = "intermediate-certificates-aia-80"
      description      = "intermediate certificates (AIA)"
      source_addresses = var.source_addresses
      destination_fqdns = [
        "cacerts.digicert.com",
        "cacerts.digicert.cn",
        "cacerts.geotrust.com",
        "caissuers.microsoft.com",
      ]

      protocols {
        type = "Http"
        port = 80
      }
    }

    rule {
      name             = "certificates-and-revocation-80"
      description      = "certificates and revocation lists (AIA, CRL)"
      source_addresses = var.source_addresses
      destination_fqdns = [
        "www.microsoft.com",
      ]

      protocols {
        type = "Http"
        port = 80
      }
    }

    rule {
      name             = "revocation-lists-crl-80"
      description      = "revocation lists (CRL)"
      source_addresses = var.source_addresses
      destination_fqdns = [
        "crl3.digicert.com",
        "crl4.digicert.com",
        "crl.digicert.cn",
      ]

      protocols {
        type = "Http"
        port = 80
      }
    }

    rule {
      name             = "revocation-status-ocsp-80"
      description      = "revocation status (OCSP)"
      source_addresses = var.source_addresses
      destination_fqdns = [
        "ocsp.digicert.com",
        "ocsp.digicert.cn",
        "oneocsp.microsoft.com",
      ]

      protocols {
        type = "Http"
        port = 80
      }
    }
  }
}
