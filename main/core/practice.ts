import { type Failure, failure } from '../../shared/base/failure.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { practiceRights } from '../../shared/domain/practice-rights.ts';
import type { PracticeState } from '../../shared/contract/share.ts';
import {
  controlPractice, findOrStartPractice, findPractice, type LaunchOptions, type PracticeAddress, tokenFor,
} from '../practice/index.ts'; // prettier-ignore
import { staticToken } from '../databricks/token-source.ts';
import type { PracticeSource } from './connection.ts';

/** The practice lakehouse of this machine, found or started, as a connection. Each profile signs in as its own user. */
export const practiceSource =
  (options: LaunchOptions, profile: string): PracticeSource =>
  async (mayStart) => {
    const found = mayStart ? await findOrStartPractice(options) : await findRunning(options.dir);
    if (!found.ok) return found;
    const address = found.value;
    return ok({
      connection: {
        kind: 'practice',
        name: 'Practice lakehouse',
        host: address.host,
        port: address.port,
        httpPath: address.httpPath,
        auth: staticToken(isUserName(profile) ? tokenFor(address.token, profile.toLowerCase()) : address.token),
        caFile: address.caFile,
      },
      seed: address.seed,
      control: async (request) => {
        const answer = await controlPractice(address, request);
        return answer === null ? err(practiceGone) : ok(answer);
      },
    });
  };

const findRunning = async (dir: string): Promise<Result<PracticeAddress, Failure>> => {
  const address = await findPractice(dir);
  return address === null ? err(practiceGone) : ok(address);
};

const isUserName = (profile: string): boolean =>
  /^[a-z][a-z0-9._-]{0,40}$/.test(profile.toLowerCase()) && profile !== 'default';

/** Not `Offline` by mistake: to the status bar a practice lakehouse that ended is a workspace that cannot be reached. */
export const practiceGone: Failure = failure(
  'Offline',
  'The practice lakehouse is not running.',
  'Rooms and cached facts are safe on this disk; work goes on offline.',
  'Refresh to start it again.',
);

export type Buttons = PracticeState['buttons'];
export const noButtons: Buttons = {
  disconnected: false, latencyMs: 0, fail: null, loseReply: false, coldStart: false, slowRows: false, cutResult: false, commits: null,
  missingColumns: false, permissionLost: false, rights: { preset: 'everything', schemasOff: [] }, speed: null,
}; // prettier-ignore

const texts = (value: JsonValue | undefined): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

/** What the control API tells, as the contract shows it. */
export const stateOf = (answer: JsonObject): Pick<PracticeState, 'buttons' | 'granted' | 'systemSchemas'> => {
  const rights = answer['rights'];
  const few = isJsonObject(rights) && rights['everything'] === false;
  return {
    buttons: buttonsOf(answer),
    granted: few ? { tables: texts(rights['tables']), jobs: texts(rights['jobs']) } : null,
    systemSchemas: texts(answer['systemSchemas']),
  };
};

const buttonsOf = (answer: JsonObject): Buttons => {
  const status = answer['status'];
  const code = isJsonObject(status) ? JSON.stringify(status['code']) : null;
  const [cold, slow] = [answer['coldStartMs'], answer['slowRowsMs']];
  const rights = isJsonObject(answer['rights']) ? answer['rights'] : { preset: 'everything' };
  const commit = isJsonObject(answer['commit']) ? answer['commit']['kind'] : null;
  return {
    disconnected: answer['disconnected'] === true,
    latencyMs: typeof answer['latencyMs'] === 'number' ? Math.round(answer['latencyMs']) : 0,
    fail: (['401', '403', '429', '500', '503'] as const).find((known) => known === code) ?? null,
    loseReply: isJsonObject(answer['loseReply']),
    coldStart: typeof cold === 'number' && cold > 0,
    slowRows: typeof slow === 'number' && slow > 0,
    cutResult: isJsonObject(answer['cutResult']),
    commits: commit === 'duplicated' || commit === 'missing' ? commit : null,
    missingColumns: Array.isArray(answer['tables']) && answer['tables'].length > 0,
    permissionLost: isJsonObject(answer['deny']),
    rights: {
      preset: practiceRights.find((known) => known === rights['preset']) ?? 'own',
      schemasOff: texts(rights['schemasOff']),
    },
    speed: typeof answer['speed'] === 'number' ? answer['speed'] : null,
  };
};

const coldStartMs = 8_000;
const retryAfterSeconds = 5;
const slowRowsMs = 400;
/** Columns that later workspaces have and earlier ones lack: hidden, each costs one fact and no source. */
const optionalColumns: JsonValue = [
  { table: 'system.lakeflow.job_run_timeline', column: 'termination_code', kind: 'hide' },
  { table: 'system.access.table_lineage', column: 'entity_metadata', kind: 'hide' },
  { table: 'system.access.audit', column: 'request_params', kind: 'mask' },
];

/** Buttons that somebody pressed, as the control API takes them. What was left out stays as it is. */
export const controlRequest = (
  pressed: Partial<{ [K in keyof Buttons]: Buttons[K] | undefined }> & { readonly happens?: Happening | undefined },
): JsonObject => ({
  ...(pressed.disconnected === undefined ? {} : { disconnected: pressed.disconnected }),
  ...(pressed.latencyMs === undefined ? {} : { latencyMs: pressed.latencyMs }),
  ...(pressed.fail === undefined ? {} : { status: pressed.fail === null ? null : failing(pressed.fail) }),
  ...(pressed.loseReply === undefined
    ? {}
    : { loseReply: pressed.loseReply ? { pattern: '^\\s*insert', count: 1 } : null }),
  ...(pressed.coldStart === undefined ? {} : { coldStartMs: pressed.coldStart ? coldStartMs : 0 }),
  ...(pressed.slowRows === undefined ? {} : { slowRowsMs: pressed.slowRows ? slowRowsMs : 0 }),
  ...(pressed.cutResult === undefined ? {} : { cutResult: pressed.cutResult ? {} : null }),
  ...(pressed.commits === undefined
    ? {}
    : { commit: pressed.commits === null ? null : { kind: pressed.commits, count: 1 } }),
  ...(pressed.missingColumns === undefined ? {} : { tables: pressed.missingColumns ? optionalColumns : [] }),
  ...(pressed.permissionLost === undefined ? {} : { deny: pressed.permissionLost ? {} : null }),
  ...(pressed.rights === undefined ? {} : { rights: pressed.rights }),
  ...(pressed.speed === undefined ? {} : { speed: pressed.speed }),
  ...(pressed.happens === undefined ? {} : happening(pressed.happens)),
});

type Happening = 'sessions-expire' | 'vacuum' | 'restore' | 'recreate' | 'release';
const happening = (what: Happening): JsonObject => {
  if (what === 'sessions-expire') return { expireSessions: true };
  // Released means as it was at the start: the world then goes on only when it is played.
  return what === 'release' ? { release: true, speed: null } : { [what]: true };
};

const failing = (code: NonNullable<Buttons['fail']>): JsonObject => ({
  code: Number(code),
  retryAfter: code === '429' ? retryAfterSeconds : null,
  on: 'all',
});
