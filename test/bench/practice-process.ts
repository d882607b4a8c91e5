// A practice lakehouse in a process of its own, so that its memory is not counted as the core's; `estate`: with all that surrounds
// the told lines. Ends with its parent.
import { startPractice } from '../support/practice.ts';

const practice = await startPractice({ seed: 1, fault: 'line', estate: process.argv[2] === 'estate' });
const { host, port, httpPath, token, caFile, truth } = practice;
process.stdout.write(`${JSON.stringify({ host, port, httpPath, token, caFile, truth })}\n`);
process.stdin.on('end', () => void practice.close().then(() => process.exit(0))).resume();
