import type { Failure } from '../../shared/base/failure.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import { type Clock, type Instant, toInstant } from '../../shared/base/time.ts';
import type { Status } from '../../shared/contract/status.ts';
import type { Connection, DatabricksFailure, Workspace } from '../databricks/port.ts';

/** One workspace of the profile and what the last use of it told: opened when it is asked for, kept until it is forgotten. */
export type Slot = {
  readonly id: string;
  /** The open workspace; connects first where that is needed. Only a person's act, or the first try, starts practice. */
  readonly workspace: (mayStart: boolean) => Promise<Result<Workspace, Failure>>;
  /** The open workspace, or null: never waits. */
  readonly current: () => Workspace | null;
  /** What the last use of the connection told: null = it works. */
  readonly told: (problem: Failure | null) => void;
  readonly state: () => Status['workspace'];
  /** Close what is open and start anew: the address or the token is another one now. */
  readonly forget: () => Promise<void>;
};

export type SlotDeps = {
  readonly id: string;
  readonly clock: Clock;
  readonly open: (connection: Connection) => Result<Workspace, DatabricksFailure>;
  readonly find: (mayStart: boolean) => Promise<Result<Connection, Failure>>;
  /** Name, kind and host as they are known without a connection. */
  readonly about: () => Pick<Status['workspace'], 'name' | 'kind' | 'host'>;
  /** True for one that comes back at another address: a lost connection is then looked for anew. */
  readonly moves: () => boolean;
  readonly changed: () => void;
  /** Wrap what was opened: notes of use, counters. `told` as above. */
  readonly wrap: (workspace: Workspace, told: (problem: null) => void) => Workspace;
};

export const createSlot = (deps: SlotDeps): Slot => {
  let open: Workspace | null = null;
  let opening: Promise<Result<Workspace, Failure>> | null = null;
  let last: { problem: Failure | null; tried: boolean; since: Instant | null } = {
    problem: null,
    tried: false,
    since: null,
  };

  const told = (problem: Failure | null): void => {
    // Ended by us, to sign in anew or to close: that says nothing of the workspace.
    if (problem?.tag === 'Cancelled') return;
    const before = last;
    const same = before.tried && stateOf(before.problem) === stateOf(problem);
    last = { problem, tried: true, since: same ? before.since : toInstant(deps.clock.now()) };
    if (!same) deps.changed();
  };

  const connect = async (mayStart: boolean): Promise<Result<Workspace, Failure>> => {
    const connection = await deps.find(mayStart);
    const opened = connection.ok ? deps.open(connection.value) : connection;
    if (!opened.ok) {
      told(opened.error);
      return opened;
    }
    const workspace = deps.wrap(opened.value, () => {
      if (open === workspace) told(null);
    });
    open = workspace;
    return ok(workspace);
  };

  return {
    id: deps.id,
    workspace: (mayStart) => {
      if (open !== null) return Promise.resolve(ok(open));
      opening ??= connect(mayStart).finally(() => {
        opening = null;
      });
      return opening;
    },
    current: () => open,
    told: (problem) => {
      told(problem);
      if (problem?.tag !== 'Offline' || !deps.moves()) return;
      const old = open;
      open = null;
      void old?.close();
    },
    state: () => {
      const about = deps.about();
      const { problem, tried, since } = last;
      return {
        ...about,
        host: about.host === '' ? (open?.connection.host ?? '') : about.host,
        state: about.kind === 'none' ? 'not-configured' : tried ? stateOf(problem) : 'connecting',
        since,
        failure: problem === null ? null : plain(problem),
      };
    },
    forget: async () => {
      await opening;
      const old = open;
      open = null;
      last = { problem: null, tried: false, since: null };
      await old?.close();
    },
  };
};

const stateOf = (problem: Failure | null): Status['workspace']['state'] => {
  switch (problem?.tag) {
    case undefined:
      return 'online';
    case 'Unauthorized':
    case 'Forbidden':
    case 'BadCertificate':
      return 'denied';
    case 'NotConfigured':
      return 'not-configured';
    case 'Starting':
      return 'connecting';
    default:
      return 'offline';
  }
};

/** Only what the contract knows of a failure: the driver's failures carry more. */
export const plain = ({ tag, what, safe, advice, code }: Failure): Failure =>
  code === undefined ? { tag, what, safe, advice } : { tag, what, safe, advice, code };
