import { clearProblem } from '../../shared/domain/fields.ts';
import { specOf } from '../../shared/domain/event-types.ts';
import { authorityTypes, judgeOrg, type OrgEvent } from '../../shared/domain/reduce-org.ts';
import { orgLogOf } from '../../shared/domain/signal-id.ts';
import { eventsAfter } from '../store/events.ts';
import { logsWithDevices, streamsOf, type LogRow } from '../store/logs.ts';
import {
  bindingsOf, cutsOf, effectsOf, grantEnds, grantsOf, putOrg, type OrgTables,
} from '../store/orgs.ts'; // prettier-ignore
import type { ReadableDb, WritableDb } from '../store/port.ts';
import { logsNamingOrgEvents, logsUsingGrants } from '../store/projections.ts';
import { lineOf } from './decode.ts';
import { sha256Hex } from './digest.ts';
import { clearText } from './line.ts';
import { verifyText } from './signature.ts';

const orgOfDevice = new Map<string, string>();
/** The founder's device is the one that the organisation's id is made of. */
export const isFounder = (org: string, dev: string): boolean => {
  let id = orgOfDevice.get(dev);
  if (id === undefined) {
    if (orgOfDevice.size > 5000) orgOfDevice.clear();
    id = orgLogOf(dev, sha256Hex);
    orgOfDevice.set(dev, id);
  }
  return id === org;
};

/** What a former key signs so that its successor is taken for the same person's (device.registered `proof`). */
export const successionText = (org: string, person: string, former: string, successor: string): string =>
  ['breakwater-succession-1', org, person, former, successor].join('\n');

const successionOf = (
  org: string,
  line: { readonly c: OrgEvent['c']; readonly dev: string; readonly actor: string },
  pubs: ReadonlyMap<string, string | null>,
): string | null => {
  const former = clearText(line.c, 'succeeds');
  const proof = clearText(line.c, 'proof');
  const pub = former === null ? null : (pubs.get(former) ?? null);
  if (former === null || proof === null || pub === null) return null;
  return verifyText(pub, successionText(org, line.actor, former, line.dev), proof) ? former : null;
};

/** All authority events of an org log with what their authors knew; `seen` counts only where its hash is right. */
const authorityEvents = (db: ReadableDb, log: LogRow): readonly OrgEvent[] => {
  const streams = streamsOf(db, log.rid);
  const pubs = new Map(streams.map(({ dev, pub }) => [dev, pub]));
  const rows = [];
  for (let after = 0; ;) {
    const page = eventsAfter(db, log.rid, after, 2000);
    for (const row of page) if (row.sealed === 0) rows.push({ row, line: lineOf(row) });
    const last = page.at(-1);
    if (!last) break;
    after = last.rid;
  }
  rows.sort((a, b) => a.row.stream_rid - b.row.stream_rid || a.row.seq - b.row.seq);
  const hashAt = new Map(rows.map(({ row, line }) => [`${line.dev} ${line.seq}`, row.hash]));
  const events: OrgEvent[] = [];
  let stream = 0;
  let knows = new Map<string, number>();
  for (const { row, line } of rows) {
    if (row.stream_rid !== stream) {
      stream = row.stream_rid;
      knows = new Map();
    }
    for (const [dev, [seq, hash]] of Object.entries(line.seen)) {
      if (hashAt.get(`${dev} ${seq}`) === hash) knows.set(dev, Math.max(seq, knows.get(dev) ?? 0));
    }
    const spec = authorityTypes.has(line.type) ? specOf(line.type, line.v) : null;
    if (!spec || clearProblem(spec, line.c) !== null) continue;
    const { dev, seq, hlc, at, actor, type, over, c } = line;
    const succession = type === 'device.registered' ? successionOf(log.id, line, pubs) : null;
    const auth = clearText(c, 'auth');
    events.push({ hash: row.hash, dev, seq, hlc, at, actor, type, over, c, auth, knows: new Map(knows), succession });
  }
  return events;
};

const tablesOf = (db: ReadableDb, log: LogRow): OrgTables => {
  const founder = streamsOf(db, log.rid).find(({ dev }) => isFounder(log.id, dev))?.dev ?? '';
  const state = judgeOrg(authorityEvents(db, log), log.id, founder);
  return {
    effects: [...state.effects].map(([hash, reason]) => ({ hash, reason })),
    bindings: state.bindings.map(({ dev, person, how, hash }) => ({ dev, person, how, hash })),
    grants: state.grants.map((grant) => ({
      hash: grant.hash,
      person: grant.person,
      role: grant.role,
      expires_at: grant.expiresAt,
      hlc: grant.hlc,
      reason: grant.reason,
      revoked: grant.ends.length > 0 ? 1 : 0,
    })),
    ends: state.grants.flatMap((grant) =>
      grant.ends.map(({ dev, seq, hash }) => ({ grant_hash: grant.hash, dev, seq, hash })),
    ),
    cuts: state.cuts.map(({ dev, log: named, seq, hash }) => ({ dev, log: named, seq, hash })),
  };
};

const changed = <T extends object>(before: readonly T[], after: readonly T[]): readonly T[] => {
  const old = new Set(before.map((row) => JSON.stringify(row)));
  const now = new Set(after.map((row) => JSON.stringify(row)));
  return [
    ...after.filter((row) => !old.has(JSON.stringify(row))),
    ...before.filter((row) => !now.has(JSON.stringify(row))),
  ];
};

export type OrgChange = {
  /** Events of the org log that were judged before and are judged otherwise now. */
  readonly rejudged: boolean;
  /** Logs (rid) in which events may be judged otherwise now. */
  readonly logs: ReadonlySet<number>;
};

/**
 * Judge an organisation's authority again after its log grew by `newHashes`, and say which logs that may touch: those with
 * a stream of a device that was bound or cut, with an event under a grant that changed, or whose authors named an org event
 * that was not here before.
 */
export const rejudgeOrg = (db: WritableDb, log: LogRow, newHashes: readonly string[]): OrgChange => {
  const org = log.id;
  const before = {
    effects: effectsOf(db, org),
    bindings: bindingsOf(db, org),
    grants: grantsOf(db, org),
    ends: grantEnds(db, org),
    cuts: cutsOf(db, org),
  };
  const tables = tablesOf(db, log);
  putOrg(db, org, tables);
  const after = {
    bindings: bindingsOf(db, org),
    grants: grantsOf(db, org),
    ends: grantEnds(db, org),
    cuts: cutsOf(db, org),
  };
  const devices = [...changed(before.bindings, after.bindings), ...changed(before.cuts, after.cuts)].map(
    ({ dev }) => dev,
  );
  const grants = [
    ...changed(before.grants, after.grants).map(({ hash }) => hash),
    ...changed(before.ends, after.ends).map(({ grant_hash }) => grant_hash),
  ];
  const logs = new Set([...logsWithDevices(db, devices), ...logsUsingGrants(db, grants)]);
  if (after.ends.length > 0) for (const rid of logsNamingOrgEvents(db, newHashes)) logs.add(rid);
  const now = new Map(tables.effects.map(({ hash, reason }) => [hash, reason]));
  const rejudged = before.effects.some(({ hash, reason }) => now.get(hash) !== reason) || logs.has(log.rid);
  logs.delete(log.rid);
  return { rejudged, logs };
};
