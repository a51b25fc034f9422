import type { IncomingMessage } from 'node:http';

/**
 * Reads a request's body: `too-large` if it is longer than `maxBytes`, `aborted` if the client leaves before its end.
 *
 * What is too large is read to its end all the same, and thrown away: a client that is still sending when the connection
 * closes would see a broken connection instead of the answer.
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Uint8Array | 'too-large' | 'aborted'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBytes) chunks.push(chunk);
      else chunks.length = 0;
    });
    request.on('end', () => resolve(length <= maxBytes ? Buffer.concat(chunks) : 'too-large'));
    // After the end this changes nothing.
    request.on('close', () => resolve('aborted'));
  });
}
