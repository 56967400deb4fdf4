// Lets one vendor's SDK judge and sign requests: JSON lines in, JSON lines out.
//
//   node driver.mjs SDK
//
// {"op":"about"} tells the version. {"op":"verify", "secret", "url", "headers", "body"} is answered with {"accepted"} and,
// where it is not, {"why"}. {"op":"sign", "secret", "url", "id", "now", "body"} is answered with {"headers"}, or with
// nothing where the SDK has no signer. Bodies are base64. Every SDK gets a request as its documentation says, with the
// headers as Node's HTTP server hands them out.
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';

const sdk = process.argv[2];

/// As Node's HTTP server does it: lower-case names, and repeated headers in one value.
function headersOf(pairs) {
  const headers = {};
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }
  return headers;
}

/// What an SDK throws where it accepts the signature and then fails to parse the body.
function isParsing(error) {
  return error instanceof SyntaxError;
}

const standard = async (name, family) => {
  const { Webhook } = await import(name);
  return {
    verify: ({ secret, headers, body }) => {
      new Webhook(secret).verify(body, headers);
      return true;
    },
    sign: ({ secret, id, now, body }) => [
      [`${family}-id`, id],
      [`${family}-timestamp`, String(now)],
      [`${family}-signature`, new Webhook(secret).sign(id, new Date(now * 1000), body)],
    ],
  };
};

