import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure } from '../../shared/base/failure.ts';
import type { JsonObject } from '../../shared/base/json.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import { loginStore } from '../core/login-store.ts';
import { reachOf } from '../core/network-choice.ts';
import { nodeScheduler } from '../core/node-seams.ts';
import { primaryId, secretIdOf, type SavedConnection } from '../core/saved-connections.ts';
import { openSecrets, type SecretStore } from '../core/secrets.ts';
import { cliHere } from '../databricks/cli-token.ts';
import { connectionFrom } from '../databricks/connection.ts';
import { credentialIn, openPlan } from '../databricks/credential.ts';
import type { Connection } from '../databricks/port.ts';
import { staticToken } from '../databricks/token-source.ts';
import type { PracticeAddress } from '../practice/launch.ts';
import type { Finding } from './doctor-finding.ts';
import type { SavedHere } from './doctor-profile.ts';
import { stepFindings } from './doctor-steps.ts';
import { systemClock, thisMachine } from './machine.ts';
import { passphraseHere } from './passphrase.ts';

const name = 'connection';

/**
 * Every connection of the profile, step by step, the primary one first. The practice lakehouse is only checked when it runs:
 * nothing is started here. Sign-ins under a passphrase are opened as other commands do it (passphrase.ts); those that the system
 * keyring wraps cannot be opened here, which is no fault.
 */
export const connectionFindings = async (
  folder: string,
  saved: SavedHere,
  practice: PracticeAddress | null,
  startWarehouse: boolean,
): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  if (saved.primary === null) findings.push(...(await practiceFindings(practice, startWarehouse)));
  const all = [...(saved.primary === null ? [] : [saved.primary]), ...saved.others];
  const secrets = openSecrets(folder, null, true);
  const problem = await openLocked(secrets, all);
  if (problem !== null)
    findings.push({ name: 'passphrase', state: 'wrong', detail: problem.what, advice: problem.advice });
  for (const one of all) findings.push(...(await savedFindings(folder, secrets, one, startWarehouse)));
  return findings;
};

const practiceFindings = (practice: PracticeAddress | null, startWarehouse: boolean): Promise<readonly Finding[]> => {
  if (practice === null)
    return Promise.resolve([
      { name, state: 'note', detail: 'the practice lakehouse, which is not running: not checked' },
    ]);
  const { host, port, httpPath, token, caFile } = practice;
  return stepFindings(
    ok({ kind: 'practice', name: 'practice lakehouse', host, port, httpPath, caFile, auth: staticToken(token) }),
    null,
    startWarehouse,
  );
};

/** Asks for the passphrase once, and only where a saved sign-in needs it. Null = given, not needed, or not there. */
const openLocked = async (secrets: SecretStore, all: readonly SavedConnection[]): Promise<Failure | null> => {
  const needed = all.some(({ id }) => {
    const secret = secrets.read(secretIdOf(id));
    return !secret.ok && secret.error.tag === 'SecretsLocked';
  });
  if (!needed) return null;
  const passphrase = await passphraseHere(true);
  if (!passphrase.ok) return passphrase.error;
  if (passphrase.value === null) return null;
  const opened = await secrets.unlock(passphrase.value);
  if (opened.ok) return null;
  const file = process.env['BREAKWATER_PASSPHRASE_FILE'] ?? '';
  return file === '' ? opened.error : { ...opened.error, advice: `Correct the first line of ${file}.` };
};

/** Sign-ins that cannot be opened by this command, and how they can be: nothing is wrong with them. */
const elsewhere: Readonly<Record<string, { readonly detail: string; readonly advice: string }>> = {
  KeyringMissing: {
    detail: 'its sign-in is wrapped by the system keyring, which only the desktop window can open',
    advice: 'Test it in the desktop window: Settings, Workspaces, Test.',
  },
  SecretsLocked: {
    detail: 'its sign-in is protected by your passphrase and stayed locked',
    advice: 'Run doctor on a terminal, or name a file with the passphrase in BREAKWATER_PASSPHRASE_FILE.',
  },
};

const savedFindings = async (
  folder: string,
  secrets: SecretStore,
  saved: SavedConnection,
  startWarehouse: boolean,
): Promise<readonly Finding[]> => {
  const which = saved.name === saved.host ? saved.host : `${saved.name}, ${saved.host}`;
  const secret = secrets.read(secretIdOf(saved.id));
  const closed = secret.ok ? undefined : elsewhere[secret.error.tag];
  if (closed !== undefined)
    return [{ name, state: 'note', detail: `${which}: not checked, ${closed.detail}`, advice: closed.advice }];
  const from: Finding = {
    name,
    state: 'fine',
    detail: `${which}, ${saved.id === primaryId ? 'the primary workspace' : 'a further workspace'} of the profile`,
  };
  const plan = secret.ok ? planOf(folder, secrets, saved, secret.value) : secret;
  return [
    from,
    ...(await stepFindings(plan, folder, startWarehouse)).map((one) => ({ ...one, workspace: saved.name })),
  ];
};

/** A saved workspace as the core would open it. */
const planOf = (
  folder: string,
  secrets: SecretStore,
  { id, host, httpPath, auth, network }: SavedConnection,
  secret: JsonObject | null,
): Result<Connection, Failure> => {
  // The file of earlier versions held the token of the only workspace, which is the primary one now.
  const old = id === primaryId ? { kind: 'pat', token: readOr(join(folder, 'token')) } : {};
  const credential = credentialIn({ ...(secret ?? old), kind: auth });
  const plan = connectionFrom({
    explicit: { kind: 'workspace', host, httpPath, ...(credential === null ? {} : { credential }) },
    env: {},
    configFile: null,
  });
  if (!plan.ok) return plan;
  const reach = reachOf(network, secret?.['proxy'], process.env, plan.value.host);
  if (!reach.ok) return reach;
  const seams = { clock: systemClock, cli: cliHere(thisMachine().home, thisMachine().env) };
  return ok(
    openPlan({ ...plan.value, ...reach.value }, seams, loginStore(folder, secrets, secretIdOf(id), nodeScheduler)),
  );
};

const readOr = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
};
