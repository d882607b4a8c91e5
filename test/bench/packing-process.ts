// Packing beside the bare driver, in a process that runs as the core's does: what this one grows by is what a core grows by. Told the
// place of a practice lakehouse, it answers with what it measured.
import { readFileSync } from 'node:fs';
import { DBSQLClient } from '@databricks/sql';
import { keepHeapSmall } from '../../main/core/small-heap.ts';
import { cancelled, openAt, type Place, pullAndStore, rateRows, runs } from './packs.ts';
import { seconds } from './seams.ts';

/** Seconds, and by how many MB the process grew at most. */
export type Grown = { readonly took: number; readonly mb: number };
export type Measured = {
  /** Seconds for `rateRows`, turn by turn, each to be compared with its neighbour: what else the machine does then costs both. */
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  /** Half a million rows: where nothing like it was packed before, and after the turns. */
  readonly first: Grown;
  readonly later: Grown;
  /** Seconds from the press of cancel until nothing is under way any more. */
  readonly cancels: readonly number[];
};

const turns = 9;
const manyRows = 500_000;

const bareDriver = async ({ host, port, httpPath: path, token, caFile }: Place) => {
  const client = new DBSQLClient({ logger: { log: () => undefined } as never });
  const quiet = { customCaCert: readFileSync(caFile), telemetryEnabled: false };
  await client.connect({ host, port, path, token, ...quiet } as never);
  const session = await client.openSession();
  return {
    pull: async (): Promise<void> => {
      const operation = await session.executeStatement(runs(rateRows).text, { useCloudFetch: false } as never);
      let rows = 0;
      do rows += (await operation.fetchChunk({ maxRows: 10_000, disableBuffering: true })).length;
      while (await operation.hasMoreRows());
      await operation.close();
      if (rows !== rateRows) throw new Error(`${rows} rows`);
    },
    close: async (): Promise<void> => {
      await session.close();
      await client.close();
    },
  };
};

const megabytes = (): number => process.memoryUsage.rss() / 1e6;

const measure = async (place: Place): Promise<Measured> => {
  const workspace = openAt(place);
  const grown = async (): Promise<Grown> => {
    const before = megabytes();
    let peak = before;
    const took = await pullAndStore(workspace, manyRows, () => (peak = Math.max(peak, megabytes())));
    return { took, mb: Math.round(peak - before) };
  };
  // A core that runs has read something already.
  await pullAndStore(workspace, 20_000);
  const first = await grown();
  const bare = await bareDriver(place);
  await bare.pull();
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < turns; turn += 1) {
    ours.push(await pullAndStore(workspace, rateRows));
    theirs.push(await seconds(bare.pull));
  }
  const later = await grown();
  const cancels = [await cancelled(workspace), await cancelled(workspace), await cancelled(workspace)];
  await bare.close();
  await workspace.close();
  return { ours, theirs, first, later, cancels };
};

keepHeapSmall();
// Whoever wanted to know is gone.
process.once('disconnect', () => process.exit(1));
process.once('message', (place: Place) => {
  void measure(place).then((measured) => process.send?.(measured, () => process.exit(0)));
});
