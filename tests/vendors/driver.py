"""Lets one vendor's SDK judge and sign requests: JSON lines in, JSON lines out, as driver.mjs does.

    python driver.py SDK
"""

import base64
import importlib.metadata
import json
import sys
from datetime import datetime, timezone


def headers_of(pairs):
    """As WSGI servers do it: repeated headers in one value."""
    headers = {}
    for name, value in pairs:
        key = name.lower()
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    return headers


class Slack:
    def verify(self, secret, headers, url, body):
        from slack_sdk.signature import SignatureVerifier

        return SignatureVerifier(secret).is_valid_request(body, headers)

    def sign(self, secret, url, id, now, body):
        from slack_sdk.signature import SignatureVerifier

        signature = SignatureVerifier(secret).generate_signature(timestamp=str(now), body=body)
        return [["x-slack-request-timestamp", str(now)], ["x-slack-signature", signature]]


class Stripe:
    def verify(self, secret, headers, url, body):
        import stripe

        stripe.Webhook.construct_event(body, headers.get("stripe-signature"), secret)
        return True

    def sign(self, secret, url, id, now, body):
        from stripe import WebhookSignature

        header = WebhookSignature.generate_signature_header(body.decode("utf-8"), secret, now)
        return [["stripe-signature", header]]


class Standard:
    def __init__(self, module, family):
        self.module, self.family = module, family

    def webhook(self, secret):
        return __import__(self.module).webhooks.Webhook(secret)

    def verify(self, secret, headers, url, body):
        self.webhook(secret).verify(body, headers)
        return True

    def sign(self, secret, url, id, now, body):
        at = datetime.fromtimestamp(now, tz=timezone.utc)
        signature = self.webhook(secret).sign(id, at, body.decode("utf-8"))
        names = [f"{self.family}-{part}" for part in ("id", "timestamp", "signature")]
        return [list(pair) for pair in zip(names, [id, str(now), signature])]


class Twilio:
    def verify(self, secret, headers, url, body):
        from twilio.request_validator import RequestValidator

        return RequestValidator(secret).validate(url, self.params(url, body), headers.get("x-twilio-signature", ""))

    def sign(self, secret, url, id, now, body):
        from twilio.request_validator import RequestValidator

        params = {} if "bodySHA256" in url else self.params(url, body)
        return [["x-twilio-signature", RequestValidator(secret).compute_signature(url, params)]]

    def params(self, url, body):
        from urllib.parse import parse_qs

        if "bodySHA256" in url:
            return body.decode("utf-8", "replace")
        return Fields(parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True))


class Fields(dict):
    """A form as Django hands it on: every field may come more than once."""

    def getlist(self, name):
        return self[name]


class Line:
    def verify(self, secret, headers, url, body):
        from linebot.v3.webhook import SignatureValidator

        return SignatureValidator(secret).validate(body.decode("utf-8"), headers["x-line-signature"])


SDKS = {
    "slack_sdk": Slack,
    "stripe": Stripe,
    "standardwebhooks": lambda: Standard("standardwebhooks", "webhook"),
    "svix": lambda: Standard("svix", "svix"),
    "twilio": Twilio,
    "line-bot-sdk": Line,
}


def answered(driver, request):
    if request["op"] == "about":
        return {"version": importlib.metadata.version(sys.argv[1])}
    body = base64.b64decode(request["body"])
    if request["op"] == "sign":
        if not hasattr(driver, "sign"):
            return {"headers": None}
        try:
            given = {name: request[name] for name in ("secret", "url", "id", "now")}
            return {"headers": driver.sign(body=body, **given)}
        except Exception as error:
            return {"headers": None, "why": repr(error)[:200]}
    try:
        accepted = driver.verify(request["secret"], headers_of(request["headers"]), request["url"], body)
        return {"accepted": bool(accepted), "why": "no"}
    except json.JSONDecodeError as error:
        # The signature was accepted, and the body is no JSON.
        return {"accepted": True, "why": repr(error)[:200]}
    except Exception as error:
        return {"accepted": False, "why": repr(error)[:200]}


def main():
    driver = SDKS[sys.argv[1]]()
    # SDKs write where they like; the answers have their own way out.
    out, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        print(json.dumps(answered(driver, json.loads(line))), file=out, flush=True)


main()
