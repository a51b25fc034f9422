const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether a request may come in, by its `Host` and `Origin` headers.
 *
 * The gateway listens on loopback and asks nobody for a password, so a browser on the same machine is a door for any web
 * page that is open in it. A page whose own host name has been pointed at 127.0.0.1 (DNS rebinding) may even read the
 * answers, but its requests still carry that name in `Host`. A page that merely posts to 127.0.0.1 can't read answers,
 * but could place orders; its requests carry its own address in `Origin`. Neither gets in. Clients that are no browsers
 * send no `Origin`.
 */
export function isLocalRequest(host: string | undefined, origin: string | undefined): boolean {
  if (host === undefined || !loopbackNames.has(hostname(`http://${host}`))) return false;
  return origin === undefined || loopbackNames.has(hostname(origin));
}

function hostname(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}
