#!/usr/bin/env node
// Plain JavaScript on purpose: an old Node must print a sentence here, not a syntax error.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);

if (major > 22 || (major === 22 && minor >= 18)) {
  // The next start need not compile what this one has; where nothing can be written, nothing is kept.
  module.enableCompileCache();
  const source = new URL('../src/main.ts', import.meta.url);
  const { main } = await import(existsSync(source) ? source : new URL('../dist/main.js', import.meta.url));
  await main(process.argv.slice(2));
} else {
  const binary = bundledNode();
  if (binary === undefined) {
    console.error(
      `apigw-500 needs Node >= 22.18, found ${process.versions.node}. Install a current Node from https://nodejs.org/.`,
    );
    process.exit(2);
  }
  const child = spawn(binary, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', error => {
    console.error(`The Node binary that was installed with apigw-500 cannot be started: ${error.message}.`);
    process.exit(2);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** The Node binary that npm installed as an optional dependency of this package (Linux only). */
function bundledNode() {
  try {
    return createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    return undefined;
  }
}
