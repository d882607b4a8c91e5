import { concernedPeople } from './derive-incident.ts';
import { jsonFile, type MeasuredFile, type PackFile } from './pack-file.ts';
import type { PackContext } from './pack-context.ts';

/** `data/ro-crate-metadata.json` (RO-Crate 1.2): people, the act of exporting, files with size and sha256. Hand-written. */
const mediaTypes: readonly (readonly [ending: string, type: string])[] = [
  ['.jsonl', 'application/jsonl'], ['.json', 'application/json'], ['.csv', 'text/csv'], ['.html', 'text/html'],
  ['.txt', 'text/plain'], ['.sh', 'application/x-sh'], ['.py', 'text/x-python'],
]; // prettier-ignore

export const crateFile = (context: PackContext, files: readonly MeasuredFile[]): PackFile => {
  const below = files
    .filter(({ path }) => path.startsWith('data/'))
    .map(({ path, size, sha256 }) => ({ id: path.slice('data/'.length), size, sha256 }));
  const people = concernedPeople(context);
  const header = context.replay.views.roomHeader(context.replay.db, context.replay.room);
  return jsonFile('data/ro-crate-metadata.json', {
    '@context': 'https://w3id.org/ro/crate/1.2/context',
    '@graph': [
      {
        '@id': 'ro-crate-metadata.json',
        '@type': 'CreativeWork',
        about: { '@id': './' },
        conformsTo: { '@id': 'https://w3id.org/ro/crate/1.2' },
      },
      {
        '@id': './',
        '@type': 'Dataset',
        name: header?.title.value ?? 'Incident without a title',
        description:
          'Evidence pack of a Breakwater room. The log in 20-timeline counts; everything else is derived from it.',
        identifier: `urn:breakwater:${context.replay.room}`,
        datePublished: context.at,
        license: 'Not licensed for publication: for the recipient only.',
        hasPart: below.map(({ id }) => ({ '@id': id })),
        mentions: [{ '@id': '#export' }],
      },
      {
        '@id': '#export',
        '@type': 'CreateAction',
        name: 'Export of this evidence pack',
        endTime: context.at,
        agent: { '@id': `#${context.exported.actor}` },
        result: { '@id': './' },
      },
      ...people.map((person) => ({
        '@id': `#${person.person}`,
        '@type': 'Person',
        name: person.name.value ?? 'name withheld',
        description: person.attested ? 'attested' : 'not attested',
      })),
      ...(people.some(({ person }) => person === context.exported.actor)
        ? []
        : [
            {
              '@id': `#${context.exported.actor}`,
              '@type': 'Person',
              name: 'name withheld',
              description: 'not attested',
            },
          ]),
      ...below.map(({ id, size, sha256 }) => ({
        '@id': id,
        '@type': 'File',
        contentSize: String(size),
        sha256,
        encodingFormat: mediaTypes.find(([ending]) => id.endsWith(ending))?.[1] ?? 'application/octet-stream',
      })),
    ],
  });
};
