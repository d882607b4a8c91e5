import type { JsonObject } from '../base/json.ts';
import type { Instant } from '../base/time.ts';
import { specOf } from './event-types.ts';
import { roles, type Role } from './policy.ts';
import { judge, type GrantState, type NoEffect, type Position } from './reduce-authority.ts';

/**
 * Who is who and who may what, from all authority events of one organisation log: a pure function of their set.
 * The founder's device is the root. Every other event counts only through grants and bindings that its author knew;
 * knowledge is what `seen` proves by hash, so it has no cycles. A device.revoked cuts its device's stream after the named
 * head, also for events that were written at the same time; it is itself judged only by what its author knew, so that two
 * devices that revoke each other are both revoked instead of the answer depending on who is read first.
 */
export type OrgEvent = {
  readonly hash: string;
  readonly dev: string;
  readonly seq: number;
  readonly hlc: string;
  readonly at: Instant;
  readonly actor: string;
  readonly type: string;
  readonly over: readonly string[];
  readonly c: JsonObject;
  readonly auth: string | null;
  /** What the author had of other streams of this log at that moment. */
  readonly knows: ReadonlyMap<string, number>;
  /** device.registered only: signed by the device that it says it succeeds. */
  readonly succession: string | null;
};
export const authorityTypes: ReadonlySet<string> = new Set([
  'person.added', 'device.registered', 'device.confirmed', 'device.revoked', 'role.granted', 'role.revoked',
]); // prettier-ignore

export type Binding = { readonly dev: string; readonly person: string; readonly how: string; readonly hash: string };
/** Events of `dev` in `log` after `seq` have no effect; log '*' = every log that the revocation does not name. */
export type Cut = { readonly dev: string; readonly log: string; readonly seq: number; readonly hash: string };
export type OrgGrant = {
  readonly hash: string;
  readonly person: string;
  readonly role: Role;
  readonly expiresAt: Instant | null;
  readonly hlc: string;
  readonly reason: OrgReason | null;
  readonly ends: readonly (Position & { readonly hash: string })[];
};
export type OrgReason = NoEffect | 'bad-fields';
export type OrgState = {
  readonly effects: ReadonlyMap<string, OrgReason | null>;
  readonly bindings: readonly Binding[];
  readonly grants: readonly OrgGrant[];
  readonly cuts: readonly Cut[];
};

/** Longest chain of grants that is followed; a real one is a handful. */
const deepest = 200;

const text = (event: OrgEvent, name: string): string => {
  const value = Object.hasOwn(event.c, name) ? event.c[name] : undefined;
  return typeof value === 'string' ? value : '';
};
const knew = (event: OrgEvent, { dev, seq }: Position): boolean =>
  dev === event.dev ? seq < event.seq : (event.knows.get(dev) ?? 0) >= seq;

/** `heads` of a device.revoked: log → seq or [seq, hash]; what is not named is cut from its beginning. */
export const cutsOf = (event: OrgEvent): readonly Cut[] => {
  const heads = event.c['heads'];
  const dev = text(event, 'dev');
  const cuts: Cut[] = [{ dev, log: '*', seq: 0, hash: event.hash }];
  for (const [log, head] of Object.entries(typeof heads === 'object' && heads !== null ? heads : {})) {
    const seq: unknown = Array.isArray(head) ? head[0] : head;
    if (typeof seq === 'number' && Number.isSafeInteger(seq) && seq >= 0)
      cuts.push({ dev, log, seq, hash: event.hash });
  }
  return cuts;
};

type Judged = { readonly reasonOf: (event: OrgEvent) => OrgReason | null };

/** Judge under a given set of device revocations; only events before `limit` (what a revoker knew) count, or all. */
const judgement = (
  all: readonly OrgEvent[],
  org: string,
  founder: string,
  revocations: readonly OrgEvent[],
  limit: OrgEvent | null,
): Judged => {
  const known = limit === null ? all : all.filter((event) => event === limit || knew(limit, event));
  const byHash = new Map(known.map((event) => [event.hash, event]));
  const confirmed = known.filter(({ type }) => type === 'device.confirmed');
  const registered = known.filter(({ succession }) => succession !== null);
  const revokedGrants = known.filter(({ type }) => type === 'role.revoked');
  const cutAt = new Map<string, number>();
  for (const revocation of revocations) {
    const cuts = cutsOf(revocation);
    const cut = cuts.find(({ log }) => log === org) ?? cuts[0];
    if (cut) cutAt.set(cut.dev, Math.min(cut.seq, cutAt.get(cut.dev) ?? Number.MAX_SAFE_INTEGER));
  }
  const done = new Map<string, OrgReason | null>();
  let depth = 0;

  const boundFor = (by: OrgEvent, dev: string, person: string, hops = 0): boolean =>
    confirmed.some(
      (event) =>
        text(event, 'dev') === dev && text(event, 'person') === person && knew(by, event) && reasonOf(event) === null,
    ) ||
    (hops < deepest &&
      registered.some(
        (event) =>
          event.dev === dev &&
          event.actor === person &&
          (event.seq < by.seq || event.dev !== by.dev) &&
          knew(by, event) &&
          boundFor(by, event.succession ?? '', person, hops + 1),
      ));

  const grantFor = (hash: string): GrantState | null => {
    const event = byHash.get(hash);
    if (event?.type !== 'role.granted') return null;
    return {
      person: text(event, 'person'),
      role: text(event, 'role') as Role,
      expiresAt: text(event, 'expires_at') || null,
      effective: reasonOf(event) === null,
      ends: revokedGrants.filter((end) => text(end, 'grant') === hash && reasonOf(end) === null),
    };
  };

  const judged = (event: OrgEvent): OrgReason | null => {
    const spec = specOf(event.type, 1);
    if (event.type === 'device.registered' && text(event, 'person') !== event.actor) return 'bad-fields';
    if (event.type === 'role.granted' && !roles.includes(text(event, 'role') as Role)) return 'bad-fields';
    const forOther = event.type === 'person.added' && text(event, 'person') !== event.actor;
    const needs = forOther ? 'device.admit' : (spec?.needs ?? null);
    return judge(
      { needs, actor: event.actor, at: event.at, auth: event.auth },
      {
        org: true,
        root: event.dev === founder,
        cut: event.seq > (cutAt.get(event.dev) ?? Number.MAX_SAFE_INTEGER),
        bound: () => boundFor(event, event.dev, event.actor),
        grant: (hash) => (hash === event.hash ? null : grantFor(hash)),
        knew: (position) => knew(event, position),
      },
    );
  };

  const reasonOf = (event: OrgEvent): OrgReason | null => {
    const before = done.get(event.hash);
    if (before !== undefined) return before;
    if (depth >= deepest) return 'grant-not-effective';
    depth += 1;
    const reason = judged(event);
    depth -= 1;
    done.set(event.hash, reason);
    return reason;
  };
  return { reasonOf };
};

