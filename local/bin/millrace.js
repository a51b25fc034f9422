#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module from 'node:module';

// Plain JavaScript, since a Node that can't run the rest of this has to be able to say so.
const OLDEST = 24;
const { version, versions, execPath, stderr } = process;

if (Number.parseInt(versions.node, 10) >= OLDEST) {
  // What the command before has compiled. https://nodejs.org/api/module.html#module-compile-cache
  module.enableCompileCache();
  // As in index.js: sources where there are any, and what they are built to in the package.
  const sources = existsSync(new URL('../cli/main.ts', import.meta.url));
  await import(sources ? '../cli/main.ts' : '../dist/cli/main.js');
} else {
  stderr.write(`error millrace runs on Node ${OLDEST} or newer, and this is Node ${version} (${execPath})
  Install a newer one (https://nodejs.org), or for this project alone: npm install --save-dev node@${OLDEST}
`);
  process.exitCode = 1;
}
