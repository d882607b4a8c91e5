import { readFile } from 'node:fs/promises';
export const io = readFile;
