import { type Failure, failure } from '../../../shared/base/failure.ts';
import { err, ok, type Result } from '../../../shared/base/result.ts';
import { declaredAsset } from '../../../shared/domain/declarations.ts';
import type { HandlersOf } from '../handlers.ts';
import type { Parts } from '../parts.ts';
import { append, given, noSuchEntry, roomOf, writeInRoom, type Written } from '../write.ts';

/** What no source knows of: systems outside, and ways of data that leave no lineage. People declare them, and take them back. */
export const declarationCalls = (parts: Parts): HandlersOf<'lineage.declare' | 'lineage.withdraw'> => ({
  'lineage.declare': ({ log, outside, from, to, note }) => {
    if (outside === undefined && from === to) return err(toItself);
    // One act: the edge names the event of the node that it leads to.
    return parts.profile.store.transaction((db): Result<Written, Failure> => {
      const room = roomOf(parts, db, log);
      if (!room.ok) return room;
      const edge = (ends: { readonly from: string; readonly to: string }): Result<Written, Failure> =>
        append(parts, db, room.value.log, [{ type: 'edge.declared', fields: given({ ...ends, note }) }]);
      if (outside === undefined) return edge({ from: from ?? '', to: to ?? '' });
      const node = append(parts, db, room.value.log, [{ type: 'asset.declared', fields: given({ ...outside, note }) }]);
      if (!node.ok) return node;
      const [hash = ''] = node.value.hashes;
      const asset = declaredAsset(hash);
      const drawn = edge(from === undefined ? { from: asset, to: to ?? '' } : { from, to: asset });
      return drawn.ok ? ok({ hashes: [...node.value.hashes, ...drawn.value.hashes] }) : drawn;
    });
  },
  'lineage.withdraw': ({ log, declaration, reason }) =>
    writeInRoom(parts, log, (db, room) =>
      parts.views.declarations(db, room.log).some((one) => one.id === declaration && one.effect === 'full')
        ? ok([{ type: 'declaration.withdrawn', fields: given({ declaration, reason }) }])
        : err(noSuchEntry('declaration', declaration)),
    ),
});

const toItself: Failure = failure(
  'EdgeToItself',
  'Both ends are the same asset.',
  'Nothing was declared; what was chosen is still in the form.',
  'Choose another asset for one end.',
);
