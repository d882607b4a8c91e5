import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../../shared/base/json.ts';
import { released, type Buttons, type ButtonState, type CommitFault, type Reach, type ResultFault } from './buttons.ts';
import type { Lake, TableFault } from './duck/lake.ts';
import type { WorldClock } from './world/clock.ts';
import { happen, mishaps } from './mishaps.ts';
import { catchUp, playNext } from './world/play.ts';
import { chooseLittle } from './presets.ts';
import { rightsFault, rightsIn, type Rights } from './rights.ts';
import { systemSchemas } from './world/system-tables.ts';
import type { World } from './world/world.ts';

export type ControlDeps = {
  readonly lake: Lake;
  readonly world: World;
  readonly buttons: Buttons;
  readonly clock: WorldClock;
  readonly expireSessions: () => void;
  readonly rights: { get: () => Rights | null; set: (next: Rights | null) => void };
  /** Destroy the workspace's open sockets. */
  readonly disconnect: () => void;
};
export type ControlAnswer = { readonly status: number; readonly body: unknown; readonly stop?: boolean };

const count = (value: JsonValue | undefined): number | null =>
  typeof value === 'number' && value > 0 ? Math.floor(value) : null;
const text = (value: JsonValue | undefined, otherwise: string): string =>
  typeof value === 'string' ? value : otherwise;
const oneOf = <T extends string>(value: JsonValue | undefined, allowed: readonly T[], otherwise: T): T =>
  allowed.find((a) => a === value) ?? otherwise;
const isPattern = (pattern: string): boolean => {
  try {
    return new RegExp(pattern) instanceof RegExp;
  } catch {
    return false;
  }
};
const codes = [401, 403, 429, 500, 503] as const;
/** Faults that touch what a pattern matches, and the pattern of each when none is said. */
const patterns = {
  loseReply: '^\\s*insert',
  cutResult: '^\\s*(select|with)',
  deny: 'system\\.|/api/2\\.[012]/jobs',
} as const;

/** Everything that can go wrong on demand. A button of `ButtonState` that is not here cannot be pressed. */
export const faultButtons = [
  ...(Object.keys(released) as (keyof ButtonState)[]),
  ...mishaps,
  'tables',
  'rights',
  'expireSessions',
] as const;
export type FaultButton = (typeof faultButtons)[number];

/** The parts of a request that set buttons. Unknown keys are an error: a test that misspells a button must not pass. */
const change = (body: JsonObject): Partial<ButtonState> | string => {
  const known: readonly string[] = [...faultButtons, 'release', 'play', 'speed', 'advance', 'stop'];
  const unknown = Object.keys(body).find((k) => !known.includes(k));
  if (unknown !== undefined) return `unknown button '${unknown}'; there are: ${known.join(', ')}`;
  const wrong = rightsFault(body['rights']);
  if (wrong !== null) return wrong;
  const { status, result, commit } = body;
  const code = codes.find((c) => isJsonObject(status) && c === status['code']);
  if (isJsonObject(status) && code === undefined) return `status.code must be one of ${codes.join(', ')}`;
  for (const fault of [...Object.keys(patterns).map((name) => body[name]), result, commit])
    if (isJsonObject(fault) && !isPattern(text(fault['pattern'], ''))) return 'pattern is no regular expression';
  return {
    ...(body['release'] === true ? released : {}),
    ...(typeof body['disconnected'] === 'boolean' ? { disconnected: body['disconnected'] } : {}),
    ...(typeof body['latencyMs'] === 'number' ? { latencyMs: Math.max(0, body['latencyMs']) } : {}),
    ...(typeof body['coldStartMs'] === 'number' ? { coldStartMs: Math.max(0, body['coldStartMs']) } : {}),
    ...(status === null ? { status: null } : {}),
    ...(isJsonObject(status) && code !== undefined
      ? {
          status: {
            code,
            retryAfter: typeof status['retryAfter'] === 'number' ? status['retryAfter'] : null,
            on: oneOf<Reach>(status['on'], ['all', 'sql', 'rest'], 'all'),
            count: count(status['count']),
          },
        }
      : {}),
    ...Object.fromEntries(
      Object.entries(patterns).flatMap(([name, otherwise]): [string, JsonValue][] => {
        const fault = body[name];
        if (fault === null) return [[name, null]];
        if (!isJsonObject(fault)) return [];
        return [[name, { pattern: text(fault['pattern'], otherwise), count: count(fault['count']) }]];
      }),
    ),
    ...(typeof body['slowRowsMs'] === 'number' ? { slowRowsMs: Math.max(0, body['slowRowsMs']) } : {}),
    ...(commit === null ? { commit: null } : {}),
    ...(isJsonObject(commit)
      ? {
          commit: {
            kind: oneOf<CommitFault>(commit['kind'], ['duplicated', 'missing'], 'duplicated'),
            pattern: text(commit['pattern'], '^\\s*insert'),
            count: count(commit['count']),
          },
        }
      : {}),
    ...(result === null ? { result: null } : {}),
    ...(isJsonObject(result)
      ? {
          result: {
            kind: oneOf<ResultFault>(result['kind'], ['truncated', 'duplicated', 'reordered', 'mistyped'], 'truncated'),
            pattern: text(result['pattern'], '.'),
            count: count(result['count']),
          },
        }
      : {}),
  };
};

