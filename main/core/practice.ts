import { type Failure, failure } from '../../shared/base/failure.ts';
import { isJsonObject, type JsonObject } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
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
export const noButtons: Buttons = { disconnected: false, latencyMs: 0, fail: null, loseReply: false, coldStart: false };

/** What the control API tells, as the contract shows it. */
export const buttonsOf = (answer: JsonObject): Buttons => {
  const status = answer['status'];
  const code = isJsonObject(status) ? JSON.stringify(status['code']) : null;
  const cold = answer['coldStartMs'];
  return {
    disconnected: answer['disconnected'] === true,
    latencyMs: typeof answer['latencyMs'] === 'number' ? Math.round(answer['latencyMs']) : 0,
    fail: (['401', '403', '429', '503'] as const).find((known) => known === code) ?? null,
    loseReply: isJsonObject(answer['loseReply']),
    coldStart: typeof cold === 'number' && cold > 0,
  };
};

const coldStartMs = 8_000;
const retryAfterSeconds = 5;

/** Buttons that somebody pressed, as the control API takes them. What was left out stays as it is. */
export const controlRequest = (pressed: Partial<{ [K in keyof Buttons]: Buttons[K] | undefined }>): JsonObject => ({
  ...(pressed.disconnected === undefined ? {} : { disconnected: pressed.disconnected }),
  ...(pressed.latencyMs === undefined ? {} : { latencyMs: pressed.latencyMs }),
  ...(pressed.fail === undefined ? {} : { status: pressed.fail === null ? null : failing(pressed.fail) }),
  ...(pressed.loseReply === undefined
    ? {}
    : { loseReply: pressed.loseReply ? { pattern: '^\\s*insert', count: 1 } : null }),
  ...(pressed.coldStart === undefined ? {} : { coldStartMs: pressed.coldStart ? coldStartMs : 0 }),
});

const failing = (code: NonNullable<Buttons['fail']>): JsonObject => ({
  code: Number(code),
  retryAfter: code === '429' ? retryAfterSeconds : null,
  on: 'all',
});
