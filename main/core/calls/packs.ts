import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure } from '../../../shared/base/failure.ts';
import { err, ok, type Result } from '../../../shared/base/result.ts';
import { toInstant } from '../../../shared/base/time.ts';
import { exportPack, packCommands, type PackDeps } from '../../evidence/export-pack.ts';
import type { PackPreview } from '../../../shared/contract/share.ts';
import type { EventDraft } from '../../log/port.ts';
import type { RoomHeader } from '../../log/views-port.ts';
import { storeFailureOf } from '../../store/failures.ts';
import { writeAtomically } from '../../store/files.ts';
import { citationOf } from '../cite.ts';
import { displayName, roomNumber, slug } from '../display.ts';
import type { HandlersOf } from '../handlers.ts';
import type { LakePart } from '../lake-part.ts';
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
    const cited = new Set(views.citations(store.read, room.log).map(({ factId }) => factId));
    return deps.lake.facts
      .page(scope.window(room), null, citedLimit)
      .filter(({ id }) => !cited.has(id))
      .map((fact) => citationOf(fact));
  };

  const preview = (room: RoomHeader): PackPreview => {
    const heads = log.heads(store.read, room.log);
    const files = views.attachments(store.read, room.log, blobs.has);
    const facts = factsToCite(room).length;
    return {
      lines: [
        {
          path: 'data/20-timeline',
          size: 0,
          what: `${room.counts.entries} entries of ${heads.length} devices`,
          withheld: null,
        },
        ...(facts > 0
          ? [
              {
                path: 'data/20-timeline',
                size: 0,
                what: `${facts} machine facts, cited by this export`,
                withheld: null,
              },
            ]
          : []),
        ...files.slice(0, 400).map(({ name, blob, here }) => ({
          path: `data/blobs/${blob?.sha256 ?? ''}`,
          size: blob?.size ?? 0,
          what: `File: ${displayName(name ?? 'withheld')}`,
          withheld: here ? null : 'not on this device',
        })),
      ],
      events: heads.reduce((sum, { seq }) => sum + seq, 0) + facts + 1,
      devices: heads.length,
      notAttested: views.authors(store.read, room.log).filter(({ by }) => !by.attested).length,
      absentBlobs: files.filter(({ here }) => !here).map(({ blob }) => blob?.sha256 ?? ''),
      warnings: [],
    };
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
      return ok(preview(room.value));
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
