import { Get, Inject, Query, Req, Sse, UseGuards, type MessageEvent } from '@nestjs/common';
import { finalize, map, type Observable } from 'rxjs';
import type { MessageState } from '../../backend/index.js';
import { InvalidOptionsError } from '../../errors/index.js';
import { answer } from './answer.js';
import type { SearchPage, SearchQuery } from './message-search.js';
import { MONITOR_PARTS, type MonitorParts } from './monitor-parts.js';
import { SafeHeaders } from './page.controller.js';
import { SameOriginGuard } from './same-origin.guard.js';

const STATES: readonly (MessageState | 'dead')[] = [
  'waiting',
  'running',
  'delayed',
  'gated',
  'dead',
];

/** The same on Express and Fastify. */
interface Asked {
  /** Ended when the app closes: a server waits for connections that were busy a moment before. */
  readonly socket?: { destroySoon?(): void };
}

/** What the page shows. */
export class ApiController {
  private readonly parts: MonitorParts;

  constructor(@Inject(MONITOR_PARTS) parts: MonitorParts) {
    this.parts = parts;
  }

  /** Pictures of the app, one a second. */
  @Sse('api/live')
  @UseGuards(SameOriginGuard)
  @SafeHeaders()
  live(@Req() { socket }: Asked): Observable<MessageEvent> {
    const { live } = this.parts;
    const hangUp = (): void => {
      if (live.isClosed) setImmediate(() => socket?.destroySoon?.());
    };
    return live.watch().pipe(
      map((data) => ({ data })),
      finalize(hangUp),
    );
  }

  /** `state` is one of those above or `dead`; `name`, `text` and `after` may be there. */
  @Get('api/messages')
  @UseGuards(SameOriginGuard)
  @SafeHeaders()
  async messages(@Query() query: Readonly<Record<string, unknown>>): Promise<SearchPage> {
    return await answer(async () => await this.parts.search.page(toQuery(query)));
  }
}

/** @throws InvalidOptionsError */
function toQuery({ state, ...rest }: Readonly<Record<string, unknown>>): SearchQuery {
  if (!STATES.includes(state as MessageState)) {
    throw new InvalidOptionsError(`state is "${String(state)}", allowed: ${STATES.join(', ')}`);
  }
  const texts = (['name', 'text', 'after'] as const).flatMap((field) => {
    const value = rest[field];
    if (value === undefined || value === '') return [];
    if (typeof value === 'string') return [[field, value] as const];
    throw new InvalidOptionsError(`${field} is given more than once`);
  });
  return { state: state as SearchQuery['state'], ...Object.fromEntries(texts) };
}
