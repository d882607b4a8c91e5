import type { Instant } from '../../shared/base/time.ts';
import type { Person } from '../../shared/contract/common.ts';
import type { EventHash } from '../../shared/domain/ids.ts';
import type { SettledView } from '../log/views-port.ts';
import type { Names } from './people.ts';

/** A register of the log as the contract shows it: heads whose text is withheld have no value to choose and are left out. */
export type Settled<T> = {
  value: T | null;
  by: Person | null;
  at: Instant | null;
  conflict: { value: T; hash: EventHash; by: Person; at: Instant; sawOthers: boolean }[];
  heads: EventHash[];
};

export const settle = <T>(view: SettledView<T>, names: Names): Settled<T> => settleAs(view, names, (value) => value);

/** The same with each value brought into the contract's form (null = withheld). */
export const settleAs = <T, U>(view: SettledView<T>, names: Names, convert: (value: T) => U): Settled<U> => ({
  value: view.value === null ? null : convert(view.value),
  by: view.head === null ? null : names.person(view.head.by),
  at: view.head?.at ?? null,
  conflict: view.conflict.flatMap(({ value, hash, by, at, seenOthers }) =>
    value === null ? [] : [{ value: convert(value), hash, by: names.person(by), at, sawOthers: seenOthers }],
  ),
  heads: [...view.heads],
});
