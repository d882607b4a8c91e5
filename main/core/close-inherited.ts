import { closeSync, readdirSync, readFileSync } from 'node:fs';

/** 0 to 2 are ours by agreement, 3 is the channel to the parent. */
const lastOfOurs = 3;
/** O_CLOEXEC as /proc prints it. What Node opens has it; what came through an exec cannot have had it. */
const closesOnExec = 0o2000000;

const isInherited = (fd: number): boolean => {
  const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & closesOnExec) === 0;
};

/**
 * Close what a parent handed down without meaning to. Electron's main process has files and sockets open without
 * close-on-exec, and `fork` passes them all on: to this process, and from here to the practice lakehouse, which would then hold
 * the window's sockets and cache for as long as it outlives the window. Call it first of all. Linux only: other systems do not
 * say which descriptors these are.
 */
export const closeInherited = (): void => {
  if (process.platform !== 'linux') return;
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    try {
      if (fd > lastOfOurs && isInherited(fd)) closeSync(fd);
    } catch {
      // Gone already: the descriptor that listed the folder.
    }
  }
};
