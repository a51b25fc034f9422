#!/usr/bin/env node
import module from 'node:module';
import { fileURLToPath } from 'node:url';

// Plain JavaScript, since a Node that can't run the rest of this has to be able to say so.
const OLDEST = 24;
const { version, versions, execPath, stderr } = process;

if (Number.parseInt(versions.node, 10) >= OLDEST) {
  // A command costs half of its time to compile what the one before it has compiled. https://nodejs.org/api/module.html#module-compile-cache
  module.enableCompileCache(
    fileURLToPath(new URL('../node_modules/.cache/node-compile-cache', import.meta.url)),
  );
  await import('./orderly.ts');
} else {
  stderr.write(`error orderly runs on Node ${OLDEST}, and this is Node ${version} (${execPath})
  Call it as npx orderly or by npm start: they take the Node ${OLDEST} that npm ci has put into node_modules.
  From another folder: ${fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))} ${fileURLToPath(import.meta.url)}
  If they brought you here, its installer was not allowed to run (ignore-scripts): npm rebuild node
`);
  process.exitCode = 1;
}
