import { zeroHash } from '../../shared/domain/ids.ts';
import { eventAt, eventRange, takeSealedFrom, unseal, type EventRow } from '../store/events.ts';
import { moveHead, type StreamRow } from '../store/logs.ts';
import type { Candidate } from './candidate.ts';
import { fittingDisclosures, type Batch } from './batch.ts';
import { clearText } from './line.ts';
import { verifyEvent } from './signature.ts';

/**
 * Sealed lines (`enc1.`): kept, counted, forwarded. While the opening of a stream is sealed too, nothing about it can be
 * verified here, so a readable and signed copy always wins over what was only believed.
 */
const keepApart = (batch: Batch, candidate: Candidate, rows: readonly EventRow[]): void => {
  const { log, dev } = candidate;
  for (const { seq, hash, line, d, sig } of rows) {
    const wire = { line, d, sig, copies: { log, dev, seq, hash } };
    batch.apart({ tag: 'fork', reason: 'a sealed copy did not belong to this stream', log, dev, seq, hash }, wire);
  }
};

/** The readable text of a line that was sealed here: same hash, so the stream stays as it is and the event gets its effect. */
export const openSealed = (batch: Batch, stream: StreamRow, row: EventRow, candidate: Candidate): void => {
  const { line, wire, seq, hash, dev } = candidate;
  if (!line) return;
  const before = seq === 1 ? zeroHash : eventAt(batch.db, stream.rid, seq - 1)?.hash;
  const pub = seq === 1 && line.type === 'stream.opened' ? clearText(line.c, 'pub') : stream.pub;
  if (line.prev !== before || (pub !== null && !verifyEvent(pub, hash, wire.sig) && !verifyEvent(pub, hash, row.sig))) {
    batch.refuse(candidate, 'broken-chain', `event ${seq} of ${dev} does not continue its stream`);
    return;
  }
  const sig = pub !== null && verifyEvent(pub, hash, wire.sig) ? wire.sig : row.sig;
  unseal(batch.db, row.rid, line.type, wire.line, JSON.stringify(fittingDisclosures(batch, candidate)), sig);
  batch.applied += 1;
  batch.logs.add(candidate.log);
  batch.keep(stream.log_rid, { rid: row.rid, hash, streamRid: stream.rid, line });
  if (stream.pub === null && pub !== null) verifyBelieved(batch, stream, candidate, pub);
};

/** The key of a stream became known: what was believed before is verified, and cut where it does not hold. */
const verifyBelieved = (batch: Batch, stream: StreamRow, candidate: Candidate, pub: string): void => {
  let head = { seq: 1, hash: candidate.hash };
  for (const row of eventRange(batch.db, stream.rid, 2, stream.contig)) {
    if (!verifyEvent(pub, row.hash, row.sig)) {
      keepApart(batch, candidate, takeSealedFrom(batch.db, stream.rid, row.seq));
      break;
    }
    head = { seq: row.seq, hash: row.hash };
  }
  moveHead(batch.db, stream.rid, head.seq, head.hash, pub);
};

/** A signed opening contradicts sealed copies that nobody could verify: they give way. */
export const replaceSealed = (batch: Batch, stream: StreamRow, candidate: Candidate): void => {
  keepApart(batch, candidate, takeSealedFrom(batch.db, stream.rid, 1));
  moveHead(batch.db, stream.rid, 0, zeroHash, null);
};
