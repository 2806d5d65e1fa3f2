import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDERS = ['src', 'test', 'docs', 'emulator', 'demo', 'bench'];

/** What the project's folders hold, and the files beside them; paths begin in the project's folder. */
export function projectFiles(): string[] {
  const inFolders = FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const beside = readdirSync('.', { withFileTypes: true }).filter((entry) => entry.isFile());
  return [...inFolders, ...beside.map(({ name }) => name)].filter((file) => !file.includes('/generated/'));
}
