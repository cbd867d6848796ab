import {
  Get,
  Header,
  Inject,
  NotFoundException,
  Param,
  Req,
  StreamableFile,
  applyDecorators,
} from '@nestjs/common';
import { MONITOR_PARTS, type MonitorParts } from './monitor-parts.js';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** On every answer: nothing is kept, framed, guessed or told to others. */
export const SafeHeaders = (): MethodDecorator =>
  applyDecorators(
    Header('content-security-policy', POLICY),
    Header('x-content-type-options', 'nosniff'),
    Header('x-frame-options', 'DENY'),
    Header('referrer-policy', 'no-referrer'),
    Header('cross-origin-resource-policy', 'same-origin'),
    Header('cache-control', 'no-store'),
  );

interface Asked {
  /** As it came, on Express; Fastify says so, too. */
  readonly originalUrl?: string;
  readonly url: string;
}

/** The document and its files. */
export class PageController {
  private readonly parts: MonitorParts;

  constructor(@Inject(MONITOR_PARTS) parts: MonitorParts) {
    this.parts = parts;
  }

  @Get()
  @SafeHeaders()
  page(@Req() { originalUrl, url }: Asked): StreamableFile {
    const { files, title } = this.parts;
    const document = files.document(originalUrl ?? url, title);
    return new StreamableFile(document, { type: 'text/html; charset=utf-8' });
  }

  @Get('assets/:name')
  @SafeHeaders()
  file(@Param('name') name: string): StreamableFile {
    const file = this.parts.files.file(name);
    if (file === undefined) throw new NotFoundException();
    return new StreamableFile(file.content, { type: file.type });
  }
}
