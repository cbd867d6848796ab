import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { BrokerGroup, OnTask } from 'nestjs-broker';

export interface Frame {
  readonly film: string;
  /** Which half of the run it belongs to. */
  readonly half: 'before' | 'after';
}

/** How long an instance needs for a frame, in ms. */
export const PACE = Symbol('pace');

@Controller()
@BrokerGroup('frames')
export class FramesController {
  readonly rendered: Frame[] = [];

  constructor(@Inject(PACE) private readonly pace: number) {}

  @OnTask('render')
  async render(@Payload() frame: Frame): Promise<void> {
    await pause(this.pace);
    this.rendered.push(frame);
  }
}
