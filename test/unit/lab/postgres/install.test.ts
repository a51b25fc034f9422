import { expect, it } from 'vitest';
import { binariesFor } from '../../../../lab/postgres/install.ts';

it.each([
  ['linux', 'x64', 'linux-amd64'],
  ['linux', 'arm64', 'linux-arm64v8'],
  ['darwin', 'x64', 'darwin-amd64'],
  ['darwin', 'arm64', 'darwin-arm64v8'],
])('on %s and %s PostgreSQL is %s', (platform, arch, artifact) => {
  expect(binariesFor(platform, arch).artifact).toBe(artifact);
});

it('elsewhere there is none, and it says where there is', () => {
  expect(() => binariesFor('linux', 's390x')).toThrow(
    expect.objectContaining({
      code: 'PLATFORM_UNSUPPORTED',
      message: expect.stringContaining('linux s390x'),
      remedy: [expect.stringContaining('darwin arm64')],
    }),
  );
});
