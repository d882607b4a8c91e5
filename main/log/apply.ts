import { isOrgLog, type LogId } from '../../shared/domain/ids.ts';
import { logByRid } from '../store/logs.ts';
import type { WritableDb } from '../store/port.ts';
import type { SpecOf } from './decode.ts';
import { rejudgeOrg } from './org-judge.ts';
import { projectorOf, rebuildLog, type Stored } from './project.ts';

/** New stored events of one log, each stream in order. */
export type NewOfLog = { readonly logRid: number; readonly events: readonly Stored[] };

/**
 * Project what was just stored. Organisation logs go first: they may change who had authority, and then the logs that this
 * touches are made again instead of patched. `authority` false: the caller knows that no authority event is among them
 * and that nothing earlier can have named them (own appends), so nothing is judged again.
 */
export const applyNew = (
  db: WritableDb,
  specOf: SpecOf,
  batches: readonly NewOfLog[],
  { authority }: { readonly authority: boolean },
): void => {
  const rebuild = new Set<number>();
  if (authority) {
    for (const { logRid, events } of batches) {
      const log = logByRid(db, logRid);
      if (!log || !isOrgLog(log.id as LogId) || events.length === 0) continue;
      const change = rejudgeOrg(
        db,
        log,
        events.map(({ hash }) => hash),
      );
      for (const rid of change.logs) rebuild.add(rid);
      if (change.rejudged) rebuild.add(logRid);
    }
  }
  for (const { logRid, events } of batches) {
    if (rebuild.has(logRid)) continue;
    const log = logByRid(db, logRid);
    if (!log) continue;
    const projector = projectorOf(db, log, specOf);
    for (const event of events) projector.project(event);
    projector.finish();
  }
  for (const rid of rebuild) rebuildLog(db, rid, specOf);
};
