/** A fenced block of code. */
export interface CodeBlock {
  /** The words after the fence: `ts`, `run`. */
  readonly words: readonly string[];
  readonly code: string;
  /** Line of the file in which the code begins, from 1. */
  readonly line: number;
}

export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = markdown.split('\n');
  for (let i = 0; i < lines.length; i += 1) {
    const [, info] = /^```(.*)$/.exec(lines[i] ?? '') ?? [];
    if (info === undefined) continue;
    const end = lines.indexOf('```', i + 1);
    const code = lines.slice(i + 1, end).join('\n');
    blocks.push({ words: info.split(' ').filter((word) => word !== ''), code, line: i + 2 });
    i = end;
  }
  return blocks;
}

/** The text under a heading, up to the next one of its level or above. */
export function section(markdown: string, heading: string): string {
  const lines = markdown.split('\n');
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`there is no "${heading}"`);
  const level = heading.indexOf(' ');
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^#+ /.test(line) && line.indexOf(' ') <= level);
  return rest.slice(0, end < 0 ? undefined : end).join('\n');
}

/** The cells of the tables in a text, without head rows; code in backticks without them. */
export function tableRows(markdown: string): string[][] {
  const rows = markdown.split('\n').map((line) =>
    /^\|.*\|$/.test(line)
      ? line
          .slice(1, -1)
          .split(/(?<!\\)\|/)
          .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1'))
      : [],
  );
  const isRule = (row: readonly string[] | undefined): boolean =>
    row !== undefined && row.length > 0 && row.every((cell) => /^:?-+:?$/.test(cell));
  return rows.filter((row, i) => row.length > 0 && !isRule(row) && !isRule(rows[i + 1]));
}

/** What the headings are called in links, as GitHub does it. */
export const anchors = (markdown: string): string[] =>
  [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Targets of the links in a text. */
export const links = (markdown: string): string[] =>
  [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
