import type { JsonObject } from '../../../shared/base/json.ts';
import type { Write } from '../duck/lake.ts';

/** The documents that REST shows. */
export type Document = {
  readonly kind: 'job' | 'run' | 'model' | 'version' | 'served';
  readonly id: string;
  readonly at: number;
  readonly body: JsonObject;
};

export const saveDocuments = async (write: Write, documents: readonly Document[]): Promise<void> => {
  if (documents.length === 0) return;
  const rows = JSON.stringify(
    documents.map((d) => ({ k: d.kind, i: d.id, a: Math.round(d.at), b: JSON.stringify(d.body) })),
  );
  await write.run(
    `INSERT INTO bw.documents SELECT r.k, r.i, r.a, r.b FROM (SELECT unnest(from_json($rows::JSON, '[{"k":"VARCHAR","i":"VARCHAR","a":"BIGINT","b":"VARCHAR"}]')) AS r)`,
    { rows },
  );
};
