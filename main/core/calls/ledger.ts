import { isJsonObject, parseJson } from '../../../shared/base/json.ts';
import { ok } from '../../../shared/base/result.ts';
import type { LogId } from '../../../shared/domain/ids.ts';
import { isOrgLog } from '../../../shared/domain/ids.ts';
import { listNotShared, type LedgerEntry } from '../../sync/ledger.ts';
import type { Sync } from '../../sync/engine.ts';
import { describe } from '../describe.ts';
import type { HandlersOf } from '../handlers.ts';
import { countOnlyHere, isLeftBehind } from '../marks.ts';
import { pageOf } from '../paging.ts';
import type { Parts } from '../parts.ts';
import { namesOf } from '../people.ts';

type LedgerCalls = 'ledger.list' | 'quarantine.list';
type Position = Pick<LedgerEntry, 'log' | 'dev' | 'seq'>;
const quarantineLimit = 2_000;

/** What is only here, and what was kept apart on arrival: the two lists behind the status bar. */
export const ledgerCalls = (parts: Parts, sync: Pick<Sync, 'problems'>): HandlersOf<LedgerCalls> => {
  const { views, profile } = parts;
  const db = profile.store.read;

  return {
    'ledger.list': ({ limit, before }) => {
      const { org, person } = parts.who();
      const names = namesOf(db, views, org, person);
      const titles = new Map(views.roomList(db).map(({ log, title }) => [log, title ?? 'Title not here yet']));
      const roomOf = (log: LogId): string => (isOrgLog(log) ? 'Organisation' : (titles.get(log) ?? 'Room'));
      const entries = listNotShared(db, parts.log, limit, decodePosition(before));
      const last = entries.at(-1);
      const shown = entries.filter((entry) => !isLeftBehind(entry.log, org));
      return ok({
        rows: shown.map(({ log, hash, seq, line, state }) => {
          const entry = views.entryByHash(db, hash);
          return {
            log,
            room: roomOf(log),
            hash,
            seq,
            what: entry === null ? controlWords(line) : describe(entry, names).title,
            at: lineField(line, 'at'),
            state,
          };
        }),
        next: entries.length < limit || last === undefined ? null : encodePosition(last),
        total: countOnlyHere(db, parts.log, org),
      });
    },
    'quarantine.list': ({ limit, before }) => {
      const fromLog = views.quarantineList(db, quarantineLimit).map(({ id, from, tag, reason, at }) => ({
        id: `log-${id}`,
        from,
        tag,
        reason,
        at,
      }));
      const fromPlaces = sync.problems().map((problem) => ({
        id: `place-${problem.share}-${problem.name}`.slice(0, 600),
        from: problem.name,
        tag: problem.tag,
        reason: problem.reason,
        at: problem.at,
      }));
      const all = [...fromLog, ...fromPlaces].sort((a, b) => b.at.localeCompare(a.at));
      const { rows, next } = pageOf(all, ({ id }) => id, limit, before);
      return ok({ rows: [...rows], next, total: all.length });
    },
  };
};

const lineField = (line: string, key: string): string => {
  const parsed = parseJson(line);
  const value = parsed.ok && isJsonObject(parsed.value) ? parsed.value[key] : undefined;
  return typeof value === 'string' ? value : '';
};

const controlTitles: Readonly<Record<string, string>> = {
  'stream.opened': 'This device began to write',
  'person.added': 'Name of a person',
  'device.registered': 'This device introduced itself',
  'device.confirmed': 'A device was confirmed',
  'device.revoked': 'A device was revoked',
  'role.granted': 'A role was granted',
  'role.revoked': 'A role was revoked',
  'room.announced': 'A room was announced',
  'signal.judged': 'A signal was judged',
  'residency.set': 'A rule where facts may lie',
  'budget.set': 'A daily limit of reading',
  'usage.reported': 'What this device used of the day’s limit',
  'note.edited': 'A note was edited',
};
const controlWords = (line: string): string => {
  const type = lineField(line, 'type');
  return controlTitles[type] ?? type;
};

const encodePosition = ({ log, dev, seq }: Position): string =>
  Buffer.from(JSON.stringify([log, dev, seq])).toString('base64url');
const decodePosition = (text: string | null): Position | null => {
  if (text === null) return null;
  const parsed = parseJson(Buffer.from(text, 'base64url').toString('utf8'));
  if (!parsed.ok || !Array.isArray(parsed.value)) return null;
  const [log, dev, seq] = parsed.value as readonly unknown[];
  return typeof log === 'string' && typeof dev === 'string' && typeof seq === 'number'
    ? { log: log as LogId, dev: dev as Position['dev'], seq }
    : null;
};
