import { err, mapOk, ok } from '../../../shared/base/result.ts';
import type { PracticeState } from '../../../shared/contract/share.ts';
import type { ConnectionStep } from '../../databricks/port.ts';
import type { ConnectionPart } from '../connection.ts';
import { plain } from '../connection.ts';
import type { HandlersOf } from '../handlers.ts';
import { buttonsOf, controlRequest, noButtons, practiceGone } from '../practice.ts';

type WorkspaceCalls =
  'lake.refresh' | 'connection.test' | 'connection.save' | 'connection.usePractice' | 'practice.get' | 'practice.set';
export type WorkspaceDeps = {
  readonly connection: ConnectionPart;
  /** Check a connection step by step without saving it. */
  readonly check: (given: { host: string; httpPath: string; token: string }) => Promise<readonly ConnectionStep[]>;
  /** Read the lake now; false when that is under way. `mayStart`: a person asked, practice may be started. */
  readonly refresh: () => boolean;
};

/** The workspace behind the facts: connect, check, refresh; the buttons of practice. */
export const workspaceCalls = ({ connection, check, refresh }: WorkspaceDeps): HandlersOf<WorkspaceCalls> => {
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

  return {
    'lake.refresh': () => ok({ started: refresh() }),
    'connection.test': async (given) => {
      const steps = await check(given);
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
      const saved = await connection.save(given);
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
      refresh();
      return ok(await practiceState());
    },
  };
};