const tableFaults = (value: JsonValue | undefined): readonly TableFault[] | undefined =>
  Array.isArray(value)
    ? value.filter(isJsonObject).map((f) => ({
        table: text(f['table'], ''),
        column: text(f['column'], ''),
        kind: oneOf(f['kind'], ['hide', 'mask'] as const, 'hide'),
      }))
    : undefined;

/**
 * One request to the control API: `{}` reads the buttons; keys of ButtonState set them; `tables: [{table, column, kind: hide|mask}]`;
 * `rights` limits what the user may see, in SQL and in REST: "everything", "no-system-tables", "little" (three tables and one job,
 * chosen by the world), `{preset, schemasOff: [..]}`, or thing by thing (rights.ts); null lifts that. The answer tells them, and
 * the `systemSchemas` that can be switched off;
 * `release: true` lets all go; `vacuum`, `restore`, `recreate`: a table's full name, or true for all that people made here;
 * `expireSessions: true`; `play: "next"` lets the world go on by a round; `speed: n` makes it go on by itself, n times as fast
 * as the wall clock (null: not by itself); `advance: minutes` lets that much time pass at once; `stop: true` ends the process.
 */
export const runControl = async (deps: ControlDeps, body: string): Promise<ControlAnswer> => {
  const parsed = parseJson(body === '' ? '{}' : body);
  if (!parsed.ok || !isJsonObject(parsed.value))
    return { status: 400, body: { error_code: 'MALFORMED_REQUEST', message: 'a JSON object is expected' } };
  const request = parsed.value;
  const next = change(request);
  if (typeof next === 'string') return { status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE', message: next } };
  deps.buttons.set(next);
  const faults = request['release'] === true ? [] : tableFaults(request['tables']);
  if (faults !== undefined) deps.lake.setFaults(faults);
  const rights = await rightsIn(request, () => chooseLittle(deps.lake, deps.world));
  if (rights !== undefined) deps.rights.set(rights);
  if (request['expireSessions'] === true) deps.expireSessions();
  if (next.disconnected === true) deps.disconnect();
  const hit: string[] = [];
  for (const mishap of mishaps) {
    const to = request[mishap];
    if (to === true || typeof to === 'string') hit.push(...(await happen(deps.lake, mishap, to)));
  }
  const { speed, advance } = request;
  if (speed === null || (typeof speed === 'number' && speed >= 1 && speed <= 10_000)) deps.clock.setSpeed(speed);
  if (typeof advance === 'number' && advance > 0) {
    deps.clock.advance(advance * 60_000);
    await catchUp(deps.lake, deps.world);
  }
  const played = request['play'] === 'next' ? await playNext(deps.lake, deps.world) : undefined;
  return {
    status: 200,
    body: {
      ...deps.buttons.state(),
      tables: deps.lake.faults(),
      rights: deps.rights.get(),
      systemSchemas,
      seed: deps.world.seed,
      fault: deps.world.fault,
      catalog: deps.world.catalog,
      speed: deps.clock.speed(),
      now: deps.clock.now(),
      ...(hit.length === 0 ? {} : { hit }),
      ...(played === undefined ? {} : { played }),
    },
    ...(request['stop'] === true ? { stop: true } : {}),
  };
};
