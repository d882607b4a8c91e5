import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bearerOf,
  guardHost,
  guardRequest,
  type Purpose,
  type RequestFacts,
  socketTicket,
} from '../../main/host/guard.ts';

const authority = '127.0.0.1:9102';
const own = {
  host: authority,
  origin: `http://${authority}`,
  'sec-fetch-site': 'same-origin',
  'content-type': 'application/json',
};
const facts = (headers: RequestFacts['headers'], method = 'POST', hostCount = 1): RequestFacts => ({
  method,
  headers,
  hostCount,
});

describe('requests to the browser host', () => {
  it('pass from the own page', () => {
    expect(guardHost(facts(own), authority)).toBeNull();
    expect(guardRequest(facts(own), authority, 'api')).toBeNull();
    expect(guardRequest(facts({ host: authority }, 'GET'), authority, 'page')).toBeNull();
  });

  it('need the exact authority, once', () => {
    for (const host of [
      'localhost:9102',
      '127.0.0.1',
      '127.0.0.1:9103',
      'rebind.test:9102',
      '127.0.0.1:9102.',
      '[::1]:9102',
      '',
      undefined,
    ])
      expect(guardHost(facts(host === undefined ? {} : { host }), authority)?.status).toBe(421);
    expect(guardHost(facts(own, 'POST', 2), authority)?.status).toBe(421);
  });

  it('are refused as Chromium really sends them from elsewhere', () => {
    // The table of facts/security.md 3.1.
    const rows: readonly (readonly [Purpose, string, RequestFacts['headers']])[] = [
      ['api', 'POST', { ...own, origin: 'http://127.0.0.1:9101', 'sec-fetch-site': 'same-site' }],
      [
        'page',
        'GET',
        { host: authority, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
      ],
      [
        'page',
        'GET',
        { host: authority, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      ],
      ['api', 'POST', { ...own, origin: 'http://evil.test:9101', 'sec-fetch-site': 'cross-site' }],
      ['api', 'POST', { ...own, origin: 'null' }],
      ['download', 'GET', { host: authority, 'sec-fetch-site': 'cross-site' }],
      ['download', 'GET', { host: authority }],
      ['socket', 'GET', { host: authority, origin: 'http://127.0.0.1:9101' }],
      ['socket', 'GET', { host: authority }],
      ['socket', 'GET', { host: authority, origin: `http://${authority}`, 'sec-fetch-site': 'same-site' }],
    ];
    for (const [purpose, method, headers] of rows)
      expect(guardRequest(facts(headers, method), authority, purpose)?.status, JSON.stringify(headers)).toBe(403);
  });

  it('to the API need Origin, Sec-Fetch-Site, POST and JSON', () => {
    const without = (name: keyof typeof own): RequestFacts['headers'] =>
      Object.fromEntries(Object.entries(own).filter(([key]) => key !== name));
    expect(guardRequest(facts(without('origin')), authority, 'api')?.status).toBe(403);
    expect(guardRequest(facts(without('sec-fetch-site')), authority, 'api')?.status).toBe(403);
    expect(guardRequest(facts(own, 'GET'), authority, 'api')?.status).toBe(405);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''])
      expect(guardRequest(facts({ ...own, 'content-type': type }), authority, 'api')?.status).toBe(415);
  });

  it('of any other origin never get through, whatever else they say', () => {
    const purposes = fc.constantFrom<Purpose>('api', 'page', 'socket', 'download');
    fc.assert(
      fc.property(
        fc.oneof(fc.webUrl(), fc.string()),
        purposes,
        fc.constantFrom('GET', 'POST'),
        (origin, purpose, method) => {
          fc.pre(origin !== own.origin);
          return guardRequest(facts({ ...own, origin }, method), authority, purpose) !== null;
        },
      ),
    );
  });
});

describe('tokens in headers', () => {
  it('come as the two agreed subprotocols, nothing else', () => {
    expect(socketTicket('bw1, ticket.abc')).toBe('abc');
    for (const header of [
      undefined,
      '',
      'bw1',
      'ticket.abc',
      'ticket.abc, bw1',
      'bw1, ticket.a, bw2',
      'bw2, ticket.abc',
    ])
      expect(socketTicket(header)).toBeNull();
  });
  it('come as one bearer', () => {
    expect(bearerOf('Bearer abc_-1')).toBe('abc_-1');
    for (const header of [
      undefined,
      '',
      'Basic abc',
      'Bearer',
      'Bearer a b',
      `Bearer ${'x'.repeat(201)}`,
      'bearer abc',
    ])
      expect(bearerOf(header)).toBeNull();
  });
});
