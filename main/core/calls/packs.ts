import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure } from '../../../shared/base/failure.ts';
import { err, mapOk, ok, type Result } from '../../../shared/base/result.ts';
import { toInstant } from '../../../shared/base/time.ts';
import { pageLimit } from '../../../shared/contract/common.ts';
import { exportPack, packCommands, type PackDeps } from '../../evidence/export-pack.ts';
import type { LineageExtract } from '../../evidence/pack-files.ts';
import { previewPack } from '../../evidence/preview-pack.ts';
import type { EventDraft } from '../../log/port.ts';
import type { RoomHeader } from '../../log/views-port.ts';
import { storeFailureOf } from '../../store/failures.ts';
import { writeAtomically } from '../../store/files.ts';
import { citationOf } from '../cite.ts';
import { isCitedAsIs } from '../older-facts.ts';
import { roomNumber, slug } from '../display.ts';
import type { HandlersOf } from '../handlers.ts';
import type { LakePart } from '../lake-part.ts';
import { marksFor } from '../marks.ts';
import type { Parts } from '../parts.ts';
import { roomScopeOf } from '../room-scope.ts';
import { roomOf } from '../write.ts';

export type PackCallDeps = {
  readonly version: string;
  readonly lake: LakePart;
  /** Offers a finished file to the window that asked; null where nobody can fetch it. */
  readonly offerFile: (file: string) => string | null;
};

/** An export cites everything that it shows (event-format section 4); of very many machine facts the newest. */
const citedLimit = 500;
/** Lineage that goes along, around the room's assets. */
const packedHops = 3;

/** Evidence packs. They are written into the profile's folder `packs`; the signers file lies beside, outside the pack. */
export const packCalls = (parts: Parts, deps: PackCallDeps): HandlersOf<'pack.preview' | 'pack.export'> => {
  const { profile, log, views, blobs, clock } = parts;
  const { store } = profile;
  const scope = roomScopeOf(parts, deps.lake);
  const folder = join(profile.dir, 'packs');
  const packDeps: PackDeps = {
    store,
    log,
    views,
    blobPath: blobs.path,
    clock,
    scratch: folder,
    agent: `Breakwater ${deps.version}`,
  };

  const factsToCite = (room: RoomHeader): readonly EventDraft[] => {
    const cited = new Map(views.citations(store.read, room.log).map((one) => [one.factId, one]));
    return deps.lake.facts
      .page(scope.window(room), null, citedLimit)
      .filter((fact) => {
        const known = cited.get(fact.id);
        return known === undefined || !isCitedAsIs(known, fact);
      })
      .map((fact) => citationOf(fact));
  };

  const lineageOf = (room: RoomHeader): LineageExtract | null => {
    const edges = deps.lake.edges(scope.assets(room), packedHops);
    const state = deps.lake.sources().find(({ source }) => source.endsWith('table_lineage'));
    if (state === undefined || state.observedAt === null) return null;
    return { edges: edges.map((edge) => ({ ...edge })), completeTo: state.completeTo, source: state.source };
  };

  const prepareFolder = (): Result<null, Failure> => {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return ok(null);
    } catch (thrown) {
      const named = storeFailureOf(thrown, folder);
      if (named === null) throw thrown;
      return err(named);
    }
  };

  return {
    'pack.preview': ({ log: id }) => {
      const room = roomOf(parts, store.read, id);
      if (!room.ok) return room;
      const ready = prepareFolder();
      if (!ready.ok) return ready;
      const preview = previewPack(packDeps, {
        room: room.value.log,
        actor: parts.who().person,
        facts: factsToCite(room.value),
        lineage: lineageOf(room.value),
        notShared: marksFor(store.read, log).onlyHere(room.value.log),
      });
      return mapOk(preview, (shown) => ({ ...shown, lines: shown.lines.slice(0, pageLimit) }));
    },
    'pack.export': async ({ log: id, purpose }) => {
      const room = roomOf(parts, store.read, id);
      if (!room.ok) return room;
      const ready = prepareFolder();
      if (!ready.ok) return ready;
      const moment = toInstant(clock.now()).replaceAll(/[-:]|\.\d+/g, '');
      const file = join(folder, `${slug(roomNumber(id), room.value.title.value ?? 'room')}-${moment}.zip`);
      const done = await exportPack(packDeps, {
        room: room.value.log,
        actor: parts.who().person,
        file,
        facts: factsToCite(room.value),
        lineage: lineageOf(room.value),
        ...(purpose === undefined ? {} : { purpose }),
      });
      if (!done.ok) return done;
      const signersFile = `${file}.signers`;
      writeAtomically(signersFile, `${done.value.signersLine}\n`, 0o644);
      return ok({
        file,
        sha256: done.value.sha256,
        size: done.value.size,
        signersFile,
        fingerprint: done.value.fingerprint,
        commands: [...packCommands(done.value)],
        download: deps.offerFile(file),
      });
    },
  };
};
