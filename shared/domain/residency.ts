/**
 * Where facts may lie. A region is `<cloud>:<region>` as its metastore names it (`azure:westeurope`). A rule is a document of
 * the organisation (event `residency.set`); where nobody made one, facts may be read.
 */
export type ResidencyRule = {
  readonly region: string;
  /** Everything that stands: two people may have said different things while apart. */
  readonly said: readonly ('yes' | 'no')[];
  /** Null = withheld here. */
  readonly reason: string | null;
  readonly by: string;
};

export type Residency =
  | { readonly allowed: true }
  /** `rule` null: the workspace does not say where it lies while some region is forbidden. */
  | { readonly allowed: false; readonly rule: ResidencyRule | null };

/** A region as rules name it: lower case, `cloud:region`; null when the text is none. */
export const regionName = (text: string): string | null =>
  /^[a-z0-9-]{1,40}:[a-z0-9-]{1,60}$/.exec(text.trim().toLowerCase())?.[0] ?? null;

/**
 * May facts of this region be stored on this device? Of two rules that contradict each other the stricter one holds until
 * somebody settles it, and what does not say where it lies is not taken from anywhere while a region is forbidden.
 */
export const residencyOf = (rules: readonly ResidencyRule[], region: string | null): Residency => {
  const forbidding = rules.filter(({ said }) => said.includes('no'));
  if (forbidding.length === 0) return { allowed: true };
  if (region === null) return { allowed: false, rule: null };
  const rule = forbidding.find((one) => one.region === region);
  return rule === undefined ? { allowed: true } : { allowed: false, rule };
};
