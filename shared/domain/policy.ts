/**
 * The one policy table: who may do what. Default deny; the core asks it for every call, reducers ask it for every pulled
 * event. Source: facts/security.md section 6. Admin sees no incident content; the DPO cannot execute.
 */
export const roles = ['viewer', 'responder', 'commander', 'approver', 'dpo', 'admin'] as const;
export type Role = (typeof roles)[number];

export const capabilities = [
  'app.view', 'room.view', 'room.open', 'room.write', 'incident.steer', 'decision.record', 'signal.judge',
  'people.view', 'device.admit', 'role.grant', 'share.setup', 'share.sync', 'export', 'redact',
  'lake.refresh', 'connection.manage', 'practice.control', 'residency.set', 'budget.set',
] as const; // prettier-ignore
export type Capability = (typeof capabilities)[number];

const everyone: readonly Role[] = roles;
const readers: readonly Role[] = ['viewer', 'responder', 'commander', 'approver', 'dpo'];

/** Capability → roles that hold it. A capability that is not here does not compile. */
export const policy: Readonly<Record<Capability, readonly Role[]>> = {
  'app.view': everyone,
  'room.view': readers,
  'room.open': ['responder', 'commander'],
  'room.write': ['responder', 'commander', 'dpo'],
  'incident.steer': ['commander'],
  'decision.record': ['commander', 'approver'],
  'signal.judge': ['responder', 'commander'],
  'people.view': everyone,
  'device.admit': ['admin'],
  'role.grant': ['admin'],
  'share.setup': ['admin'],
  'share.sync': everyone,
  export: ['dpo'],
  redact: ['dpo'],
  'lake.refresh': ['responder', 'commander', 'approver', 'dpo'],
  'connection.manage': everyone,
  'practice.control': everyone,
  'residency.set': ['admin', 'dpo'],
  'budget.set': ['admin'],
};

/** True when any of the roles holds the capability. No roles → false: default deny. */
export const allows = (held: readonly Role[], capability: Capability): boolean =>
  held.some((role) => policy[capability].includes(role));
