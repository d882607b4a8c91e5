import { type Failure, failure } from '../../../shared/base/failure.ts';
import { err, mapOk, ok, type Result } from '../../../shared/base/result.ts';
import type { PracticeState } from '../../../shared/contract/share.ts';
import { type Credential, isUnattended, openPlan } from '../../databricks/credential.ts';
import { credentialFound, type FoundConnection } from '../../databricks/found.ts';
import type { Connection, DatabricksFailure } from '../../databricks/port.ts';
import type { ConnectionPart } from '../connection.ts';
import { plain } from '../connection-slot.ts';
import { connectionRows } from '../connection-rows.ts';
import { type ConnectionTest, shownStep } from '../connection-test.ts';
import { failed as failedStep } from '../../databricks/check-step.ts';
import type { HandlersOf } from '../handlers.ts';
import { prepare, type SigningIn } from '../prepare-connection.ts';
import type { WarehouseLife } from '../warehouse-life.ts';
import { controlRequest, noButtons, practiceGone, stateOf } from '../practice.ts';

type WorkspaceCalls =
  | 'lake.refresh'
  | 'connection.found'
  | 'connection.list'
  | 'connection.remove'
  | 'connection.test'
  | 'connection.check'
  | 'connection.testing'
  | 'connection.stopTest'
  | 'setup.sql'
  | 'connection.save'
  | 'connection.usePractice'
  | 'practice.get'
  | 'practice.set';
export type WorkspaceDeps = {
  readonly connection: ConnectionPart;
  readonly signing: SigningIn;
  /** Somebody sits in front of this core: a service principal would act in their place. */
  readonly attended: boolean;
  readonly life: WarehouseLife;
  /** Check a connection step by step without saving it. */
  readonly test: ConnectionTest<Connection>;
  /** What this machine knows of workspaces now. Asked anew each time: tokens of others are not kept in memory. */
  readonly found: () => readonly FoundConnection[];
  /** Read the lake now; false when that is under way. `mayStart`: a person asked, practice may be started. */
  readonly refresh: () => boolean;
  /** SQL for an administrator, as text. */
  readonly setup: (wanted: { principal: string; share?: string | undefined }) => Result<{ sql: string }, Failure>;
  /** The same without starting anything. */
  readonly look: () => boolean;
};

type Choice = {
  readonly host: string;
  readonly token?: string | undefined;
  readonly from?: string | undefined;
  readonly auth?: 'oauth-u2m' | 'databricks-cli' | undefined;
};

/** The workspace behind the facts: connect, check, refresh; the buttons of practice. */
export const workspaceCalls = ({
  connection,
  signing,
  attended,
  test,
  setup,
  life,
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
      ...(answer.ok ? stateOf(answer.value) : { buttons: noButtons, granted: null, systemSchemas: [] }),
    };
  };

  const credentialOf = (given: Choice): Result<Credential, DatabricksFailure> => {
    if (given.auth !== undefined) return ok({ kind: given.auth });
    return given.from === undefined
      ? ok({ kind: 'pat', token: given.token ?? '' })
      : credentialFound(found(), given.from, given.host);
  };

  return {
    'lake.refresh': () => ok({ started: refresh() }),
    // Field by field: a token must not slip into an answer because the source carries it.
    'connection.found': () =>
      ok({
        found: found().map(({ id, source, label, host, httpPath, credential, otherSignIn }) => ({
          id,
          source,
          label,
          host,
          httpPath,
          hasToken: credential !== null,
          auth: credential?.kind ?? null,
          otherSignIn,
          unattended: credential !== null && isUnattended(credential),
        })),
      }),
    'connection.list': () => ok({ rows: connectionRows(connection, life) }),
    'connection.remove': async ({ id }) => mapOk(await connection.remove(id), () => ({ removed: true })),
    'connection.test': async (given) => {
      const credential = credentialOf(given);
      if (!credential.ok) return err(plain(credential.error));
      const prepared = prepare({ ...given, credential: credential.value }, signing);
      // What cannot even be tried is one step of the list.
      if (!prepared.ok) return ok({ steps: [shownStep(failedStep('settings', asDatabricks(prepared.error)))] });
      const opened = openPlan(prepared.value.plan, signing.seams, signing.trial(prepared.value.plan.host));
      return ok({ steps: await test.run(opened, given.startWarehouse === true) });
    },
    'connection.check': async ({ id, startWarehouse }) => {
      const at = await connection.find(id);
      if (!at.ok) return ok({ steps: [shownStep(failedStep('settings', asDatabricks(at.error)))] });
      return ok({ steps: await test.run(at.value, startWarehouse === true) });
    },
    'connection.testing': () => ok(test.now()),
    'setup.sql': (wanted) => setup(wanted),
    'connection.stopTest': () => ok({ stopped: test.stop() }),
    'connection.save': async (given) => {
      const credential = credentialOf(given);
      if (!credential.ok) return err(plain(credential.error));
      if (attended && isUnattended(credential.value)) return err(unattendedOnly);
      const saved = await connection.save({ ...given, credential: credential.value });
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

/** A failure of preparing, where a step of a check is told. */
const asDatabricks = ({ what, safe, advice, code }: Failure): DatabricksFailure => ({
  tag: 'NotConfigured', what, safe, advice, ...(code === undefined ? {} : { code }),
}); // prettier-ignore

const unattendedOnly: Failure<'UnattendedOnly'> = failure(
  'UnattendedOnly',
  'This is a service principal: the audit log of the workspace would show a robot for everything that you do here.',
  'Nothing was saved and nothing was sent.',
  'Sign in as yourself. Commands that run unattended use it with BREAKWATER_CONNECTION, see the README.',
);
