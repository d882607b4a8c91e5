/** What a slice may do to the store: merge a part, made from the present state. */
export type Set<S> = (change: (now: S) => Partial<S>) => void;
