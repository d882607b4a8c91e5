import type { Instant } from '../base/time.ts';
import { allows, type Capability, type Role } from './policy.ts';

/**
 * Does an event have effect? Event-format section 3: roles are judged in the event's causal past, device bindings and
 * revocations over the whole organisation log. Pure; what it needs to know is handed in.
 */
export type NoEffect =
  | 'no-org' | 'no-grant' | 'grant-unknown' | 'grant-not-effective' | 'grant-of-other-person' | 'role-insufficient'
  | 'grant-expired' | 'grant-revoked' | 'not-attested' | 'device-revoked'; // prettier-ignore

/** A position in the org log: an event of `dev` with number `seq`. */
export type Position = { readonly dev: string; readonly seq: number };

export type GrantState = {
  readonly person: string;
  readonly role: Role;
  readonly expiresAt: Instant | null;
  readonly effective: boolean;
  /** Effective role.revoked events of this grant. */
  readonly ends: readonly Position[];
};

export type Act = {
  readonly needs: Capability | null;
  readonly actor: string;
  readonly at: Instant;
  /** `c.auth`. */
  readonly auth: string | null;
};

export type Authority = {
  readonly org: boolean;
  /** The event lies in the org log and its device is the founder's: the root of authority. */
  readonly root: boolean;
  /** The device was revoked at an earlier event of this log. */
  readonly cut: boolean;
  readonly bound: () => boolean;
  readonly grant: (hash: string) => GrantState | null;
  /** The event's author knew this org event when writing. */
  readonly knew: (position: Position) => boolean;
};

/** Null = it has effect; otherwise why not. */
export const judge = (act: Act, authority: Authority): NoEffect | null => {
  if (authority.cut) return 'device-revoked';
  if (act.needs === null || authority.root) return null;
  if (!authority.org) return 'no-org';
  if (!authority.bound()) return 'not-attested';
  if (act.auth === null) return 'no-grant';
  const grant = authority.grant(act.auth);
  if (!grant) return 'grant-unknown';
  if (!grant.effective) return 'grant-not-effective';
  if (grant.person !== act.actor) return 'grant-of-other-person';
  if (!allows([grant.role], act.needs)) return 'role-insufficient';
  if (grant.expiresAt !== null && act.at > grant.expiresAt) return 'grant-expired';
  return grant.ends.some(authority.knew) ? 'grant-revoked' : null;
};
