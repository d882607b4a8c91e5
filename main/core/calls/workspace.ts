import { err, mapOk, ok, type Result } from '../../../shared/base/result.ts';
import type { PracticeState } from '../../../shared/contract/share.ts';
import { type FoundConnection, tokenFound } from '../../databricks/found.ts';
import type { ConnectionStep, DatabricksFailure } from '../../databricks/port.ts';
import type { ConnectionPart } from '../connection.ts';
import { plain } from '../connection-slot.ts';
import { connectionRows } from '../connection-rows.ts';
import type { HandlersOf } from '../handlers.ts';
import { buttonsOf, controlRequest, noButtons, practiceGone } from '../practice.ts';

type WorkspaceCalls =
  | 'lake.refresh'
  | 'connection.found'
  | 'connection.list'
  | 'connection.remove'
  | 'connection.test'
  | 'connection.save'
  | 'connection.usePractice'
  | 'practice.get'
  | 'practice.set';
export type WorkspaceDeps = {
  readonly connection: ConnectionPart;
  /** Check a connection step by step without saving it. */
  readonly check: (given: { host: string; httpPath: string; token: string }) => Promise<readonly ConnectionStep[]>;
  /** What this machine knows of workspaces now. Asked anew each time: tokens of others are not kept in memory. */
  readonly found: () => readonly FoundConnection[];
  /** Read the lake now; false when that is under way. `mayStart`: a person asked, practice may be started. */
  readonly refresh: () => boolean;
  /** The same without starting anything. */
  readonly look: () => boolean;
};

type TokenChoice = { readonly host: string; readonly token?: string | undefined; readonly from?: string | undefined };

/** The workspace behind the facts: connect, check, refresh; the buttons of practice. */
export const workspaceCalls = ({
  connection,
  check,
  found,
  refresh,
  look,
}: WorkspaceDeps): HandlersOf<WorkspaceCalls> => {
  const practiceState = async (): Promise<PracticeState> => {
    const link = connection.practice();
    const answer = link === null ? err(practiceGone) : await link.control({});
    return {
      running: answer.ok,
      address: link === null ? null : `${link.connection.host}:${link.connection.port}`,
      seed: link?.seed ?? null,
      buttons: answer.ok ? buttonsOf(answer.value) : noButtons,
    };
  };

  const tokenOf = (given: TokenChoice): Result<string, DatabricksFailure> =>
    given.from === undefined ? ok(given.token ?? '') : tokenFound(found(), given.from, given.host);

  return {
    'lake.refresh': () => ok({ started: refresh() }),
    // Field by field: a token must not slip into an answer because the source carries it.
    'connection.found': () =>
      ok({
        found: found().map(({ id, source, label, host, httpPath, token }) => ({
          id,
          source,
          label,
          host,
          httpPath,
          hasToken: token !== null,
        })),
      }),
    'connection.list': () => ok({ rows: connectionRows(connection) }),
    'connection.remove': async ({ id }) => mapOk(await connection.remove(id), () => ({ removed: true })),
    'connection.test': async (given) => {
      const token = tokenOf(given);
      if (!token.ok) return err(plain(token.error));
      const steps = await check({ host: given.host, httpPath: given.httpPath, token: token.value });
      return ok({
        steps: steps.map(({ step, state, detail, failure }) => ({
          step,
          state,
          detail,
          failure: failure === undefined ? null : plain(failure),
        })),
      });
    },
    'connection.save': async (given) => {
      const token = tokenOf(given);
      if (!token.ok) return err(plain(token.error));
      const saved = await connection.save({ ...given, token: token.value });
      if (saved.ok) refresh();
      return mapOk(saved, () => ({ saved: true }));
    },
    'connection.usePractice': async () => {
      const used = await connection.usePractice();
      if (used.ok) refresh();
      return mapOk(used, () => ({ saved: true }));
    },
    'practice.get': async () => ok(await practiceState()),
    'practice.set': async (pressed) => {
      const link = connection.practice();
      if (link === null) return err(practiceGone);
      const answer = await link.control(controlRequest(pressed));
      if (!answer.ok) return answer;
      look();
      return ok(await practiceState());
    },
  };
};
