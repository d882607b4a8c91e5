import { type Failure, failure } from '../../shared/base/failure.ts';
import { err, type Result } from '../../shared/base/result.ts';
import type { DatabricksFailure, Warehouse } from '../databricks/port.ts';
import { createDeltaTransport } from '../sync/delta.ts';
import { createSync, type Sync } from '../sync/engine.ts';
import { createFolderTransport } from '../sync/folder.ts';
import type { ShareKind } from '../sync/port.ts';
import type { ConnectionPart } from './connection.ts';
import type { Parts } from './parts.ts';

/** Sharing for this profile: transports over the present workspace and over folders, rooms of the organisation only. */
export const shareOf = (
  parts: Parts,
  connection: ConnectionPart,
  retireDevice: (why: string) => Result<unknown, Failure>,
  mayLook: (kind: ShareKind) => boolean,
): Sync => {
  const warehouse = followingWarehouse(connection);
  return createSync({
    store: parts.profile.store,
    log: parts.log,
    transports: {
      delta: (place) => createDeltaTransport(place, warehouse, parts.random),
      folder: (place) => createFolderTransport(place, parts.log.device.id, parts.random),
    },
    clock: parts.clock,
    scheduler: parts.scheduler,
    random: parts.random,
    logger: (line) => parts.logger.info(line),
    // Who is not admitted yet announces nothing: it would have no effect.
    retireDevice,
    mayLook,
    actor: () => (parts.who().admitted ? parts.who().person : null),
  });
};

/** The warehouse of whatever workspace is connected now: a share outlives a restarted practice lakehouse or a new token. */
const followingWarehouse = (connection: ConnectionPart): Warehouse => ({
  query: async (statement, options) => {
    const workspace = connection.current();
    if (workspace === null) return err(noWorkspace);
    return noted(connection, await workspace.warehouse.query(statement, options));
  },
  pages: async function* (statement, options) {
    const workspace = connection.current();
    if (workspace === null) yield err(noWorkspace);
    else yield* workspace.warehouse.pages(statement, options);
  },
  // The connection is the core's: a share that ends does not end it.
  close: () => Promise.resolve(),
});

/** A workspace that cannot be reached by a share cannot be reached: the status bar says so at once. */
const noted = <T>(connection: ConnectionPart, answer: Result<T, DatabricksFailure>): Result<T, DatabricksFailure> => {
  if (!answer.ok && answer.error.tag === 'Offline') connection.told(answer.error);
  return answer;
};

const noWorkspace: DatabricksFailure = failure(
  'Offline',
  'No workspace is connected.',
  'Everything you write is saved on this device.',
  'Sharing goes on by itself when a workspace is connected.',
);
