import * as v from 'valibot';
import { roles } from '../domain/policy.ts';
import { practiceRights } from '../domain/practice-rights.ts';
import { authKind } from './sign-in.ts';
import { count, failureSchema, hash, id, instant, logId, person } from './common.ts';

export const people = v.object({
  org: v.nullable(logId),
  people: v.array(
    v.object({
      person,
      email: v.nullable(v.string()),
      roles: v.array(v.object({ role: v.picklist(roles), grant: hash })),
      devices: v.array(
        v.object({
          id,
          label: v.nullable(v.string()),
          state: v.picklist(['attested', 'asking', 'revoked']),
          /** First 16 characters in groups of four, to read out over a phone. */
          fingerprint: v.string(),
          lastSeen: v.nullable(instant),
          you: v.boolean(),
        }),
      ),
    }),
  ),
});
export type People = v.InferOutput<typeof people>;

/** One row of "what is only here". */
export const ledgerRow = v.object({
  log: logId,
  room: v.string(),
  hash,
  seq: count,
  what: v.string(),
  at: instant,
  state: v.picklist(['only-here', 'sent', 'shared']),
});

export const quarantined = v.object({ id, from: v.string(), tag: v.string(), reason: v.string(), at: instant });

export const packLine = v.object({ path: v.string(), size: count, what: v.string(), withheld: v.nullable(v.string()) });
export const packPreview = v.object({
  lines: v.array(packLine),
  events: count,
  devices: count,
  notAttested: count,
  absentBlobs: v.array(v.string()),
  warnings: v.array(v.string()),
});
export type PackPreview = v.InferOutput<typeof packPreview>;
export const packDone = v.object({
  file: v.string(),
  sha256: v.string(),
  size: count,
  signersFile: v.string(),
  fingerprint: v.string(),
  /** The exact commands that an auditor types. */
  commands: v.array(v.string()),
  download: v.nullable(v.string()),
});
export type PackDone = v.InferOutput<typeof packDone>;

export const connectionFound = v.object({
  id,
  source: v.picklist(['environment', 'databrickscfg']),
  label: v.string(),
  host: v.string(),
  httpPath: v.nullable(v.string()),
  /** Something signs in there, by `auth`. */
  hasToken: v.boolean(),
  auth: v.nullable(authKind),
  /** It is a service principal: for unattended use only, the audit log would show it and no person. */
  unattended: v.boolean(),
  /** How it signs in where Breakwater takes nothing from it: `azure-cli`, `external-browser`, or a way that lacks a part. */
  otherSignIn: v.nullable(v.string()),
});

/** One workspace of this profile. `primary`: the share lives there. */
export const connectionRow = v.object({
  id,
  name: v.string(),
  kind: v.picklist(['practice', 'workspace', 'none']),
  host: v.string(),
  httpPath: v.string(),
  primary: v.boolean(),
  state: v.picklist(['online', 'offline', 'connecting', 'denied', 'not-configured']),
  since: v.nullable(instant),
  failure: v.nullable(failureSchema),
  /** As it said when it was last reached; null = never. */
  workspaceId: v.nullable(v.string()),
  region: v.nullable(v.string()),
  /** Its SQL warehouse, as REST told; null = it cannot be told. `since`: when it came into this state, as far as seen here. */
  warehouse: v.nullable(
    v.object({
      state: v.picklist(['starting', 'running', 'stopping', 'stopped', 'deleted']),
      since: v.nullable(instant),
      size: v.nullable(v.string()),
      autoStopMins: v.nullable(count),
    }),
  ),
});
export type ConnectionRow = v.InferOutput<typeof connectionRow>;

const use = v.object({ statements: count, seconds: count });
/** The limit of one UTC day, and how much of it is used by this device and by all of them. */
export const budgetState = v.object({
  day: v.string(),
  mine: use,
  sum: use,
  devices: count,
  statements: count,
  minutes: count,
  reached: v.boolean(),
  /** Who set the limit; null = nobody, these are the defaults. */
  by: v.nullable(person),
  at: v.nullable(instant),
});

/** May facts of a region lie on a device? `allowed` null: nobody made a rule. `reason` null: none given, or withheld. */
export const residencyRow = v.object({
  region: v.string(),
  allowed: v.nullable(v.boolean()),
  /** Two people said different things while apart: the stricter one holds. */
  contested: v.boolean(),
  reason: v.nullable(v.string()),
  by: v.nullable(person),
  at: v.nullable(instant),
  /** Workspaces of this profile that lie there. */
  workspaces: v.array(v.string()),
});
export type ResidencyRow = v.InferOutput<typeof residencyRow>;

export const connectionStep = v.object({
  step: v.string(),
  state: v.picklist(['works', 'missing-grant', 'not-here', 'preview-off', 'failed', 'skipped']),
  detail: v.string(),
  /** `way`: what every source stands on; `source`: one source of facts. */
  group: v.picklist(['way', 'source']),
  failure: v.nullable(failureSchema),
  /** For whoever administers the workspace: SQL and command lines word for word; a permission outside of SQL in words. */
  grants: v.array(v.string()),
  commands: v.array(v.string()),
  ask: v.nullable(v.string()),
  /** What is lost without it, and what still works. */
  features: v.array(v.string()),
  otherwise: v.nullable(v.string()),
  /** Of a source: how late it tells and how long the workspace keeps it, in words. */
  pace: v.nullable(v.string()),
  /** Left out because it would do this: testing again with `startWarehouse` goes on. */
  asks: v.nullable(v.literal('start-warehouse')),
});

export const practiceState = v.object({
  running: v.boolean(),
  address: v.nullable(v.string()),
  seed: v.nullable(v.number()),
  buttons: v.object({
    disconnected: v.boolean(),
    latencyMs: count,
    fail: v.nullable(v.picklist(['401', '403', '429', '500', '503'])),
    loseReply: v.boolean(),
    coldStart: v.boolean(),
    slowRows: v.boolean(),
    cutResult: v.boolean(),
    commits: v.nullable(v.picklist(['duplicated', 'missing'])),
    missingColumns: v.boolean(),
    permissionLost: v.boolean(),
    /** What the user there may see; `own`: set from outside, thing by thing. `schemasOff`: system schemas that are switched off. */
    rights: v.object({ preset: v.picklist([...practiceRights, 'own']), schemasOff: v.array(v.string()) }),
    /** How many times as fast as the wall clock the practice world goes on by itself. */
    speed: v.nullable(v.number()),
  }),
  /** All that the user there may see, where it is only what is named: tables with SELECT, jobs with CAN VIEW. */
  granted: v.nullable(v.object({ tables: v.array(v.string()), jobs: v.array(v.string()) })),
  /** The system schemas that can be switched off. */
  systemSchemas: v.array(v.string()),
});
export type PracticeState = v.InferOutput<typeof practiceState>;
