// Saving a connection again goes through the same proxy as before, and the window never holds its password.
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { prepare } from '../../main/core/prepare-connection.ts';
import { primaryId, savedConnections } from '../../main/core/saved-connections.ts';
import { openSecrets } from '../../main/core/secrets.ts';
import { signingInOf } from '../../main/core/signing-in.ts';
import { nodeScheduler } from '../../main/core/node-seams.ts';
import { openProfile } from '../../main/store/profile.ts';
import {
  draftOfNetwork,
  networkInput,
  networkOfDraft,
  usualNetwork,
  withoutCredentials,
} from '../../renderer/views/settings/network-draft.ts';
import { coreDeps, scratch, value } from '../support/core.ts';

const [host, httpPath] = ['dbc-kept.cloud.databricks.com', '/sql/1.0/warehouses/abc'];
const credential = { kind: 'databricks-cli' } as const;

it('user and password of a proxy stay for its own address and host, unless others are given', () => {
  const folder = join(scratch(), 'p');
  const profile = value(openProfile(folder, { clock: { now: () => 0 }, log: () => undefined }));
  onTestFinished(() => profile.close());
  const secrets = openSecrets(folder, null);
  const saved = savedConnections(profile, secrets);
  const signing = signingInOf({
    profileDir: folder, secrets, seams: coreDeps(folder).auth, scheduler: nodeScheduler, env: {}, fresh: new Map(), saved: () => [saved.primary()].flatMap((one) => one ?? []),
  }); // prettier-ignore
  const made = (proxy: string, to = host) =>
    value(prepare({ host: to, httpPath, credential, network: { proxy, caFile: '/ca.pem', systemCa: true } }, signing));
  const first = made('http://ada:pCANARY%40@proxy.example:8080');
  const { network, secret, plan } = first;
  value(saved.put({ id: primaryId, name: host, host, port: 443, httpPath, auth: plan.credential.kind, network }, secret)); // prettier-ignore

  const again = made('proxy.example:8080');
  expect(again).toEqual(first);
  expect(again.secret['proxy']).toEqual({ username: 'ada', password: 'pCANARY@' });
  expect(again.plan.network?.proxy).toEqual({
    url: 'http://proxy.example:8080',
    username: 'ada',
    password: 'pCANARY@',
  });
  expect(made('http://bob:other@proxy.example:8080').secret['proxy']).toEqual({ username: 'bob', password: 'other' });
  for (const elsewhere of ['http://proxy.example:8081', 'https://proxy.example:8080', 'http://proxy.evil:8080', 'environment', 'none'])
    expect(JSON.stringify(made(elsewhere))).not.toContain('CANARY');
  expect(JSON.stringify(made('proxy.example:8080', 'dbc-other.cloud.databricks.com'))).not.toContain('CANARY');
}); // prettier-ignore

it('after saving, the form keeps proxy, CA file and the certificates of the system, without the password', () => {
  const typed = { proxy: ' http://ada:p@CANARY@proxy.example:8080', caFile: '/ca.pem', systemCa: true };
  const left = withoutCredentials(typed);
  expect(left).toEqual({ proxy: 'http://proxy.example:8080', caFile: '/ca.pem', systemCa: true });
  expect(networkOfDraft(draftOfNetwork(left))).toEqual(left);
  expect(networkInput(left)).toEqual({ network: left });
  const proxyLeft = (proxy: string): string => withoutCredentials({ ...usualNetwork, proxy }).proxy;
  expect(['ada:CANARY@proxy:1', 'proxy:1', 'none', '', 'http://ada:a/CANARY@proxy'].map(proxyLeft)).toEqual(['proxy:1', 'proxy:1', 'none', '', 'http://proxy']); // prettier-ignore
  expect(networkInput(networkOfDraft({}))).toEqual({});
});
