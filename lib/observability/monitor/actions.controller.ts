import { Body, HttpCode, Inject, Post, Req, UseGuards, applyDecorators } from '@nestjs/common';
import type { Done, Who } from './actions.js';
import { answer } from './answer.js';
import { MONITOR_PARTS, type MonitorParts } from './monitor-parts.js';
import { SafeHeaders } from './page.controller.js';
import { SameOriginGuard } from './same-origin.guard.js';

interface Asked {
  readonly ip?: string;
  /** Where guards put whom they let in. */
  readonly user?: unknown;
}

const Action = (path: string): MethodDecorator =>
  applyDecorators(Post(`api/${path}`), HttpCode(200), UseGuards(SameOriginGuard), SafeHeaders());

/** What the page does. */
export class ActionsController {
  private readonly parts: MonitorParts;

  constructor(@Inject(MONITOR_PARTS) parts: MonitorParts) {
    this.parts = parts;
  }

  @Action('dead-letters/replay')
  async replay(@Body() body: unknown, @Req() request: Asked): Promise<Done> {
    return await answer(() => this.parts.actions.replay(body, whoAsks(request)));
  }

  @Action('dead-letters/drop')
  async drop(@Body() body: unknown, @Req() request: Asked): Promise<Done> {
    return await answer(() => this.parts.actions.drop(body, whoAsks(request)));
  }

  @Action('messages/cancel')
  async cancel(@Body() body: unknown, @Req() request: Asked): Promise<Done> {
    return await answer(() => this.parts.actions.cancel(body, whoAsks(request)));
  }

  @Action('queues/pause')
  async pause(@Body() body: unknown, @Req() request: Asked): Promise<Done> {
    return await answer(() => this.parts.actions.pause(body, whoAsks(request)));
  }

  @Action('queues/resume')
  async resume(@Body() body: unknown, @Req() request: Asked): Promise<Done> {
    return await answer(() => this.parts.actions.resume(body, whoAsks(request)));
  }

  @Action('instances/pause')
  async pauseInstance(@Body() body: unknown, @Req() request: Asked): Promise<Done> {
    return await answer(() => this.parts.actions.pauseInstance(body, whoAsks(request)));
  }

  @Action('instances/resume')
  async resumeInstance(@Body() body: unknown, @Req() request: Asked): Promise<Done> {
    return await answer(() => this.parts.actions.resumeInstance(body, whoAsks(request)));
  }

  @Action('instances/weight')
  async weight(@Body() body: unknown, @Req() request: Asked): Promise<Done> {
    return await answer(() => this.parts.actions.weight(body, whoAsks(request)));
  }
}

function whoAsks({ ip = 'unknown', user }: Asked): Who {
  const named = (typeof user === 'object' ? (user ?? {}) : { name: user }) as Record<
    string,
    unknown
  >;
  const name = [named['name'], named['username'], named['email'], named['id'], named['sub']].find(
    (value) => typeof value === 'string' || typeof value === 'number',
  );
  return name === undefined ? ip : `${String(name).slice(0, 100)} at ${ip}`;
}
