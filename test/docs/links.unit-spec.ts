import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectFiles } from './project-files.js';

const files = projectFiles();
const pages = files.filter((file) => file.endsWith('.md'));

/** Text without blocks of code, whose brackets are no links. */
const prose = (page: string) => readFileSync(page, 'utf8').replaceAll(/^```[^]*?^```$/gm, '');

/** What GitHub calls the headings of a page. */
function anchorsOf(page: string): string[] {
  return [...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(pages)('%s', (page) => {
  it('links to files and headings that are there', () => {
    const links = [...prose(page).matchAll(/\]\((?!\w+:)([^)\s]*)\)/g)].map(([, link]) => link!);
    const broken = links.filter((link) => {
      const [path, anchor] = link.split('#');
      const target = path ? join(dirname(page), path) : page;
      return !existsSync(target) || (anchor && !anchorsOf(target).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  it('names files that are there', () => {
    const named = [...prose(page).matchAll(/`([\w.][\w./-]*(\.(ts|cjs|mjs|json|sh|md)|\/))`/g)].map(
      ([, name]) => name!,
    );
    const ours = named.filter((name) => /\.\w+$/.test(name) || /^(src|test|docs|emulator|demo|bench)\//.test(name));
    const missing = ours.filter((name) => {
      const path = name.replace(/\/$/, '');
      return !files.some((file) => `/${file}`.endsWith(`/${path}`) || `/${file}`.includes(`/${path}/`));
    });
    expect(missing).toEqual([]);
  });
});
