/** What is asked of the machine before anything is started. */
export interface Machine {
  /** Runs docker; answers whether it succeeded. */
  docker(...args: readonly string[]): Promise<boolean>;
  /** Whether a port of 127.0.0.1 could be listened on. */
  isFree(port: number): Promise<boolean>;
}

/**
 * Why docker-compose.yml can't be run here, in words for a person; undefined if it can. Images are fetched if they aren't
 * there, and last, so that nobody waits for them in vain.
 */
export async function whyNot(
  { docker, isFree }: Machine,
  ports: readonly number[],
  images: readonly string[],
): Promise<string | undefined> {
  if (!(await docker('version'))) return 'no Docker engine answers (docker version)';
  if (!(await docker('compose', 'version'))) return 'docker has no compose plugin (docker compose version)';
  for (const port of ports) {
    if (!(await isFree(port)))
      return `port ${port} of 127.0.0.1 is taken; if that is your own engine: docker compose stop`;
  }
  for (const image of images) {
    if (!(await docker('image', 'inspect', image)) && !(await docker('pull', image)))
      return `the image ${image} is not here and can't be pulled`;
  }
  return undefined;
}
