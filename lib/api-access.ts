import type { Node } from 'constructs';
import { SettingsError } from './settings-error.ts';

/** Who may call the checkout. */
export type ApiAccess =
  /** Services of ours that sign their requests and name the customer. */
  | { readonly kind: 'iam' }
  /** Customers with a token: they are its `sub`. */
  | {
      readonly kind: 'jwt';
      /** `iss` of the tokens, letter by letter; its `/.well-known/openid-configuration` names the keys. */
      readonly issuer: string;
      /** `aud`, or `client_id`, of the tokens: one of these. */
      readonly audience: readonly string[];
      /** Web pages that may call, as browsers name them: `https://shop.example.com`. @default - none */
      readonly corsOrigins: readonly string[];
    };

const EXAMPLE =
  '-c jwtIssuer=https://login.example.com/ -c jwtAudience=orders [-c corsOrigins=https://shop.example.com]';

/** The context keys that say who may call. */
export const API_ACCESS_KEYS = ['jwtIssuer', 'jwtAudience', 'corsOrigins'] as const;

/**
 * Who may call, by the context keys `jwtIssuer`, `jwtAudience` and `corsOrigins`, the last two with commas between; IAM
 * without them. Throws a `SettingsError` that says which key is wrong.
 */
export function apiAccessOf(node: Node): ApiAccess {
  const [issuer, audience, origins] = API_ACCESS_KEYS.map((key) => textOf(node, key));
  if (issuer === undefined && audience === undefined) {
    if (origins === undefined) return { kind: 'iam' };
    throw wrong(
      'corsOrigins',
      'is for browsers, whose users have tokens: it needs jwtIssuer and jwtAudience',
    );
  }
  if (issuer === undefined) throw wrong('jwtIssuer', 'is missing beside jwtAudience');
  if (audience === undefined) {
    throw wrong('jwtAudience', 'is missing beside jwtIssuer: every token of the issuer would do');
  }
  return {
    kind: 'jwt',
    issuer: issuerOf(issuer),
    audience: list('jwtAudience', audience),
    corsOrigins: origins === undefined ? [] : list('corsOrigins', origins).map(originOf),
  };
}

function textOf(node: Node, key: string): string | undefined {
  const value: unknown = node.tryGetContext(key);
  if (value === undefined || typeof value === 'string') return value;
  throw wrong(key, 'must be a text');
}

function list(key: string, text: string): string[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.includes('')) throw wrong(key, 'has an empty word');
  return words;
}

/** API Gateway fetches the issuer's keys over HTTPS, and compares it with `iss` as it stands. */
function issuerOf(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === 'https:' && url.search === '' && url.hash === '') return text;
  throw wrong('jwtIssuer', `must be an https address without ? and #, not "${text}"`);
}

/** Browsers send an origin without a path and in lower case; one that is spelled otherwise would never match. */
function originOf(text: string): string {
  if (URL.parse(text)?.origin === text && text.startsWith('https://')) return text;
  throw wrong('corsOrigins', `must have https origins like https://shop.example.com, not "${text}"`);
}

function wrong(key: string, why: string): SettingsError {
  return new SettingsError(`context ${key} ${why}: npx cdk deploy ${EXAMPLE}`);
}
