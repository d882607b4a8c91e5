import type { Person } from '../../../shared/contract/common.ts';
import type { Role } from '../../../shared/domain/policy.ts';
import type { HarmState, IncidentClass, Phase, Severity } from '../../../shared/domain/vocabulary.ts';
import type { Tone } from '../../kit/index.ts';

/** The field's words as people read them. */
export const phaseWords: Readonly<Record<Phase, string>> = {
  detection: 'Detection', triage: 'Triage', 'root-cause': 'Root cause', remediation: 'Remediation', learning: 'Learning',
}; // prettier-ignore
export const classWords: Readonly<Record<IncidentClass, string>> = {
  platform: 'Platform', 'data-quality': 'Data quality', model: 'Model', cost: 'Cost', governance: 'Governance', 'privacy-security': 'Privacy / security',
}; // prettier-ignore
export const harmWords: Readonly<Record<HarmState, string>> = {
  open: 'Not contained', 'partly-contained': 'Partly contained', contained: 'Contained',
}; // prettier-ignore
export const roleWords: Readonly<Record<Role, string>> = {
  viewer: 'Viewer', responder: 'Responder', commander: 'Commander', approver: 'Approver', dpo: 'Data protection', admin: 'Admin',
}; // prettier-ignore
export const roleNotes: Readonly<Record<Role, string>> = {
  viewer: 'reads rooms',
  responder: 'opens rooms, writes, judges signals',
  commander: 'steers incidents, records decisions',
  approver: 'records decisions',
  dpo: 'writes, redacts, exports packs',
  admin: 'admits devices, grants roles, sets up shares; sees no incident content',
};
export const subjectWords = { question: 'Question', command: 'Command', task: 'Task' } as const;

export const severityTone = (severity: Severity | null): Tone =>
  severity === 'SEV1' || severity === 'SEV2' ? 'bad' : severity === 'SEV3' ? 'warn' : 'plain';

/** "Ada Lovelace", "you", and what cannot be vouched for is said. */
export const whoWords = (person: Person): string => (person.you ? 'you' : person.name);
