"""Judges what `receiver.py http` kept: judge.py OUT SECRET SCHEMAS

Webhooks are verified by the standard's own library where it is installed (`standardwebhooks`), and in any case by the
text of the specification; the bodies for PagerDuty and Teams against their schemas. Prints what was judged, as JSON.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import sys

import jsonschema

out, secret, schemas = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])


def by_the_text(headers, body):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert expected in headers["webhook-signature"].split(" "), headers


def by_the_library(headers, body):
    try:
        from standardwebhooks.webhooks import Webhook, WebhookVerificationError
    except ImportError:
        return "absent"
    Webhook(secret).verify(body, headers)
    try:
        Webhook(secret).verify(body + " ", headers)
    except WebhookVerificationError:
        return "verified"
    raise AssertionError("a changed body was taken")


judged = {"library": None, "webhook": 0, "teams": 0, "slack": 0, "pagerduty": []}
for line in open(out, encoding="utf-8"):
    kept = json.loads(line)
    body = json.loads(kept["body"])
    kind = kept["path"].strip("/")
    if kind == "webhook":
        by_the_text(kept["headers"], kept["body"])
        judged["library"] = by_the_library(kept["headers"], kept["body"])
        judged["webhook"] += 1
    elif kind == "pagerduty":
        schema = json.loads((schemas / "pagerduty-events-v2.json").read_text())
        jsonschema.Draft7Validator(schema).validate(body)
        judged["pagerduty"].append([body["event_action"], body["dedup_key"]])
    elif kind == "teams":
        schema = json.loads((schemas / "teams-message.json").read_text())
        jsonschema.Draft7Validator(schema).validate(body)
        judged["teams"] += 1
    elif kind == "slack":
        assert body["text"] and body["blocks"][0]["type"] == "header", body
        judged["slack"] += 1
    else:
        raise AssertionError(kind)
print(json.dumps(judged))
