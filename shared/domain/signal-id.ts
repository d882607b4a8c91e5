import type { LogId, SignalId } from './ids.ts';

/** Digest of UTF-8 text in lower-case hex. Rooms that may import node:crypto hand it in; the rule stays pure. */
export type Sha256Hex = (text: string) => string;

export type SignalKey = {
  readonly workspaceId: string;
  readonly monitorId: string;
  readonly assetId: string;
  /** The fact's natural key (run id, task, attempt; or UTC window start and granularity); never a value or a version. */
  readonly windowKey: string;
};

/** `sg_` + first 32 hex of sha256(join("\x1f", "bw-sig-1", …)) (event-format section 4). */
export const signalIdOf = (key: SignalKey, sha256Hex: Sha256Hex): SignalId => {
  const text = ['bw-sig-1', key.workspaceId, key.monitorId, key.assetId, key.windowKey].join('\x1f');
  return `sg_${sha256Hex(text).slice(0, 32)}` as SignalId;
};

/** The log of a room that is opened from a proposal: two offline openers of one signal meet in it. */
export const incidentLogOf = (earliestSignal: SignalId, sha256Hex: Sha256Hex): LogId =>
  `inc:${sha256Hex(`bw-inc-1\x1f${earliestSignal}`).slice(0, 32)}` as LogId;

/** The log of an organisation: bound to its founder's device, which is the root of its authority. */
export const orgLogOf = (founderDevice: string, sha256Hex: Sha256Hex): LogId =>
  `org:${sha256Hex(`bw-org-1\x1f${founderDevice}`).slice(0, 32)}` as LogId;
