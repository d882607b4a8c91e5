import * as v from 'valibot';
import { roles } from '../domain/policy.ts';
import { practiceRights } from '../domain/practice-rights.ts';
import { handoffSubjects, harmStates, incidentClasses, phases, severities, verdicts } from '../domain/vocabulary.ts';
import { assetComparison, assetSheet } from './asset.ts';
import { type CallSpec, command, nothing, ofRoom, query } from './call-spec.ts';
import { count, hash, id, instant, limit, logId, objectName, shortText, text, textLimit } from './common.ts';
import { inbox } from './inbox.ts';
import { offlineCalls } from './offline-calls.ts';
import { entry, lineage, room, roomRow, summaryText, timelinePage } from './room.ts';
import {
  budgetState,
  connectionFound,
  connectionRow,
  connectionStep,
  ledgerRow,
  packDone,
  packPreview,
  people,
  practiceState,
  quarantined,
  residencyRow,
} from './share.ts';
import { networkGiven, oneWay, passphrase, signingIn, signInInput, signIns, signInStarted } from './sign-in.ts';
import { shareState, status } from './status.ts';
import { watchCalls } from './watch.ts';

/** Raised whenever a call or view changes shape; both ends compare it in the first message and refuse a mismatch. */
export const contractVersion = 1;
/** Largest message in bytes of JSON; files travel in chunks below it. */
export const messageLimit = 1024 * 1024;
/** Largest attached file for now, in bytes. */
export const attachmentLimit = 25 * 1024 * 1024;
/** Largest chunk of an attached file, in bytes before base64. */
export const chunkLimit = 512 * 1024;

/** Every write answers with the hashes of the events that are now durable on this disk. */
const written = v.object({ hashes: v.array(hash) });
const opened = v.object({ log: logId });
const page = { limit, before: v.optional(v.nullable(v.string()), null) };
const reason = v.optional(v.pipe(v.string(), v.maxLength(textLimit)));

