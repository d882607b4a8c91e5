import type { CitationView } from '../log/views-port.ts';
import { csvRow } from './csv.ts';
import { settledJson } from './derive-incident.ts';
import { jsonFile, linesFile, textFile, type PackFile } from './pack-file.ts';
import { authorOf, blobsOf, type PackContext } from './pack-context.ts';

/** Folders 30 to 95 and custody.csv: decisions, cited facts, files. Made from the log alone. */

const decisions = (context: PackContext): PackFile =>
  linesFile('data/30-decisions/decisions.jsonl', () =>
    context.replay.views.decisions(context.replay.db, context.replay.room).map((decision) =>
      JSON.stringify({
        event: decision.id,
        title: decision.title,
        options: decision.options,
        choice: decision.choice,
        reason: decision.reason,
        dissent: decision.dissent,
        evidence: decision.evidence,
        state: settledJson(context, decision.state),
        expires: settledJson(context, decision.expiry),
        contested: decision.contested,
        by: authorOf(context, decision.by),
        recorded_at: decision.at,
        effect: decision.effect,
      }),
    ),
  );

const tasks = (context: PackContext): PackFile =>
  linesFile('data/30-decisions/tasks.jsonl', () =>
    context.replay.views.tasks(context.replay.db, context.replay.room).map((task) =>
      JSON.stringify({
        event: task.id,
        text: task.text,
        state: settledJson(context, task.state),
        assignee: settledJson(context, task.assignee),
        due_at: task.dueAt,
        by: authorOf(context, task.by),
        recorded_at: task.at,
        effect: task.effect,
      }),
    ),
  );

const handoffs = (context: PackContext): PackFile =>
  linesFile('data/30-decisions/handovers.jsonl', () =>
    context.replay.views.handoffs(context.replay.db, context.replay.room).map((handoff) =>
      JSON.stringify({
        event: handoff.id,
        subject: handoff.subject,
        text: handoff.text,
        from: handoff.from,
        to: handoff.to,
        reason: handoff.reason,
        state: settledJson(context, handoff.state),
        answer: handoff.answer,
        by: authorOf(context, handoff.by),
        recorded_at: handoff.at,
        effect: handoff.effect,
      }),
    ),
  );

const citationJson = (context: PackContext, fact: CitationView): string =>
  JSON.stringify({
    fact: fact.factId,
    kind: fact.kind,
    source: fact.source,
    signal: fact.signalId,
    happened_at: fact.happenedAt,
    assets: fact.assets,
    // Two devices that cited one fact are two witnesses; different snapshots are versions, all kept.
    witnesses: fact.witnesses.map((witness) => ({
      event: witness.hash,
      by: authorOf(context, witness.by),
      observed_at: witness.observedAt,
      recorded_at: witness.recordedAt,
      snapshot: witness.snapshot,
      file: witness.blob,
    })),
  });

const facts = (context: PackContext, path: string, fits: (fact: CitationView) => boolean): PackFile =>
  linesFile(path, function* () {
    for (const fact of context.replay.views.citations(context.replay.db, context.replay.room))
      if (fits(fact)) yield citationJson(context, fact);
  });

const isAudit = ({ kind }: CitationView): boolean => kind === 'audit' || kind === 'grant-change';
const isModel = ({ kind }: CitationView): boolean => kind === 'model-version' || kind === 'alias-move';

const auditCsv = (context: PackContext): PackFile => ({
  path: 'data/50-audit/audit_extract.csv',
  *chunks() {
    yield csvRow(['fact', 'source', 'happened_at', 'observed_at', 'assets', 'snapshot', 'cited_by', 'event']);
    for (const fact of context.replay.views.citations(context.replay.db, context.replay.room)) {
      if (!isAudit(fact)) continue;
      for (const witness of fact.witnesses) {
        yield csvRow([
          fact.factId, fact.source, fact.happenedAt, witness.observedAt, fact.assets.join(' '),
          witness.snapshot === null ? null : JSON.stringify(witness.snapshot), context.nameOf(witness.by.actor), witness.hash,
        ]); // prettier-ignore
      }
    }
  },
});

