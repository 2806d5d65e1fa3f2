import asyncHooks from 'node:async_hooks';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TestEnvironment } from 'jest-environment-node';

const root = join(import.meta.dirname, '../..');
const compiled = process.env.TEST_COMPILED;

const PACKAGES = [
  'reflect-metadata',
  '@nestjs/common',
  '@nestjs/common/constants.js',
  '@nestjs/core',
  '@nestjs/axios',
  '@nestjs/platform-fastify',
  '@nestjs/testing',
  '@electric-sql/pglite',
  'axios',
  'decimal.js',
  'pg',
  'typeorm',
];

/** What modules of both sides compare by identity. */
const INTRINSICS = ['Reflect', 'JSON', 'Date', 'Math', 'Error', 'SyntaxError', 'TypeError', 'RangeError'];

const modules = new Map([
  ...readdirSync(compiled, { recursive: true })
    .filter((file) => /^(src|emulator)\b.*\.js$/.test(file))
    .map((file) => [join(root, file.replace(/\.js$/, '.ts')), () => import(pathToFileURL(join(compiled, file)).href)]),
  ...PACKAGES.map((name) => [name, () => import(name)]),
]);

const stores = [];
/** What Jest makes for each file, and leaves enabled: every promise of the files after it would carry it on. */
class Store extends asyncHooks.AsyncLocalStorage {
  constructor(...given) {
    super(...given);
    stores.push(this);
  }
}
// Node 24 has a getter there, which cannot be assigned to.
Object.defineProperty(asyncHooks, 'AsyncLocalStorage', { value: Store, configurable: true });

/**
 * Jest evaluates every module anew for every test file, which takes seconds for this application. Here its modules, and
 * the packages they share with tests, are evaluated once in a worker: `share-modules.mjs` hands them to each file.
 */
export default class SharedModulesEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const name of INTRINSICS) this.global[name] = globalThis[name];
    this.global.sharedModules = modules;
  }

  async teardown() {
    for (const store of stores.splice(0)) store.disable();
    await super.teardown();
  }
}
