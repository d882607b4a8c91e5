import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

export type Writer = {
  readonly pid: number | undefined;
  /** Send a line, get the next answer. Rejects when the process ends or takes longer than `ms`. */
  readonly say: <T>(line: string, ms?: number) => Promise<T>;
  readonly kill: () => Promise<void>;
};

/** Start `writer.ts` as a process of its own. */
export const startWriter = async (job: unknown): Promise<Writer> => {
  const script = join(import.meta.dirname, 'writer.ts');
  const child: ChildProcess = spawn(process.execPath, [script, JSON.stringify(job)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4_000);
  });
  if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(line));
  const gone = new Promise<void>((resolve) => {
    child.once('exit', (code) => {
      for (const one of waiting.splice(0)) one.reject(new Error(`the writer ended with ${String(code)}: ${said}`));
      resolve();
    });
  });
  const next = <T>(ms: number): Promise<T> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`no answer in ${String(ms)} ms: ${said}`));
      }, ms);
      waiting.push({
        resolve: (line) => {
          clearTimeout(timer);
          resolve(JSON.parse(line) as T);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
  await next(30_000);
  return {
    pid: child.pid,
    say: (line, ms = 30_000) => {
      const answer = next(ms);
      child.stdin?.write(`${line}\n`);
      return answer as never;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
};
