/** The field's words (design.md section 2) as closed lists. Order is meaning: severities and phases are ranked. */
export const severities = ['SEV1', 'SEV2', 'SEV3', 'SEV4', 'SEV5'] as const;
export type Severity = (typeof severities)[number];

export const phases = ['detection', 'triage', 'root-cause', 'remediation', 'learning'] as const;
export type Phase = (typeof phases)[number];

export const incidentClasses = ['platform', 'data-quality', 'model', 'cost', 'governance', 'privacy-security'] as const;
export type IncidentClass = (typeof incidentClasses)[number];

export const harmStates = ['open', 'partly-contained', 'contained'] as const;
export type HarmState = (typeof harmStates)[number];

export const assetKinds = [
  'table', 'view', 'column', 'volume', 'job', 'task', 'pipeline', 'notebook', 'query', 'dashboard',
  'feature-table', 'model', 'model-version', 'endpoint', 'experiment', 'cluster', 'warehouse', 'external',
] as const; // prettier-ignore
export type AssetKind = (typeof assetKinds)[number];

/**
 * Facts about something that happened: they stand in a room's timeline. A grant, a moved alias, a served version or an edited
 * definition is a change (design.md section 2); a run, an update, an event or a result is what came of it.
 */
export const momentKinds = [
  'run', 'repair', 'table-version', 'schema-change', 'drift', 'model-version', 'alias-move', 'served-version', 'audit',
  'grant-change', 'definition-change', 'pipeline-update', 'expectation', 'quality', 'compute-event', 'query', 'experiment-run',
] as const; // prettier-ignore
/**
 * Facts about how something was over a time: columns, rights and rules as last read, statistics and costs of a window. They are
 * looked up and compared, and would drown a timeline.
 */
export const stateKinds = ['schema', 'access', 'settings', 'profile', 'inference', 'cost', 'metric'] as const;
/** Kinds of lake facts that a room can show or cite. */
export const factKinds = [...momentKinds, ...stateKinds] as const;
export type FactKind = (typeof factKinds)[number];

export const keyProtections = ['keyring', 'file', 'passphrase'] as const;
export type KeyProtection = (typeof keyProtections)[number];

export const verdicts = ['accepted', 'declined', 'reopened'] as const;
export type Verdict = (typeof verdicts)[number];

export const handoffSubjects = ['question', 'command', 'task'] as const;
export type HandoffSubject = (typeof handoffSubjects)[number];
