#!/usr/bin/env python3
"""Writes vectors.json: signatures of Open Loyalty deliveries, computed without
the Go code that is tested with them. Run it in its own folder."""

import hashlib
import hmac
import json
from urllib.parse import urlsplit

SECRET = "whsec_4f1d0c9ab27e6358f0e1d2c3b4a5968778695a4b3c2d1e0f8877665544332211"
OTHER = "whsec_a0b1c2d3e4f5061728394a5b6c7d8e9f00112233445566778899aabbccddeeff"

# name, secret, key encoding, url, body, timestamp, request id
CASES = [
    ("host and path as in the provider's guide", SECRET, "text",
     "https://example.com/webhooks", '{"eventName":"CustomerUpdated","data":{}}',
     1773504000, "0d3c9f52-6a71-4b8e-9f04-5c2e7d1a8b36"),
    ("secret without its prefix", SECRET.removeprefix("whsec_"), "text",
     "https://example.com/webhooks", '{"eventName":"CustomerUpdated","data":{}}',
     1773504000, "0d3c9f52-6a71-4b8e-9f04-5c2e7d1a8b36"),
    ("key decoded from hex", SECRET, "hex",
     "https://example.com/webhooks", '{"eventName":"CustomerUpdated","data":{}}',
     1773504000, "0d3c9f52-6a71-4b8e-9f04-5c2e7d1a8b36"),
    ("another secret", OTHER, "text",
     "https://example.com/webhooks", '{"eventName":"CustomerUpdated","data":{}}',
     1773504000, "0d3c9f52-6a71-4b8e-9f04-5c2e7d1a8b36"),
    ("port in the host", SECRET, "text",
     "https://hooks.example.org:8443/in/openloyalty", '{"type":"customer.updated","data":{}}',
     1775000001, "e7b1f0aa-3d52-4c19-8f77-2b6490c1d5e8"),
    ("escaped path, query not signed", SECRET, "text",
     "https://example.net/caf%C3%A9/a%2Fb%20c?store=DEFAULT", "{}",
     1780012345, "5f0c2a9e-84d7-4e36-b1ab-90e3d6f7c412"),
    ("root path", OTHER, "hex", "https://example.com/", "[]",
     1767225600, "9a4e6d21-07bc-4f58-a3e9-1c8d5b720f64"),
    ("empty body", SECRET, "text", "https://example.com/webhooks", "",
     1773504000, "27c85e1b-f963-4d0a-8b42-6e1f9a3c7d05"),
    ("white space and letters beyond ASCII in the body", SECRET, "text",
     "https://example.com/webhooks", '{ "data" : {"name": "Żółty kubek ☕"}\r\n, "eventName":"RewardUpdated" }\n',
     1773504000, "b36f4d70-1e8a-4925-9c5d-d7a0e2f81b93"),
]


def vector(name, secret, encoding, url, body, timestamp, request_id):
    digits = secret.removeprefix("whsec_")
    key = bytes.fromhex(digits) if encoding == "hex" else digits.encode()
    parts = urlsplit(url)
    raw = body.encode()
    canonical = "\n".join([
        "POST",
        f"{len(parts.netloc)}:{parts.netloc}",
        f"{len(parts.path)}:{parts.path}",
        hashlib.sha256(raw).hexdigest(),
        str(timestamp),
        request_id,
    ])
    return {
        "name": name,
        "secret": secret,
        "keyEncoding": encoding,
        "method": "POST",
        "url": url,
        "body": body,
        "timestamp": timestamp,
        "requestId": request_id,
        "canonical": canonical,
        "signature": hmac.new(key, canonical.encode(), hashlib.sha256).hexdigest(),
    }


with open("vectors.json", "w", encoding="utf-8") as out:
    json.dump([vector(*case) for case in CASES], out, indent=2, ensure_ascii=False)
    out.write("\n")
