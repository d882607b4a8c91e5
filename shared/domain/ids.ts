import type { Brand } from '../base/brand.ts';

/** `inc:<32 hex>` a room, `org:<32 hex>` an organisation's documents (event-format section 1). */
export type LogId = Brand<string, 'LogId'>;
/** base64url(sha256(Ed25519 public key)): one key, one device. */
export type DeviceId = Brand<string, 'DeviceId'>;
/** Lower-case hex sha256 of a line with its line feed; also the id of the entity that the event created. */
export type EventHash = Brand<string, 'EventHash'>;
/** `p_<32 hex>` a person or `m_<name>` a program. */
export type ActorId = Brand<string, 'ActorId'>;
/** `kind|scope|native id` (event-format section 4). */
export type AssetId = Brand<string, 'AssetId'>;
/** `sg_<32 hex>`. */
export type SignalId = Brand<string, 'SignalId'>;
/** Natural key of a lake fact: `kind|workspace or metastore|native key`. */
export type FactId = Brand<string, 'FactId'>;

export const zeroHash = '0'.repeat(64) as EventHash;

const guard =
  <T extends string>(pattern: RegExp) =>
  (value: unknown): value is T =>
    typeof value === 'string' && pattern.test(value);

export const isLogId = guard<LogId>(/^(inc|org):[0-9a-f]{32}$/);
export const isDeviceId = guard<DeviceId>(/^[A-Za-z0-9_-]{43}$/);
export const isEventHash = guard<EventHash>(/^[0-9a-f]{64}$/);
export const isActorId = guard<ActorId>(/^(p_[0-9a-f]{32}|m_[a-z0-9-]{1,40})$/);
export const isSignalId = guard<SignalId>(/^sg_[0-9a-f]{32}$/);
export const isOrgLog = (log: LogId): boolean => log.startsWith('org:');

/** Make an asset id; `native` is the full name in lower case for Unity Catalog objects, else the platform's id. */
export const assetId = (kind: string, scope: string, native: string): AssetId =>
  `${kind}|${scope}|${native}` as AssetId;

/** The parts of an asset id; a native id may itself contain `|`. */
export const assetParts = (id: AssetId): { readonly kind: string; readonly scope: string; readonly native: string } => {
  const [kind = '', scope = '', ...rest] = id.split('|');
  return { kind, scope, native: rest.join('|') };
};