/** name → capability, input, output. Queries can be called, or subscribed to: then the core pushes diffs. */
export const calls = {
  ...offlineCalls,
  ...watchCalls,
  // Queries.
  'app.status': query('app.view', nothing, status),
  'inbox.list': query('room.view', nothing, inbox),
  'rooms.list': query(
    'room.view',
    v.object(page),
    v.object({ rows: v.array(roomRow), next: v.nullable(v.string()), total: count }),
  ),
  'room.get': query('room.view', ofRoom, room),
  'room.timeline': query(
    'room.view',
    v.object({
      log: logId,
      order: v.optional(v.picklist(['happened', 'recorded']), 'happened'),
      machine: v.optional(v.boolean(), true),
      search: v.optional(v.pipe(v.string(), v.maxLength(200)), ''),
      ...page,
    }),
    timelinePage,
  ),
  'room.entry': query('room.view', v.object({ log: logId, id }), v.nullable(entry)),
  'room.lineage': query(
    'room.view',
    v.object({ log: logId, hops: v.optional(v.pipe(count, v.maxValue(6)), 3) }),
    lineage,
  ),
  /** What is cached about one asset: never asks the network. */
  'asset.get': query('room.view', v.object({ log: logId, asset: id }), assetSheet),
  'asset.compare': query('room.view', v.object({ log: logId, asset: id, from: count, to: count }), assetComparison),
  /** Equal on devices that have converged: digest of the projections and the stream heads they stand on. */
  'room.digest': query(
    'room.view',
    ofRoom,
    v.object({ digest: v.string(), heads: v.array(v.object({ id, seq: count, hash })) }),
  ),
  'ledger.list': query(
    'app.view',
    v.object(page),
    v.object({ rows: v.array(ledgerRow), next: v.nullable(v.string()), total: count }),
  ),
  'quarantine.list': query(
    'app.view',
    v.object(page),
    v.object({ rows: v.array(quarantined), next: v.nullable(v.string()), total: count }),
  ),
  'people.list': query('people.view', nothing, people),
  'pack.preview': query('export', ofRoom, packPreview),
  'practice.get': query('practice.control', nothing, practiceState),
  /** The test of a connection that runs, or the last one, step by step. */
  'connection.testing': query(
    'connection.manage',
    nothing,
    v.object({ running: v.boolean(), total: count, steps: v.array(connectionStep) }),
  ),
  /** Connections that this machine already knows, without their tokens. */
  'connection.found': query('connection.manage', nothing, v.object({ found: v.array(connectionFound) })),

  /** The workspaces of this profile, the primary one first. */
  'connection.list': query('app.view', nothing, v.object({ rows: v.array(connectionRow) })),

  'budget.get': query('app.view', nothing, budgetState),
  'residency.list': query('app.view', nothing, v.object({ rows: v.array(residencyRow) })),
  /** Who is signed in where, the sign-in that waits, and how secrets are kept. */
  'connection.login': query('connection.manage', nothing, signIns),

  // Triage.
  'signal.judge': command(
    'signal.judge',
    v.object({ signals: v.pipe(v.array(id), v.minLength(1), v.maxLength(100)), verdict: v.picklist(verdicts), reason }),
    written,
  ),
  'room.open': command(
    'room.open',
    v.variant('from', [
      v.object({ from: v.literal('proposal'), proposal: id }),
      v.object({
        from: v.literal('hand'),
        title: shortText,
        class: v.picklist(incidentClasses),
        severity: v.picklist(severities),
        /** Tables as catalog.schema.table and jobs by number, as a person names them; "in WORKSPACE" after it where several know it. */
        affected: v.optional(v.pipe(v.array(objectName), v.maxLength(50))),
      }),
    ]),
    opened,
  ),

  // The incident. `over` = the heads that the author saw; left out, the core takes the present ones.
  'title.set': command(
    'incident.steer',
    v.object({ log: logId, title: shortText, over: v.optional(v.array(hash)) }),
    written,
  ),
  'severity.set': command(
    'incident.steer',
    v.object({ log: logId, severity: v.picklist(severities), reason, over: v.optional(v.array(hash)) }),
    written,
  ),
  'class.set': command(
    'incident.steer',
    v.object({ log: logId, class: v.picklist(incidentClasses), over: v.optional(v.array(hash)) }),
    written,
  ),
  'phase.set': command(
    'incident.steer',
    v.object({ log: logId, phase: v.picklist(phases), reason, over: v.optional(v.array(hash)) }),
    written,
  ),
  'commander.set': command(
    'incident.steer',
    v.object({ log: logId, person: id, over: v.optional(v.array(hash)) }),
    written,
  ),
  'harm.set': command(
    'incident.steer',
    v.object({ log: logId, harm: v.picklist(harmStates), reason, over: v.optional(v.array(hash)) }),
    written,
  ),
  'update.schedule': command('incident.steer', v.object({ log: logId, dueAt: instant, audience: reason }), written),
  'summary.set': command(
    'room.write',
    v.object({ log: logId, summary: summaryText, over: v.optional(v.array(hash)) }),
    written,
  ),

  // What people write.
  'note.add': command(
    'room.write',
    v.object({ log: logId, text, happenedAt: v.optional(instant), assets: v.optional(v.array(id)) }),
    written,
  ),
  'note.edit': command('room.write', v.object({ log: logId, note: hash, text }), written),
  'decision.record': command(
    'decision.record',
    v.object({
      log: logId, title: shortText, options: v.pipe(v.array(shortText), v.minLength(1), v.maxLength(20)), choice: shortText,
      reason: text, dissent: reason, expiresAt: v.optional(instant), evidence: v.optional(v.array(id)),
    }), // prettier-ignore
    written,
  ),
  'decision.withdraw': command('decision.record', v.object({ log: logId, decision: hash, reason: text }), written),
  'decision.renew': command(
    'decision.record',
    v.object({ log: logId, decision: hash, expiresAt: instant, reason }),
    written,
  ),
  'task.add': command(
    'room.write',
    v.object({ log: logId, text: shortText, assignee: v.optional(id), dueAt: v.optional(instant) }),
    written,
  ),
  'task.assign': command('room.write', v.object({ log: logId, task: hash, assignee: id }), written),
  'task.done': command('room.write', v.object({ log: logId, task: hash, outcome: reason }), written),
  'task.reopen': command('room.write', v.object({ log: logId, task: hash, reason }), written),
  'handoff.offer': command(
    'room.write',
    v.object({ log: logId, subject: v.picklist(handoffSubjects), text, to: shortText, reason }),
    written,
  ),
  'handoff.accept': command('room.write', v.object({ log: logId, handoff: hash, reason }), written),
  'handoff.refuse': command('room.write', v.object({ log: logId, handoff: hash, reason: text }), written),
  /** Files come in chunks: begin → chunk … → commit; only commit writes the event, after the file is on disk. */
  'attachment.begin': command(
    'room.write',
    v.object({
      log: logId,
      name: v.pipe(v.string(), v.minLength(1), v.maxLength(1000)),
      size: count,
      media: v.pipe(v.string(), v.maxLength(200)),
    }),
    v.object({ upload: id }),
  ),
  'attachment.chunk': command(
    'room.write',
    v.object({ upload: id, offset: count, base64: v.pipe(v.string(), v.maxLength(chunkLimit * 1.4)) }),
    v.object({ received: count }),
  ),
  'attachment.commit': command('room.write', v.object({ upload: id, note: reason }), written),
  'attachment.read': query(
    'room.view',
    v.object({ log: logId, attachment: hash, offset: count }),
    v.object({ base64: v.string(), size: count }),
  ),
  /** A thing outside Databricks with a way of data to or from an asset, or a way between two known assets. */
  'lineage.declare': command(
    'room.write',
    v.pipe(
      v.object({
        log: logId,
        outside: v.optional(
          v.object({ name: shortText, owner: v.optional(shortText), contact: v.optional(shortText) }),
        ),
        from: v.optional(id),
        to: v.optional(id),
        note: reason,
      }),
      v.check(
        ({ outside, from, to }) =>
          outside === undefined ? from !== undefined && to !== undefined : (from === undefined) !== (to === undefined),
        'name both ends, or one end and what is outside',
      ),
    ),
    written,
  ),
  'lineage.withdraw': command('room.write', v.object({ log: logId, declaration: hash, reason }), written),
  'fact.pin': command('room.write', v.object({ log: logId, fact: id }), written),

  // The lake, shares, people, packs, connection, practice.
  'lake.refresh': command('lake.refresh', nothing, v.object({ started: v.boolean() })),
  'share.setup': command(
    'share.setup',
    v.object({ kind: v.picklist(['delta', 'folder']), place: objectName }),
    shareState,
  ),
  'share.join': command(
    'share.sync',
    v.object({ kind: v.picklist(['delta', 'folder']), place: objectName }),
    shareState,
  ),
  /** One round with every share, or with the one that is named. */
  'share.sync': command(
    'share.sync',
    v.object({ share: v.optional(id) }),
    v.object({ pushed: count, pulled: count, shares: v.array(shareState) }),
  ),
  'person.rename': command('app.view', v.object({ name: shortText }), written),
  'device.admit': command(
    'device.admit',
    v.object({ device: id, person: id, roles: v.pipe(v.array(v.picklist(roles)), v.minLength(1)) }),
    written,
  ),
  'device.revoke': command('device.admit', v.object({ device: id, reason }), written),
  'role.grant': command('role.grant', v.object({ person: id, role: v.picklist(roles) }), written),
  'role.revoke': command('role.grant', v.object({ grant: hash, reason }), written),
  'budget.set': command(
    'budget.set',
    v.object({
      statements: v.pipe(count, v.maxValue(10_000_000)),
      minutes: v.pipe(count, v.maxValue(1_440)),
    }),
    written,
  ),
  /** Region as the metastore names it: `azure:westeurope`. */
  'residency.set': command('residency.set', v.object({ region: shortText, allowed: v.boolean(), reason }), written),
  'pack.export': command('export', v.object({ log: logId, purpose: reason }), packDone),
  'connection.test': command(
    'connection.manage',
    v.pipe(
      v.object({
        host: shortText, httpPath: shortText, ...signingIn, network: networkGiven, startWarehouse: v.optional(v.boolean()),
      }), // prettier-ignore
      oneWay(),
    ),
    v.object({ steps: v.array(connectionStep) }),
  ),
  /** The same for a workspace that is connected, with what it signs in with here; nothing is typed again. */
  'connection.check': command(
    'connection.manage',
    v.object({ id, startWarehouse: v.optional(v.boolean()) }),
    v.object({ steps: v.array(connectionStep) }),
  ),
  'connection.stopTest': command('connection.manage', nothing, v.object({ stopped: v.boolean() })),
  /** Neither id nor name: the primary workspace. A name alone: a further one beside it. */
  'connection.save': command(
    'connection.manage',
    v.pipe(
      v.object({
        host: shortText,
        httpPath: shortText,
        ...signingIn,
        network: networkGiven,
        acceptUnencrypted: v.boolean(),
        id: v.optional(id),
        name: v.optional(v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100))),
      }),
      oneWay(),
    ),
    v.object({ saved: v.boolean() }),
  ),
  /** What was read of it stays. Removing the primary one goes back to practice. */
  'connection.remove': command('connection.manage', v.object({ id }), v.object({ removed: v.boolean() })),
  /** What an administrator runs, with its undo; nothing is sent or written. */
  'setup.sql': command(
    'connection.manage',
    v.object({ principal: shortText, share: v.optional(objectName) }),
    v.object({ sql: v.string() }),
  ),
  /** Start a sign-in in the browser; follow it with `connection.login`. A second one ends the first. */
  'connection.signIn': command('connection.manage', signInInput, signInStarted),
  'connection.cancelSignIn': command('connection.manage', nothing, v.object({ cancelled: v.boolean() })),
  /** Forget what signs in on this device. Rooms and facts stay. */
  'connection.signOut': command('connection.manage', v.object({ id }), v.object({ signedOut: v.boolean() })),
  /** Give the passphrase that protects what signs in, once a start. */
  'connection.unlock': command('connection.manage', v.object({ passphrase }), v.object({ unlocked: v.boolean() })),
  /** Choose a passphrase where no keyring protects what signs in. */
  'connection.protect': command('connection.manage', v.object({ passphrase }), v.object({ protected: v.boolean() })),
  'connection.usePractice': command('connection.manage', nothing, v.object({ saved: v.boolean() })),
  'practice.set': command(
    'practice.control',
    v.object({
      disconnected: v.optional(v.boolean()), latencyMs: v.optional(v.pipe(count, v.maxValue(60_000))),
      fail: v.optional(v.nullable(v.picklist(['401', '403', '429', '500', '503']))), loseReply: v.optional(v.boolean()), coldStart: v.optional(v.boolean()),
      slowRows: v.optional(v.boolean()), cutResult: v.optional(v.boolean()), commits: v.optional(v.nullable(v.picklist(['duplicated', 'missing']))),
      missingColumns: v.optional(v.boolean()), permissionLost: v.optional(v.boolean()),
      rights: v.optional(v.object({ preset: v.picklist(practiceRights), schemasOff: v.pipe(v.array(shortText), v.maxLength(50)) })), speed: v.optional(v.nullable(v.pipe(v.number(), v.minValue(1), v.maxValue(10_000)))),
      /** Once: sessions end; an administrator does this to the tables that people made here; all buttons are let go. */
      happens: v.optional(v.picklist(['sessions-expire', 'vacuum', 'restore', 'recreate', 'release'])),
    }), // prettier-ignore
    practiceState,
  ),
} as const satisfies Readonly<Record<string, CallSpec>>;

export type Calls = typeof calls;
export type CallName = keyof Calls;
export type QueryName = { [N in CallName]: Calls[N]['kind'] extends 'query' ? N : never }[CallName];
export type CommandName = Exclude<CallName, QueryName>;
/** What a caller may pass (defaults left out) and what a handler receives (defaults filled in). */
export type CallInput<N extends CallName> = v.InferInput<Calls[N]['input']>;
export type ParsedInput<N extends CallName> = v.InferOutput<Calls[N]['input']>;
export type CallOutput<N extends CallName> = v.InferOutput<Calls[N]['output']>;