const notes = {
  access:
    'Grants before and after the incident were not collected by this version: it has no source for them.\n' +
    'Nothing in this pack says who could read or change the affected assets.\n',
  audit:
    'audit_extract: rows of the audit log that somebody cited in the room. It is no complete extract. cited_facts: everything cited.\n' +
    'Limits of the source, as documented by the platform: system.access.audit is kept 365 days and is regional; the events of a\n' +
    'deleted workspace older than 14 days are removed; statement text may be left out for readers without that permission.\n' +
    'Each row says when it was observed; a snapshot that was redacted or withheld is null.\n',
  models: 'models.jsonl: versions of models and moves of their aliases that somebody cited in the room.\n',
} as const;

const attachments = (context: PackContext): readonly PackFile[] => {
  const here = context.hasBlob;
  const { db, room, views } = context.replay;
  return [
    {
      path: 'data/95-attachments/index.csv',
      *chunks() {
        yield csvRow(['sha256', 'in_pack', 'size', 'media', 'name', 'attached_by', 'recorded_at', 'event']);
        for (const attachment of views.attachments(db, room, here)) {
          const { blob } = attachment;
          const state = blob === null ? 'withheld' : here(blob.sha256) ? 'yes' : 'no: the file is not on this device';
          yield csvRow([
            blob?.sha256 ?? null, state, blob?.size ?? null, blob?.media ?? null, attachment.name,
            context.nameOf(attachment.by.actor), attachment.at, attachment.id,
          ]); // prettier-ignore
        }
      },
    },
    jsonFile(
      'data/95-attachments/absent.json',
      blobsOf(context.replay)
        .filter(({ sha256 }) => !here(sha256))
        .map(({ sha256, size, media, event }) => ({ sha256, size, media, event })),
    ),
  ];
};

/** Chain of custody: who brought each piece of evidence into the log, when, from where; and the export itself. */
const custody = (context: PackContext): PackFile => ({
  path: 'data/custody.csv',
  *chunks() {
    const { db, room, views } = context.replay;
    const exportedTo = [`pack of ${context.at}`, context.at] as const;
    yield csvRow([
      'id', 'file', 'sha256', 'collected_by', 'attested', 'collected_at_utc', 'source', 'method', 'transfer_to', 'transfer_at',
    ]); // prettier-ignore
    for (const attachment of views.attachments(db, room, context.hasBlob)) {
      const { blob, by } = attachment;
      yield csvRow([
        attachment.id, blob === null ? null : `95-attachments/${blob.sha256}`, blob?.sha256 ?? null, context.nameOf(by.actor),
        by.attested, attachment.at, 'attached by a person', 'file copied into the log of the device', ...exportedTo,
      ]); // prettier-ignore
    }
    for (const fact of views.citations(db, room)) {
      for (const witness of fact.witnesses) {
        yield csvRow([
          witness.hash, witness.blob === null ? '50-audit/cited_facts.jsonl' : `95-attachments/${witness.blob.sha256}`,
          witness.blob?.sha256 ?? null, context.nameOf(witness.by.actor), witness.by.attested,
          witness.observedAt ?? witness.recordedAt, fact.source, `read by the device, cited as ${fact.kind}`, ...exportedTo,
        ]); // prettier-ignore
      }
    }
  },
});

export const recordFiles = (context: PackContext): readonly PackFile[] => [
  decisions(context),
  tasks(context),
  handoffs(context),
  textFile('data/40-access/README.txt', notes.access),
  facts(context, 'data/50-audit/audit_extract.jsonl', isAudit),
  auditCsv(context),
  facts(context, 'data/50-audit/cited_facts.jsonl', () => true),
  textFile('data/50-audit/README.txt', notes.audit),
  facts(context, 'data/70-models/models.jsonl', isModel),
  textFile('data/70-models/README.txt', notes.models),
  ...attachments(context),
  custody(context),
];
