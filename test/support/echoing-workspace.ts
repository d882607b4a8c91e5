// A workspace of the worst kind: it refuses every request, and its words hold what the client signed in with. Some gateways do
// that on their error pages ("your request was: …").
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { type ConnectProxy, startConnectProxy } from './connect-proxy.ts';

export type EchoingWorkspace = {
  readonly caFile: string;
  /** The way there from this machine: names are looked up by it, and all lead here. */
  readonly proxy: ConnectProxy;
  readonly answerWith: (status: number) => void;
  /** What it was sent to sign in with, so far: the values of Authorization headers, and bodies of forms. */
  readonly heard: readonly string[];
  readonly close: () => Promise<void>;
};

/**
 * Start one that is all these hosts; its certificate lies in `dir`. `credentials` (`user:password`): what its proxy demands. Asked
 * where to sign in, it names itself.
 */
export const startEchoingWorkspace = async (
  hosts: readonly string[],
  dir: string,
  credentials: string | null,
): Promise<EchoingWorkspace> => {
  const made = await generate([{ name: 'commonName', value: 'echo' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: hosts.map((value) => ({ type: 2, value })) },
    ],
  });
  const caFile = join(dir, 'echo-ca.pem');
  writeFileSync(caFile, made.cert);
  const heard: string[] = [];
  let status = 403;
  const server = createServer({ key: made.private, cert: made.cert }, (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const sent = request.headers.authorization ?? '';
      const form = request.headers['content-type']?.includes('urlencoded') === true ? body : '';
      if (sent !== '') heard.push(sent);
      if (form !== '') heard.push(form);
      if (request.url?.startsWith('/oidc/.well-known') === true) {
        const issuer = `https://${request.headers.host ?? ''}/oidc`;
        const about = { issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` };
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(about));
        return;
      }
      const bare = sent === '' ? (/client_secret=([^&]*)/.exec(form)?.[1] ?? '') : sent.replace(/^\S+ /, '');
      // Long words are cut at 300 characters, and at 500: one showing lies across each of these places.
      const words = [300, 500].reduce((now, cut) => `${now} `.padEnd(cut - 28, '.') + bare, '');
      const answer = { error_code: `E_${bare}`, error: `e_${bare}`, error_description: words, message: words };
      response
        .writeHead(status, { 'content-type': 'application/json', 'x-thriftserver-error-message': words })
        .end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = await startConnectProxy(credentials, (server.address() as AddressInfo).port);
  return {
    caFile,
    proxy,
    answerWith: (next) => (status = next),
    heard,
    close: async () => {
      await proxy.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
