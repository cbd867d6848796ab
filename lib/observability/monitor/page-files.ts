import { readFileSync, readdirSync } from 'node:fs';

const PAGE = new URL('./page/', import.meta.url);
const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
}

/** What the page is made of: a template, scripts and a style sheet, read once. */
export class PageFiles {
  readonly #template = readFileSync(new URL('index.html', PAGE), 'utf8');
  readonly #files = new Map<string, PageFile>();

  constructor() {
    for (const name of readdirSync(PAGE)) {
      const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
      if (type === undefined) continue;
      this.#files.set(name, { type, content: readFileSync(new URL(name, PAGE)) });
    }
  }

  /**
   * The document. @param url it was asked for under: the browser looks for the files beside it, whatever prefixes and
   * proxies there are
   */
  document(url: string, title: string): Buffer {
    const [path = ''] = url.split(/[?#]/, 1);
    const last = path.slice(path.lastIndexOf('/') + 1);
    const folder = last === '' ? './assets' : `./${last}/assets`;
    const text = this.#template
      .replaceAll('{{assets}}', () => escaped(folder))
      .replaceAll('{{title}}', () => escaped(title));
    return Buffer.from(text);
  }

  file(name: string): PageFile | undefined {
    return this.#files.get(name);
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign]!);
