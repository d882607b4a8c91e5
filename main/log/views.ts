/**
 * Everything that others read from the log. Signatures are in views-port.ts; the files behind this one are split by what
 * they show. Views never write and never cache.
 */
import { entriesPage, entryByHash } from './views-entries.ts';
import { declarations } from './views-declarations.ts';
import { attachments, citations, decisions, handoffs, tasks } from './views-items.ts';
import { budget, residency, usage, usageHeads } from './views-documents.ts';
import { announcedRooms, devices, pendingJoins, people, rolesOf, verdicts } from './views-org.ts';
import type { Views } from './views-port.ts';
import { authors, conflicts, counts, quarantineList, registerHeads, roomHeader, roomList } from './views-rooms.ts';

export const views: Views = {
  roomList, roomHeader, entriesPage, entryByHash, tasks, decisions, handoffs, attachments, declarations, citations, conflicts, registerHeads,
  authors, counts, people, rolesOf, devices, pendingJoins, verdicts, residency, budget, usage, usageHeads, announcedRooms, quarantineList,
}; // prettier-ignore

export {
  roomList, roomHeader, entriesPage, entryByHash, tasks, decisions, handoffs, attachments, declarations, citations, conflicts, registerHeads,
  authors, counts, people, rolesOf, devices, pendingJoins, verdicts, residency, budget, usage, usageHeads, announcedRooms, quarantineList,
}; // prettier-ignore
