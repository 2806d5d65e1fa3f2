import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { projectFiles } from './project-files.js';
import { AVOIDED } from './words.js';

interface Said {
  readonly text: string;
  readonly line: number;
}

interface Texts {
  readonly sentences: Said[];
  readonly identifiers: Said[];
}

const SQL = /\b(SELECT|FROM|WHERE|INSERT INTO|UPDATE|SET)\s/;
const wordsIn = (code: string) => code.match(/[A-Za-z_]\w*/g) ?? [];

/** Comments and texts of a source file, and its identifiers. */
function textsOfSource(file: string, source: string): Texts {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest);
  const comments = new Map<number, string>();
  const texts: Texts = { sentences: [], identifiers: [] };
  const said = (text: string, at: number) => ({ text, line: tree.getLineAndCharacterOfPosition(at).line + 1 });
  const visit = (node: ts.Node): void => {
    for (const { pos, end } of [
      ...(ts.getLeadingCommentRanges(source, node.pos) ?? []),
      ...(ts.getTrailingCommentRanges(source, node.end) ?? []),
    ])
      comments.set(pos, source.slice(pos, end));
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) texts.identifiers.push(said(node.text, node.end));
    if (ts.isLiteralExpression(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      if (SQL.test(node.text)) texts.identifiers.push(...wordsIn(node.text).map((word) => said(word, node.end)));
      else texts.sentences.push(said(node.text, node.end));
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  for (const [at, comment] of comments) texts.sentences.push(said(comment.replaceAll(/\s*\n\s*\*?\s*/g, ' '), at));
  return texts;
}

/** Prose of a page, by paragraph, item and row; what stands between backticks and in blocks are identifiers. */
function textsOfPage(page: string): Texts {
  const texts: Texts = { sentences: [], identifiers: [] };
  const code = /^```[^]*?^```$|`[^`\n]+`/gm;
  const lineAt = (index: number) => page.slice(0, index).split('\n').length;
  for (const { 0: block, index } of page.matchAll(code))
    texts.identifiers.push(...wordsIn(block).map((text) => ({ text, line: lineAt(index) })));
  const prose = page.replaceAll(code, (block) => block.replaceAll(/[^\n]/g, ' '));
  for (const { 0: paragraph, index } of prose.matchAll(/^.*\S.*(?:\n(?![-|#]|\d+\.).*\S.*)*/gm))
    texts.sentences.push({ text: paragraph.replaceAll('\n', ' '), line: lineAt(index) });
  return texts;
}

const SOURCES = /\.(ts|mjs|cjs)$/;
// The list itself, and what is history: a migration that ran is not changed any more.
const files = projectFiles().filter((file) => !/^test\/docs\/words|^src\/database\/migrations\//.test(file));
const texts = files.flatMap((file) => {
  const source = () => readFileSync(file, 'utf8');
  if (SOURCES.test(file)) return [{ file, ...textsOfSource(file, source()) }];
  return file.endsWith('.md') ? [{ file, ...textsOfPage(source()) }] : [];
});

describe('The words of the glossary', () => {
  it.each(AVOIDED.map((word) => [word.instead, word] as const))('%s: nothing else is used for it', (_, word) => {
    const { sentences, identifiers, allowed = [] } = word;
    const found: string[] = [];
    for (const { file, ...said } of texts) {
      const search = (pattern: RegExp | undefined, kind: keyof Texts) => {
        if (!pattern) return;
        for (const { text, line } of said[kind])
          if (pattern.test(text) && !allowed.some(([right]) => right.test(text)))
            found.push(`${file}:${line}: ${text.slice(0, 160)}`);
      };
      search(sentences && new RegExp(sentences, 'i'), 'sentences');
      search(identifiers, 'identifiers');
    }
    expect(found).toEqual([]);
  });

  it('are avoided without exceptions that nothing needs', () => {
    const all = texts.flatMap(({ sentences, identifiers }) => [...sentences, ...identifiers].map(({ text }) => text));
    const idle = AVOIDED.flatMap(({ allowed = [] }) => allowed).filter(
      ([right]) => !all.some((text) => right.test(text)),
    );
    expect(idle).toEqual([]);
  });
});
