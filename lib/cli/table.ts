import { escapeText } from './escape.js';

export interface Column<Row> {
  readonly title: string;
  /** Numbers are put to the right. */
  readonly value: (row: Row) => string | number | undefined;
}

const GAP = '  ';
const PARTS = new Intl.Segmenter();

/** What people see as characters. */
export const charactersOf = (text: string): string[] =>
  Array.from(PARTS.segment(text), ({ segment }) => segment);

const lengthOf = (text: string): number => charactersOf(text).length;

/** Aligned lines below a head; what a row has no value for is a dash. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cells = rows.map((row) => columns.map(({ value }) => value(row)));
  const texts = cells.map((row) => row.map((cell) => escapeText(String(cell ?? '-'))));
  const isNumber = columns.map((_, i) => cells.some((row) => typeof row[i] === 'number'));
  const head = columns.map(({ title }) => title);
  const widths = head.map((title, i) =>
    Math.max(...[title, ...texts.map((row) => row[i]!)].map(lengthOf)),
  );
  return [head, ...texts].map((row) =>
    row
      .map((text, i) => {
        const rest = ' '.repeat(widths[i]! - lengthOf(text));
        return isNumber[i] ? rest + text : text + rest;
      })
      .join(GAP)
      .trimEnd(),
  );
}
