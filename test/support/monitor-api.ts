import { expect } from 'vitest';
import type { SearchPage } from '../../lib/observability/monitor/message-search.js';
import type { LiveEvent } from '../../lib/observability/monitor/picture.js';

/** What the guard of the tests lets in. */
export const AUTH = { authorization: 'Bearer secret' };
/** The headers of an action from the page. */
export const ACTION = { ...AUTH, 'content-type': 'application/json', 'x-broker-monitor': '1' };

/** The API of one monitor. */
export class MonitorApi {
  constructor(readonly url: string) {}

  async get(path: string, headers: Record<string, string> = AUTH): Promise<Response> {
    return await fetch(`${this.url}/${path}`, { headers });
  }

  async post(
    path: string,
    body: object,
    headers: Record<string, string> = ACTION,
  ): Promise<Response> {
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    return await fetch(`${this.url}/api/${path}`, init);
  }

  async messages(query: Record<string, string>): Promise<SearchPage> {
    const response = await this.get(`api/messages?${new URLSearchParams(query).toString()}`);
    expect(response.status).toBe(200);
    return (await response.json()) as SearchPage;
  }

  async done(path: string, body: object): Promise<number> {
    const response = await this.post(path, body);
    expect(response.status).toBe(200);
    return ((await response.json()) as { done: number }).done;
  }

  /** The first events of the stream. */
  async live(count: number): Promise<LiveEvent[]> {
    const { body } = await this.get('api/live');
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const events = (): string[] => text.match(/^data: .*$/gm) ?? [];
    while (events().length < count) text += (await reader.read()).value ?? '';
    await reader.cancel();
    return events().map((line) => JSON.parse(line.slice(6)) as LiveEvent);
  }
}
