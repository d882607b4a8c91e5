import { lookup } from 'node:dns/promises';
import { connect, rootCertificates } from 'node:tls';
import { thrownText } from '../../shared/base/failure.ts';
import type { DatabricksDeps } from './deps.ts';
import { databricksFailure } from './failures.ts';
import { networkKind } from './network.ts';
import type { Connection, ConnectionStep } from './port.ts';
import { failed, works } from './check-step.ts';
import { proxyProblem } from './proxy-check.ts';
import { extraTrust } from './transport.ts';
import { bounded } from './waits.ts';

const isAddress = (host: string): boolean => /^[\d.]+$/.test(host) || host.includes(':');
/** A certificate that ends sooner is told of, in days. */
const soonDays = 30;
const dayMs = 86_400_000;

/** Step 2: the name of the host becomes an address. */
export const lookUp = async (connection: Connection, deps: DatabricksDeps): Promise<ConnectionStep> => {
  const step = 'DNS';
  const proxy = connection.network?.proxy;
  if (proxy !== undefined) return works(step, `${connection.host} is looked up by the proxy ${proxy.url}.`);
  if (isAddress(connection.host)) return works(step, `${connection.host} is an address.`);
  const found = await bounded(lookup(connection.host, { all: true }), { ms: 10_000, scheduler: deps.scheduler });
  if ('value' in found) return works(step, `${connection.host} is ${found.value.map((one) => one.address).join(', ')}`);
  return failed(
    step,
    databricksFailure('Offline', {
      detail: `The name ${connection.host} is not found.`,
      code: 'thrown' in found ? (networkKind(found.thrown)?.code ?? 'DNS') : 'DNS',
    }),
  );
};

/** Who made a certificate and until when it is good, from what Node tells of it. */
const certificateWords = (issuer: string, validTo: string, now: number): string => {
  const ends = Date.parse(validTo);
  if (Number.isNaN(ends)) return `certificate by ${issuer}`;
  const left = Math.floor((ends - now) / dayMs);
  const day = new Date(ends).toISOString().slice(0, 10);
  return `certificate by ${issuer}, good until ${day}${left < soonDays ? ` (${left} days)` : ''}`;
};

/** Step 3: TCP and TLS, with the certificate's issuer and end. Nothing secret is sent. */
export const handshake = async (connection: Connection, deps: DatabricksDeps): Promise<ConnectionStep> => {
  const step = 'TLS';
  const proxy = connection.network?.proxy;
  if (proxy !== undefined) {
    const problem = await proxyProblem(connection, deps);
    return problem === null
      ? works(step, `A tunnel through ${proxy.url} reaches the workspace.`)
      : failed(step, problem);
  }
  const ca = extraTrust(connection);
  if (!ca.ok) return failed(step, ca.error);
  const socket = connect({
    host: connection.host,
    port: connection.port,
    minVersion: 'TLSv1.2',
    ...(isAddress(connection.host) ? {} : { servername: connection.host }),
    ...(ca.value === undefined ? {} : { ca: [...rootCertificates, ...ca.value] }),
  });
  const secured = new Promise<string>((resolve, reject) => {
    socket.once('secureConnect', () => {
      const { issuer, valid_to: validTo } = socket.getPeerCertificate();
      const by = String(issuer?.O ?? issuer?.CN ?? 'unknown');
      resolve(`${socket.getProtocol() ?? 'TLS'}, ${certificateWords(by, validTo, deps.clock.now())}`);
    });
    socket.once('error', reject);
  });
  const waited = await bounded(secured, { ms: 15_000, scheduler: deps.scheduler });
  socket.destroy();
  if ('value' in waited) return works(step, waited.value);
  if ('stopped' in waited)
    return failed(step, databricksFailure('TimedOut', { detail: `Port ${connection.port} does not answer.` }));
  const network = networkKind(waited.thrown);
  return failed(
    step,
    databricksFailure(network?.kind === 'certificate' ? 'BadCertificate' : 'Offline', {
      detail: thrownText(waited.thrown).slice(0, 200),
      ...(network === undefined ? {} : { code: network.code }),
    }),
  );
};
