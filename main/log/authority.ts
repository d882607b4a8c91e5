import type { EventLine } from '../../shared/domain/event.ts';
import { isOrgLog, type LogId } from '../../shared/domain/ids.ts';
import type { Role } from '../../shared/domain/policy.ts';
import type { EventTypeSpec } from '../../shared/domain/event-types.ts';
import { judge, type GrantState, type NoEffect } from '../../shared/domain/reduce-authority.ts';
import { authorityTypes } from '../../shared/domain/reduce-org.ts';
import type { LogRow } from '../store/logs.ts';
import { bindingsOf, cutsOf, effectOf, endsOfGrant, grantByHash } from '../store/orgs.ts';
import type { ReadableDb } from '../store/port.ts';
import { orgKnowledge } from '../store/projections.ts';
import { knownSeq } from './knowledge.ts';
import { clearText } from './line.ts';
import { isFounder } from './org-judge.ts';

export type Judge = (
  line: EventLine,
  hash: string,
  streamRid: number,
  spec: EventTypeSpec,
) => NoEffect | 'bad-fields' | null;

/** The organisation that governs a log: an org log governs itself. */
export const governingOrg = (log: LogRow): string | null => (isOrgLog(log.id as LogId) ? log.id : log.org);

/**
 * Judge events of one log against the organisation's authority as it stands in the `org_*` tables. Good for one batch:
 * it remembers what it looked up.
 */
export const judgeFor = (db: ReadableDb, log: LogRow): Judge => {
  const org = governingOrg(log);
  const inOrg = isOrgLog(log.id as LogId);
  const bound = new Set(org === null ? [] : bindingsOf(db, org).map(({ dev, person }) => `${dev} ${person}`));
  const cutAt = new Map<string, number>();
  const cutRows = org === null ? [] : cutsOf(db, org);
  // A revocation that names this log decides; the '*' row stands for logs that it does not name.
  for (const named of new Set(cutRows.map(({ hash }) => hash))) {
    const rows = cutRows.filter(({ hash }) => hash === named);
    const row = rows.find((cut) => cut.log === log.id) ?? rows.find((cut) => cut.log === '*');
    if (row) cutAt.set(row.dev, Math.min(row.seq, cutAt.get(row.dev) ?? Number.MAX_SAFE_INTEGER));
  }
  const grants = new Map<string, GrantState | null>();
  const grantOf = (hash: string): GrantState | null => {
    const known = grants.get(hash);
    if (known !== undefined) return known;
    const row = org === null ? undefined : grantByHash(db, org, hash);
    const grant: GrantState | null =
      row && org !== null
        ? {
            person: row.person,
            role: row.role as Role,
            expiresAt: row.expires_at,
            effective: row.reason === null,
            ends: endsOfGrant(db, org, hash),
          }
        : null;
    grants.set(hash, grant);
    return grant;
  };
  const knew = (line: EventLine, streamRid: number) => (position: { readonly dev: string; readonly seq: number }) => {
    if (inOrg) {
      return position.dev === line.dev
        ? position.seq < line.seq
        : knownSeq(db, streamRid, line.seq, position.dev) >= position.seq;
    }
    const known = orgKnowledge(db, streamRid, line.seq).find(({ dev }) => dev === position.dev);
    return known !== undefined && known.seq >= position.seq;
  };
  return (line, hash, streamRid, spec) => {
    if (inOrg && org !== null && authorityTypes.has(line.type)) {
      const effect = effectOf(db, org, hash);
      return effect === undefined ? 'bad-fields' : (effect.reason as NoEffect | null);
    }
    return judge(
      { needs: spec.needs, actor: line.actor, at: line.at, auth: clearText(line.c, 'auth') },
      {
        org: org !== null,
        root: inOrg && isFounder(log.id, line.dev),
        cut: line.seq > (cutAt.get(line.dev) ?? Number.MAX_SAFE_INTEGER),
        bound: () => bound.has(`${line.dev} ${line.actor}`),
        grant: grantOf,
        knew: knew(line, streamRid),
      },
    );
  };
};
