#!/usr/bin/env node
import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { runCommand } from './run-command.js';

Logger.overrideLogger(['error', 'fatal']);
void runCommand(process.argv.slice(2), {
  print: (text) => process.stdout.write(text),
  warn: (text) => process.stderr.write(text),
}).then((code) => (process.exitCode = code));
