import { readFileSync } from 'node:fs';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request, type RequestOptions } from 'node:https';
import { getCACertificates, rootCertificates } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { thrownText } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { databricksFailure } from './failures.ts';
import type { Connection, DatabricksFailure } from './port.ts';

/** Where requests go and whom they trust: all that REST, signing in and the driver share. */
export type Place = Pick<Connection, 'kind' | 'host' | 'port' | 'caFile' | 'network'>;

/** Text of the CA file of a connection; undefined when it names none. */
const readCa = (place: Place): Result<string | undefined, DatabricksFailure> => {
  if (place.caFile === undefined) return ok(undefined);
  try {
    return ok(readFileSync(place.caFile, 'utf8'));
  } catch (thrown) {
    return err(
      databricksFailure('NotConfigured', {
        detail: `The CA file cannot be read: ${thrownText(thrown)}`,
        advice: 'Correct the path of the CA file in the connection.',
        code: 'CA_FILE',
      }),
    );
  }
};

/**
 * Certificates that are trusted beside Node's own roots: those of the operating system where somebody asked for them, and the
 * CA file. Undefined = Node's own alone. The fuse that switches NODE_OPTIONS off also switches NODE_EXTRA_CA_CERTS off
 * (facts/security.md 0.12), so both are given by hand.
 */
export const extraTrust = (place: Place): Result<readonly string[] | undefined, DatabricksFailure> => {
  const file = readCa(place);
  if (!file.ok) return file;
  const extra = [
    ...(place.network?.systemCa === true ? getCACertificates('system') : []),
    ...(file.value === undefined ? [] : [file.value]),
  ];
  return ok(extra.length === 0 ? undefined : extra);
};

/** The address of the proxy with its credentials, as the agent wants it. Never shown. */
const proxyUrl = (proxy: NonNullable<NonNullable<Place['network']>['proxy']>): URL => {
  const url = new URL(proxy.url);
  if (proxy.username !== undefined) url.username = encodeURIComponent(proxy.username);
  if (proxy.password !== undefined) url.password = encodeURIComponent(proxy.password);
  return url;
};

/**
 * A tunnel through a proxy that tells its refusals apart: the library would hand them on as if the workspace had answered, and
 * a 403 of the proxy would read as a missing right.
 */
class ProxyTunnel extends HttpsProxyAgent<string> {
  override async connect(
    outgoing: ClientRequest,
    options: Parameters<HttpsProxyAgent<string>['connect']>[1],
  ): ReturnType<HttpsProxyAgent<string>['connect']> {
    let status = 200;
    outgoing.once('proxyConnect', (answer: { readonly statusCode: number }) => (status = answer.statusCode));
    const socket = await super.connect(outgoing, options);
    if (status === 200) return socket;
    socket.destroy();
    throw Object.assign(new Error(`the proxy answered ${status}`), { code: `PROXY_${status}` });
  }
}

const tls = { minVersion: 'TLSv1.2' } as const;

/** One agent for all requests of a connection: its trust, its proxy, connections kept open. Destroy it at the end. */
export const agentFor = (place: Place): Result<Agent | HttpsProxyAgent<string>, DatabricksFailure> => {
  const trust = extraTrust(place);
  if (!trust.ok) return trust;
  const ca = trust.value === undefined ? {} : { ca: [...rootCertificates, ...trust.value] };
  const proxy = place.network?.proxy;
  if (proxy === undefined) return ok(new Agent({ keepAlive: true, ...tls, ...ca }));
  const tunnel = new ProxyTunnel(proxyUrl(proxy).href, { keepAlive: true, ...tls, ...ca });
  // The library keeps these for the connection to the proxy only; the workspace behind it is checked by the same rules.
  Object.assign(tunnel.options, tls, ca);
  return ok(tunnel);
};

/** Larger answers are refused, so that one answer cannot fill the memory; a smaller page may pass. Bytes. */
const bodyLimit = 16 * 1024 * 1024;
/** Code of the error that refuses one. */
export const tooLarge = 'TOO_LARGE';

export type Raw = { readonly status: number; readonly body: string; readonly headers: IncomingMessage['headers'] };

/** One HTTPS request; redirects are not followed. Rejects with Node's errors, for which networkKind knows the words. */
export const send = (options: RequestOptions, body: string | undefined): Promise<Raw> =>
  new Promise((resolve, reject) => {
    const outgoing = request(options, (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > bodyLimit) answer.destroy(Object.assign(new Error('answer too large'), { code: tooLarge }));
        else chunks.push(chunk);
      });
      answer.on('error', reject);
      answer.on('end', () => {
        if (!answer.complete) return reject(Object.assign(new Error('answer cut off'), { code: 'ECONNRESET' }));
        resolve({
          status: answer.statusCode ?? 0,
          body: Buffer.concat(chunks).toString('utf8'),
          headers: answer.headers,
        });
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
