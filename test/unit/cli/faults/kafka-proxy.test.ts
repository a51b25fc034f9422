import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type KafkaFate,
  type KafkaRequest,
  PASS,
  startKafkaProxy,
} from '../../../../cli/faults/kafka-proxy.ts';

const PRODUCE = 0;
const METADATA = 3;

/** A message of Kafka's protocol: a request with an API key and a version in front of its id, an answer without. */
function message(correlationId: number, text: string, apiKey?: number): Buffer {
  const body = Buffer.from(text, 'latin1');
  const head = Buffer.alloc(apiKey === undefined ? 4 : 8);
  if (apiKey !== undefined) head.writeInt16BE(apiKey, 0);
  head.writeInt32BE(correlationId, head.length - 4);
  const size = Buffer.alloc(4);
  size.writeInt32BE(head.length + body.length);
  return Buffer.concat([size, head, body]);
}

/** A broker that answers every request, with its own address if it is asked for metadata, behind a proxy. */
async function behindProxy(fateOf: (request: KafkaRequest) => KafkaFate) {
  let heard = '';
  const brokers = new Set<Socket>();
  const broker = createServer((socket) => {
    brokers.add(socket.on('error', () => undefined));
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      for (let at = 0; at < chunk.length; at += 4 + chunk.readInt32BE(at)) {
        const isMetadata = chunk.readInt16BE(at + 4) === METADATA;
        socket.write(
          message(chunk.readInt32BE(at + 8), isMetadata ? `(${named(port)}${named(port)})` : 'done'),
        );
      }
    });
  });
  broker.listen(0, '127.0.0.1');
  await once(broker, 'listening');
  const port = portOf(broker.address());
  const proxy = await startKafkaProxy(() => `127.0.0.1:${port}`, fateOf);
  onTestFinished(async () => {
    await proxy.stop();
    broker.close();
    for (const socket of brokers) socket.destroy();
  });
  const open = async () => {
    const socket = connect({ host: '127.0.0.1', port: Number(proxy.address.split(':')[1]) });
    await once(socket, 'connect');
    let [answers, end] = ['', ''];
    socket.on('data', (chunk) => {
      answers += chunk.toString('latin1');
    });
    socket.on('error', ({ message: reason }) => {
      end = reason;
    });
    onTestFinished(() => void socket.destroy());
    return { socket, answers: () => answers, ended: () => end };
  };
  return { proxy, port, open, heard: () => heard };
}

/** Host and port as Kafka writes them. */
function named(port: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(port);
  return `\0\x09127.0.0.1${bytes.toString('latin1')}`;
}

function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

const text = (...messages: Buffer[]) => Buffer.concat(messages).toString('latin1');

describe('startKafkaProxy', () => {
  it('passes requests and answers on, in whatever pieces they come, and names what was asked for', async () => {
    const { proxy, open, heard } = await behindProxy(() => PASS);
    const { socket, answers } = await open();
    const bytes = Buffer.concat([message(1, 'one', PRODUCE), message(2, 'two', 99)]);
    for (const byte of bytes) socket.write(Buffer.of(byte));
    await vi.waitFor(() => expect(answers()).toBe(text(message(1, 'done'), message(2, 'done'))));
    expect(heard()).toBe(bytes.toString('latin1'));
    expect(proxy.requests).toEqual(['Produce', 'api 99']);
    expect(proxy.connections()).toBe(1);
  });

  it('stands in the broker’s place wherever the broker names itself', async () => {
    const { proxy, open } = await behindProxy(() => PASS);
    const { socket, answers } = await open();
    socket.write(message(1, '', METADATA));
    const own = named(Number(proxy.address.split(':')[1]));
    await vi.waitFor(() => expect(answers()).toBe(text(message(1, `(${own}${own})`))));
  });

  it('loses requests, and answers to what was done', async () => {
    const { open, heard } = await behindProxy(({ api }) => ({
      kind: api === 'Metadata' ? 'lost-request' : 'lost-answer',
    }));
    for (const api of [METADATA, PRODUCE]) {
      const { socket, answers, ended } = await open();
      socket.write(message(1, 'x', api));
      await vi.waitFor(() => expect(ended()).toContain('ECONNRESET'));
      expect(answers()).toBe('');
    }
    expect(heard()).toBe(text(message(1, 'x', PRODUCE)));
  });

  it.each([true, false])('goes silent without closing, with the last request heard: %s', async (told) => {
    let requests = 0;
    const { proxy, open, heard } = await behindProxy(() =>
      ++requests === 2 ? { kind: 'half-open', heard: told } : PASS,
    );
    const { socket, answers, ended } = await open();
    socket.write(message(1, 'a', PRODUCE));
    await vi.waitFor(() => expect(answers()).toBe(text(message(1, 'done'))));

    socket.write(message(2, 'b', PRODUCE));
    socket.write(message(3, 'c', PRODUCE));
    await vi.waitFor(() => expect(proxy.requests).toHaveLength(2));
    const other = await open();
    other.socket.write(message(4, 'd', PRODUCE));
    await vi.waitFor(() => expect(other.answers()).toBe(text(message(4, 'done'))));

    const first = [message(1, 'a', PRODUCE), ...(told ? [message(2, 'b', PRODUCE)] : [])];
    expect(heard()).toBe(text(...first, message(4, 'd', PRODUCE)));
    expect([answers(), ended(), socket.destroyed]).toEqual([text(message(1, 'done')), '', false]);
  });

  it('delays a request, and what comes behind it', async () => {
    const { open, heard } = await behindProxy(({ api }) =>
      api === 'Metadata' ? { kind: 'slow', ms: 50 } : PASS,
    );
    const { socket } = await open();
    socket.write(Buffer.concat([message(1, 'a', METADATA), message(2, 'b', PRODUCE)]));
    await vi.waitFor(() => expect(heard()).toBe(text(message(1, 'a', METADATA), message(2, 'b', PRODUCE))));
  });
});
