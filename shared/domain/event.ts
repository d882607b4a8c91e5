import type { JsonObject, JsonValue } from '../base/json.ts';
import type { Instant } from '../base/time.ts';
import type { ActorId, DeviceId, EventHash, LogId } from './ids.ts';

/** A line of event format 1, parsed. Unknown keys stay in the stored text; this is a view of it. */
export type EventLine = {
  readonly bw: 1;
  readonly log: LogId;
  readonly dev: DeviceId;
  readonly seq: number;
  readonly prev: EventHash;
  readonly n: string;
  readonly hlc: string;
  readonly at: Instant;
  readonly actor: ActorId;
  readonly type: string;
  readonly v: number;
  readonly seen: Readonly<Record<string, readonly [number, EventHash]>>;
  readonly over: readonly EventHash[];
  readonly c: JsonObject;
  readonly _sd: readonly string[];
};

/** A line with its hash and what its disclosures reveal; a redacted or withheld field is simply absent from `fields`. */
export type DecodedEvent = EventLine & {
  readonly hash: EventHash;
  /** Clear and disclosed fields together. */
  readonly fields: Readonly<Record<string, JsonValue>>;
  /** Digests in `_sd` without a disclosure here. */
  readonly withheld: number;
};
