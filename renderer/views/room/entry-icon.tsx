import {
  Activity, ArrowRight, Bell, CircleCheckBig, CircleHelp, Clock, Columns3, Cpu, Eraser, FileUp, Flag, FlaskConical, Gavel, GitBranch, Handshake, KeyRound, Link2, type LucideIcon, ListChecks, LogIn, Package, PackageCheck, PenLine, Pin, Play, Search, ShieldCheck, Tag, TriangleAlert, Type, UserRound, Workflow,
} from 'lucide-react'; // prettier-ignore
import type { Entry } from '../../../shared/contract/room.ts';

const byKind: Readonly<Record<Entry['kind'], LucideIcon>> = {
  opened: LogIn, note: PenLine, decision: Gavel, task: ListChecks, handoff: Handshake, attachment: FileUp, severity: TriangleAlert, phase: ArrowRight,
  class: Tag, title: Type, commander: UserRound, harm: ShieldCheck, update: Clock, summary: Flag, fact: Pin, export: PackageCheck, redaction: Eraser,
  merge: Link2, signal: Bell, declared: Link2, unknown: CircleHelp,
}; // prettier-ignore
const byFact: Readonly<Record<string, LucideIcon>> = {
  run: Play, 'table-version': GitBranch, 'schema-change': Columns3, drift: Activity, 'model-version': Package, 'alias-move': CircleCheckBig, audit: KeyRound, 'grant-change': KeyRound, 'served-version': Package, 'definition-change': PenLine, repair: Play, 'pipeline-update': Workflow, 'compute-event': Cpu, query: Search, quality: ShieldCheck, expectation: ListChecks, 'experiment-run': FlaskConical,
}; // prettier-ignore

/** The picture of an entry's kind, in the colour of its tone. */
export const EntryIcon = ({ entry }: { readonly entry: Entry }) => {
  const Icon = (entry.factKind === null ? undefined : byFact[entry.factKind]) ?? byKind[entry.kind];
  const tone = entry.tone === 'plain' ? (entry.factKind === null ? 'sea' : 'plain') : entry.tone;
  return <Icon size={16} strokeWidth={1.75} className={`entry-icon tone-${tone}`} aria-hidden="true" />;
};
