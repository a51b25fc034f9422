import { createHash, createHmac } from 'node:crypto';

/** A request as its receiver has it. */
export interface ReceivedRequest {
  readonly method: string;
  /** As sent, with the query string. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

const HEADER =
  /^AWS4-HMAC-SHA256 Credential=(?<key>[^/]+)\/(?<scope>(?<day>\d{8})\/(?<region>[^/]+)\/(?<service>[^/]+)\/aws4_request), ?SignedHeaders=(?<signed>[^,]+), ?Signature=(?<signature>[0-9a-f]{64})$/;

/**
 * Whether a request is signed with a secret, by the definition of Signature Version 4 and by nobody's library; `none`
 * without a signature.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @returns the region and service that it was signed for
 */
export function signatureOf(
  { method, target, headers, body }: ReceivedRequest,
  secret: string,
): { readonly region: string; readonly service: string } | 'none' | 'wrong' {
  const { day, region, service, scope, signed, signature } =
    HEADER.exec(headers.authorization ?? '')?.groups ?? {};
  if (!day || !region || !service || !signed) return 'none';
  const [path = '', query = ''] = target.split('?');
  const names = signed.split(';');
  const canonical = [
    method,
    path.split('/').map(encodeURIComponent).join('/'),
    [...new URLSearchParams(query)]
      .map((pair) => pair.map(encodeURIComponent).join('='))
      .sort()
      .join('&'),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    signed,
    sha256(body),
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<Buffer | string>(
    (previous, part) => createHmac('sha256', previous).update(part).digest(),
    `AWS4${secret}`,
  );
  const expected = createHmac('sha256', key).update(toSign).digest('hex');
  const covers = names.includes('host') && names.includes('x-amz-date');
  return expected === signature && covers ? { region, service } : 'wrong';
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
