import thrift from 'thrift';
import { processor, type Handler } from './wire.ts';

/** Run one Thrift message (strict binary protocol) through the handler; resolves with the reply's bytes. */
export const runMessage = (handler: Handler, message: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    try {
      thrift.TBufferedTransport.receiver((transport) => {
        const output = new thrift.TBufferedTransport(undefined, (reply) => resolve(reply ?? Buffer.alloc(0)));
        try {
          processor(handler).process(new thrift.TBinaryProtocol(transport), new thrift.TBinaryProtocol(output));
          transport.commitPosition();
        } catch (thrown) {
          reject(thrown);
        }
      }, 0)(message);
    } catch (thrown) {
      reject(thrown);
    }
  });
