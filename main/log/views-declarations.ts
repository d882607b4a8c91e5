import type { LogId } from '../../shared/domain/ids.ts';
import { eventByRid } from '../store/events.ts';
import type { ReadableDb } from '../store/port.ts';
import { listedEntries } from '../store/projections.ts';
import { decoded, fieldText, openView, settled } from './settled.ts';
import type { DeclarationView } from './views-port.ts';

/** Nodes and edges that people declared by hand in a room, oldest first; withdrawn ones stay and say so. */
export const declarations = (db: ReadableDb, log: LogId): readonly DeclarationView[] => {
  const view = openView(db, log);
  if (!view) return [];
  return (['asset.declared', 'edge.declared'] as const).flatMap((type) =>
    listedEntries(db, view.row.rid, type).flatMap(({ event_rid, reason }): DeclarationView[] => {
      const row = eventByRid(db, event_rid);
      if (row === undefined) return [];
      const event = decoded(row);
      const common = {
        id: event.hash,
        by: view.author(event),
        at: event.at,
        effect: reason === null ? ('full' as const) : ('none' as const),
        state: settled<'standing' | 'withdrawn'>(view, event.hash, 'declaration'),
        note: fieldText(event, 'note'),
      };
      if (type === 'asset.declared')
        return [
          {
            ...common,
            what: 'asset',
            name: fieldText(event, 'name'),
            owner: fieldText(event, 'owner'),
            contact: fieldText(event, 'contact'),
          },
        ];
      const [from, to] = [fieldText(event, 'from'), fieldText(event, 'to')];
      return from === null || to === null ? [] : [{ ...common, what: 'edge', from, to }];
    }),
  );
};
