import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import { decompressFrame } from 'lz4-napi';
import { uncompress } from 'snappy';

/**
 * No batch is taken apart into more bytes than this: some codecs make a gigabyte of zeros out of a megabyte, and whoever may
 * write to a topic could end its readers. Lambda delivers no record of more than 6 MB.
 */
const MAX_BYTES = 256 * 1024 * 1024;

const unzip = promisify(gunzip);
const unzstd = promisify(zstdDecompress);

/**
 * The records of a batch as they were before they were compressed, in one of Kafka's codecs: the lowest three bits of the
 * batch's attributes (https://kafka.apache.org/documentation/#recordbatch).
 *
 * @throws what the codec says of bytes that it can't read, `unknown codec 5` for one that Kafka doesn't have
 */
export async function decompress(codec: number, bytes: Buffer): Promise<Buffer> {
  switch (codec) {
    case 0:
      return bytes;
    case 1:
      return unzip(bytes, { maxOutputLength: MAX_BYTES });
    case 2:
      return unsnappy(bytes);
    case 3:
      return decompressFrame(bytes);
    case 4:
      return unzstd(bytes, { maxOutputLength: MAX_BYTES });
    default:
      throw new Error(`unknown codec ${codec}`);
  }
}

/** How the codecs are called in messages, by number. */
export const CODEC_NAMES: readonly string[] = ['no codec', 'gzip', 'snappy', 'lz4', 'zstd'];

/** Begins what snappy-java's stream writes: \x82SNAPPY\0, then two version numbers, then blocks with their length in front. */
const XERIAL = Buffer.from('82534e4150505900', 'hex');
const XERIAL_HEADER_BYTES = 16;

/**
 * Kafka's Java client writes snappy-java's stream of blocks (https://github.com/xerial/snappy-java, SnappyOutputStream); others,
 * librdkafka among them, one raw block (https://github.com/google/snappy/blob/main/format_description.txt).
 */
async function unsnappy(bytes: Buffer): Promise<Buffer> {
  if (!bytes.subarray(0, XERIAL.length).equals(XERIAL)) return unsnappyBlock(bytes, MAX_BYTES);
  const blocks: Buffer[] = [];
  let left = MAX_BYTES;
  let at = XERIAL_HEADER_BYTES;
  while (at < bytes.length) {
    const length = bytes.readInt32BE(at);
    const block = bytes.subarray(at + 4, at + 4 + length);
    if (length < 0 || block.length < length) throw new Error('a block of snappy is cut off');
    const plain = await unsnappyBlock(block, left);
    blocks.push(plain);
    left -= plain.length;
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}

async function unsnappyBlock(block: Buffer, mostBytes: number): Promise<Buffer> {
  if (snappyLength(block) > mostBytes) throw new Error(`more than ${MAX_BYTES} bytes`);
  const plain = await uncompress(block, { asBuffer: true });
  return typeof plain === 'string' ? Buffer.from(plain) : plain;
}

/** A block begins with the length of what is in it, seven bits a byte, the lowest first; memory is taken by its word. */
function snappyLength(block: Buffer): number {
  let length = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = block[at] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) break;
  }
  return length;
}
