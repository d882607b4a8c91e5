import type { EntryView } from '../log/views-port.ts';
import { concernedPeople } from './derive-incident.ts';
import { wordsOf } from './derive-timeline.ts';
import { textFile, type PackFile } from './pack-file.ts';
import { blobsOf, type PackContext } from './pack-context.ts';

/** `data/00-START-HERE.html`: one page to read, without scripts and without anything from elsewhere. */
const shownEntries = 2000;

export const escapeHtml = (text: string): string =>
  text
    .toWellFormed()
    // Control characters have no place in HTML; direction marks must not turn the words around them.
    .replaceAll(/\p{Cc}/gu, (char) => (char === '\n' || char === '\t' ? char : '\u{fffd}'))
    .replaceAll(/\p{Bidi_Control}/gu, '\u{fffd}')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

const said = (value: string | null | undefined, otherwise = 'not recorded'): string =>
  value === null || value === undefined || value === ''
    ? `<span class="none">${otherwise}</span>`
    : `<bdi>${escapeHtml(value)}</bdi>`;

const style = `
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #8886}
td{overflow-wrap:anywhere}time,.mono{font-family:ui-monospace,monospace;font-size:.85em}
.none{opacity:.7;font-style:italic}.mark{border:1px solid currentColor;border-radius:.3rem;padding:0 .3rem;font-size:.8em}
.words{white-space:pre-wrap}`;

const entryRow = (context: PackContext, entry: EntryView): string => {
  const marks = [
    entry.by.attested ? '' : '<span class="mark">not attested</span>',
    entry.effect === 'full' ? '' : `<span class="mark">without effect: ${escapeHtml(entry.reason ?? 'unknown')}</span>`,
    entry.withheldCount === 0 ? '' : `<span class="mark">${entry.withheldCount} withheld</span>`,
    entry.known ? '' : '<span class="mark">type not known to this version</span>',
  ];
  return `<tr><td><time>${escapeHtml(entry.happenedAt)}</time></td><td><bdi>${escapeHtml(context.nameOf(entry.by.actor))}</bdi></td><td>${escapeHtml(entry.type)}</td><td><div class="words"><bdi>${escapeHtml(wordsOf(entry))}</bdi></div>${marks.join(' ')}</td></tr>`;
};

const row = (name: string, value: string): string => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`;

const places: readonly (readonly [path: string, what: string])[] = [
  ['VERIFY.txt', 'how to check this pack, with the commands to type'],
  ['10-incident/', 'what the incident is: classification, clocks, people'],
  ['20-timeline/', 'the log itself, line by line, with signatures; merged.csv is the table to read'],
  ['30-decisions/', 'decisions with options, reasons and dissent; tasks; handovers'],
  ['40-access/', 'who had access: not collected, and why'],
  ['50-audit/', 'facts that were cited from system tables'],
  ['60-lineage/', 'lineage as the exporting device had it; not part of the log'],
  ['70-models/', 'versions of models'],
  ['90-disclosures/', 'the words behind the log, and a row for each one that is withheld'],
  ['95-attachments/', 'attached files by their sha256'],
  ['custody.csv', 'chain of custody'],
];

export const startFile = (context: PackContext): PackFile => {
  const { replay } = context;
  const header = replay.views.roomHeader(replay.db, replay.room);
  const entries = replay.entries();
  const shown = entries.slice(-shownEntries);
  const people = concernedPeople(context);
  const absent = blobsOf(replay).filter(({ sha256 }) => !context.hasBlob(sha256)).length;
  const conflicts = replay.views.conflicts(replay.db, replay.room);
  const title = header?.title.value ?? 'Incident without a title';
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)}: evidence pack</title><style>${style}</style></head><body>
<h1><bdi>${escapeHtml(title)}</bdi></h1>
<p>Evidence pack of a Breakwater room, exported ${escapeHtml(context.at)} by <bdi>${escapeHtml(context.nameOf(context.exported.actor))}</bdi>.
This page is a reading copy. What counts is the log in 20-timeline. <b>Opening this page proves nothing: check the pack first as VERIFY.txt says.</b></p>
<h2>The incident</h2>
<table>
${row('Severity', said(header?.severity.value))}
${row('Class', said(header?.class.value))}
${row('Phase', said(header?.phase.value))}
${row('Harm', said(header?.harm.value))}
${row('Commander', said(header?.commander.value ? context.nameOf(header.commander.value) : null, 'nobody'))}
${row('Started', said(header?.startedAt))}
${row('Detected', said(header?.detectedAt))}
${row('Room opened', said(header?.openedAt))}
${row('Room', `<span class="mono">${escapeHtml(replay.room)}</span>`)}
</table>
${conflicts.length === 0 ? '' : `<p><b>${conflicts.length} values were set differently on two devices and not settled:</b> ${conflicts.map(({ register }) => escapeHtml(register)).join(', ')}. incident.json shows all of them.</p>`}
<h2>What is here and what is not</h2>
<table>
${row('Entries', String(entries.length))}
${row('Streams of the log', `${replay.streams.filter(({ org }) => !org).length} of this room, ${replay.streams.filter(({ org }) => org).length} of the organisation`)}
${row('Files named but not in this pack', String(absent))}
${row('Withheld or redacted', 'listed one by one in 90-disclosures/redactions.csv')}
</table>
<h2>People</h2>
<table><tr><th scope="col">Name</th><th scope="col">Attested</th><th scope="col">Roles</th></tr>
${people.map((person) => `<tr><td>${said(person.name.value, 'name withheld')}</td><td>${person.attested ? 'attested' : 'not attested'}</td><td>${person.roles.map(({ role }) => escapeHtml(role)).join(', ')}</td></tr>`).join('\n')}
</table>
<p>Attested: somebody else, or a sign-on, confirmed that the device is this person's. Not attested: the device says so itself.</p>
<h2>Where things are</h2>
<table>
${places.map(([path, what]) => row(`<span class="mono">${path}</span>`, what)).join('\n')}
</table>
<h2>Timeline</h2>
${shown.length < entries.length ? `<p>The newest ${shown.length} of ${entries.length} entries; all of them are in 20-timeline/merged.csv.</p>` : ''}
<table><tr><th scope="col">When (UTC)</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">Words</th></tr>
${shown.map((entry) => entryRow(context, entry)).join('\n')}
</table>
</body></html>
`;
  return textFile('data/00-START-HERE.html', html);
};
