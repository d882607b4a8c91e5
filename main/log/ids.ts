import { randomBytes } from 'node:crypto';
import type { RandomBytes } from '../../shared/base/time.ts';
import { assetId, type AssetId, type FactId, type LogId, type SignalId } from '../../shared/domain/ids.ts';
import { incidentLogOf, signalIdOf, type SignalKey } from '../../shared/domain/signal-id.ts';
import { sha256Hex } from './digest.ts';

/** Ids of event-format section 4. The pure rules are in shared/domain/signal-id.ts; here they get their digest. */
export const signalId = (key: SignalKey): SignalId => signalIdOf(key, sha256Hex);

/** The log of a room opened from a proposal; `signals` are its signals with the earliest first. */
export const incidentLogFromSignal = (earliest: SignalId): LogId => incidentLogOf(earliest, sha256Hex);

/** The log of a room opened by hand: UUIDv7 (time in ms, version, variant, 74 random bits) as 32 hex. */
export const handOpenedLog = (nowMs: number, random: RandomBytes = randomBytes): LogId => {
  const bytes = Buffer.from(random(16));
  bytes.writeUIntBE(Math.max(0, Math.trunc(nowMs)), 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return `inc:${bytes.toString('hex')}` as LogId;
};

/** Natural key of a fact: two devices that cite it write one entry. `native` never holds a time of observation. */
export const factId = (kind: string, scope: string, native: string): FactId => `${kind}|${scope}|${native}` as FactId;

/** Kinds whose native id is a Unity Catalog full name, and so lower case. */
const catalogKinds: ReadonlySet<string> = new Set([
  'table', 'view', 'column', 'volume', 'feature-table', 'model', 'model-version',
]); // prettier-ignore

/** An asset id; names of Unity Catalog objects are put into lower case, platform ids stay as they are. */
export const assetIdOf = (kind: string, scope: string, native: string): AssetId =>
  assetId(kind, scope, catalogKinds.has(kind) ? native.toLowerCase() : native);