/** The revocations that count, each judged by what its own author knew. */
const standingRevocations = (all: readonly OrgEvent[], org: string, founder: string): readonly OrgEvent[] => {
  const revoked = all.filter(({ type }) => type === 'device.revoked');
  const done = new Map<string, boolean>();
  const stands = (event: OrgEvent, depth: number): boolean => {
    const before = done.get(event.hash);
    if (before !== undefined) return before;
    if (depth > deepest) return false;
    const earlier = revoked.filter((other) => other !== event && knew(event, other) && stands(other, depth + 1));
    const result = judgement(all, org, founder, earlier, event).reasonOf(event) === null;
    done.set(event.hash, result);
    return result;
  };
  const standing = revoked.filter((event) => stands(event, 0));
  if (standing.length === 0) return standing;
  // A later confirmation that names the revocation in `over` takes the device back in.
  const { reasonOf } = judgement(all, org, founder, standing, null);
  const lifted = new Set(
    all.filter((event) => event.type === 'device.confirmed' && reasonOf(event) === null).flatMap(({ over }) => over),
  );
  return standing.filter(({ hash }) => !lifted.has(hash));
};

/** Bindings of all effective confirmations, and of devices that a bound device vouched for when it was replaced. */
const bindingsOf = (all: readonly OrgEvent[], effects: ReadonlyMap<string, OrgReason | null>): readonly Binding[] => {
  const bindings: Binding[] = [];
  const bound = new Set<string>();
  const add = (binding: Binding): void => {
    bindings.push(binding);
    bound.add(`${binding.dev} ${binding.person}`);
  };
  for (const event of all) {
    if (event.type !== 'device.confirmed' || effects.get(event.hash) !== null) continue;
    add({ dev: text(event, 'dev'), person: text(event, 'person'), how: text(event, 'how'), hash: event.hash });
  }
  for (let found = true; found;) {
    found = false;
    for (const event of all) {
      const { succession, actor, dev, hash } = event;
      if (succession === null || effects.get(hash) !== null || bound.has(`${dev} ${actor}`)) continue;
      if (!bound.has(`${succession} ${actor}`)) continue;
      add({ dev, person: actor, how: 'succession', hash });
      found = true;
    }
  }
  return bindings;
};

/** All authority of an organisation. `events`: its authority events with fitting clear fields, in any order. */
export const judgeOrg = (events: readonly OrgEvent[], org: string, founder: string): OrgState => {
  const all = events.toSorted((a, b) => (a.hlc === b.hlc ? (a.hash < b.hash ? -1 : 1) : a.hlc < b.hlc ? -1 : 1));
  const revocations = standingRevocations(all, org, founder);
  const { reasonOf } = judgement(all, org, founder, revocations, null);
  const effects = new Map<string, OrgReason | null>(all.map((event) => [event.hash, reasonOf(event)]));
  const bindings = bindingsOf(all, effects);
  const personBound = new Set(bindings.map(({ person }) => person));
  const pairBound = new Set(bindings.map(({ dev, person }) => `${dev} ${person}`));
  for (const event of all) {
    // Nobody without a bound device may rename a person who has one.
    const own = event.type === 'person.added' && text(event, 'person') === event.actor;
    if (own && personBound.has(event.actor) && !pairBound.has(`${event.dev} ${event.actor}`) && event.dev !== founder) {
      effects.set(event.hash, 'not-attested');
    }
  }
  const ends = all.filter((event) => event.type === 'role.revoked' && effects.get(event.hash) === null);
  const grants = all
    .filter(({ type }) => type === 'role.granted')
    .map((event): OrgGrant => ({
      hash: event.hash,
      person: text(event, 'person'),
      role: text(event, 'role') as Role,
      expiresAt: text(event, 'expires_at') || null,
      hlc: event.hlc,
      reason: effects.get(event.hash) ?? null,
      ends: ends.filter((end) => text(end, 'grant') === event.hash).map(({ dev, seq, hash }) => ({ dev, seq, hash })),
    }));
  return { effects, bindings, grants, cuts: revocations.flatMap(cutsOf) };
};