const sdks = {
  '@slack/bolt': async () => {
    const { HTTPModuleFunctions } = (await import('@slack/bolt')).default;
    return {
      verify: async ({ secret, headers, body }) => {
        const request = Object.assign(Readable.from([body]), { headers });
        await HTTPModuleFunctions.parseAndVerifyHTTPRequest({ signingSecret: secret }, request, undefined);
        return true;
      },
    };
  },

  stripe: async () => {
    const { default: Stripe } = await import('stripe');
    const stripe = new Stripe('sk_test_unused');
    return {
      verify: ({ secret, headers, body }) => {
        stripe.webhooks.constructEvent(body, headers['stripe-signature'], secret);
        return true;
      },
      sign: ({ secret, now, body }) => [
        [
          'stripe-signature',
          stripe.webhooks.generateTestHeaderString({ payload: body.toString(), secret, timestamp: now }),
        ],
      ],
    };
  },

  '@octokit/webhooks-methods': async () => {
    const { sign, verify } = await import('@octokit/webhooks-methods');
    return {
      verify: ({ secret, headers, body }) => verify(secret, body.toString(), headers['x-hub-signature-256']),
      sign: async ({ secret, body }) => [['x-hub-signature-256', await sign(secret, body.toString())]],
    };
  },

  standardwebhooks: () => standard('standardwebhooks', 'webhook'),
  svix: () => standard('svix', 'svix'),

  '@larksuiteoapi/node-sdk': async () => {
    const { EventDispatcher, LoggerLevel } = (await import('@larksuiteoapi/node-sdk')).default;
    return {
      verify: async ({ secret, headers, body }) => {
        const logger = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };
        const dispatcher = new EventDispatcher({ encryptKey: secret, logger, loggerLevel: LoggerLevel.error });
        // As the SDK's own adapters hand a request to it.
        const data = Object.assign(Object.create({ headers }), JSON.parse(body.toString()));
        return (await dispatcher.invoke(data)) !== undefined;
      },
    };
  },

  'discord-interactions': async () => {
    const { verifyKey } = (await import('discord-interactions')).default;
    return {
      verify: ({ secret, headers, body }) =>
        // As its middleware does it.
        Boolean(headers['x-signature-timestamp'] && headers['x-signature-ed25519']) &&
        verifyKey(body, headers['x-signature-ed25519'], headers['x-signature-timestamp'], secret),
    };
  },

  '@line/bot-sdk': async () => {
    const { validateSignature } = await import('@line/bot-sdk');
    return {
      verify: ({ secret, headers, body }) =>
        // As its middleware does it.
        Boolean(headers['x-line-signature']) && validateSignature(body, secret, headers['x-line-signature']),
    };
  },

  twilio: async () => {
    const { default: twilio } = await import('twilio');
    const { getExpectedTwilioSignature } = await import('twilio/lib/webhooks/webhooks.js').then((it) => it.default ?? it);
    const fields = (body) => {
      const fields = {};
      for (const [name, value] of new URLSearchParams(body.toString())) {
        fields[name] = name in fields ? [fields[name], value].flat() : value;
      }
      return fields;
    };
    return {
      verify: ({ secret, headers, url, body }) =>
        url.includes('bodySHA256')
          ? twilio.validateRequestWithBody(secret, headers['x-twilio-signature'], url, body.toString())
          : twilio.validateRequest(secret, headers['x-twilio-signature'], url, fields(body)),
      sign: ({ secret, url, body }) => [
        ['x-twilio-signature', getExpectedTwilioSignature(secret, url, fields(body))],
      ],
    };
  },

  '@shopify/shopify-api': async () => {
    await import('@shopify/shopify-api/adapters/node');
    const { shopifyApi, ApiVersion, LogSeverity } = await import('@shopify/shopify-api');
    return {
      verify: async ({ secret, headers, body }) => {
        const shopify = shopifyApi({
          apiKey: 'unused',
          apiSecretKey: secret,
          scopes: [],
          hostName: 'bot.example.com',
          apiVersion: Object.values(ApiVersion)[0],
          isEmbeddedApp: false,
          logger: { level: LogSeverity.Error, log: () => {} },
        });
        const rawRequest = Object.assign(Readable.from([body]), { headers, method: 'POST', url: '/hooks' });
        // What beside the signature it wants to be there.
        const named = { 'x-shopify-topic': 'a/b', 'x-shopify-shop-domain': 'a.myshopify.com',
          'x-shopify-api-version': '2025-01', 'x-shopify-webhook-id': '1', ...headers };
        rawRequest.headers = named;
        const { valid } = await shopify.webhooks.validate({ rawBody: body.toString(), rawRequest });
        return valid;
      },
    };
  },

  square: async () => {
    const { WebhooksHelper } = (await import('square')).default;
    return {
      verify: ({ secret, headers, url, body }) =>
        WebhooksHelper.verifySignature({
          requestBody: body.toString(),
          signatureHeader: headers['x-square-hmacsha256-signature'],
          signatureKey: secret,
          notificationUrl: url,
        }),
    };
  },

  '@paddle/paddle-node-sdk': async () => {
    const { Paddle, LogLevel } = await import('@paddle/paddle-node-sdk');
    const paddle = new Paddle('unused', { logLevel: LogLevel?.none });
    return {
      verify: ({ secret, headers, body }) =>
        paddle.webhooks.isSignatureValid(body.toString(), secret, headers['paddle-signature']),
    };
  },

  '@linear/sdk': async () => {
    const { LinearWebhookClient } = await import('@linear/sdk/webhooks');
    return {
      verify: ({ secret, headers, body }) =>
        new LinearWebhookClient(secret).verify(body, headers['linear-signature']),
    };
  },

  '@notionhq/client': async () => {
    const { verifyWebhookSignature, signWebhookPayload } = (await import('@notionhq/client')).default;
    return {
      verify: ({ secret, headers, body }) =>
        verifyWebhookSignature({ body, signature: headers['x-notion-signature'], verificationToken: secret }),
      sign: async ({ secret, body }) => [
        ['x-notion-signature', await signWebhookPayload({ body, verificationToken: secret })],
      ],
    };
  },
};

const driver = await sdks[sdk]();
const { version } = JSON.parse(readFileSync(new URL(`node_modules/${sdk}/package.json`, import.meta.url)));
// SDKs write where they like; the answers have their own way out.
const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
console.log = console.info = console.warn = console.error;

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.op === 'about') {
    answer({ version });
    continue;
  }
  const body = Buffer.from(request.body, 'base64');
  if (request.op === 'sign') {
    const sign = driver.sign ?? (() => undefined);
    try {
      answer({ headers: (await sign({ ...request, body })) ?? null });
    } catch (error) {
      answer({ headers: null, why: String(error) });
    }
    continue;
  }
  try {
    const accepted = await driver.verify({ ...request, headers: headersOf(request.headers), body });
    answer({ accepted, why: accepted ? undefined : 'no' });
  } catch (error) {
    answer({ accepted: isParsing(error) && sdk !== '@larksuiteoapi/node-sdk', why: String(error) });
  }
}
