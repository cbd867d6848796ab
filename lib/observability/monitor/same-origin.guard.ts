import {
  ForbiddenException,
  UnsupportedMediaTypeException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';

interface Asked {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A header that no form and no foreign page can send without being asked first. */
const HEADER = 'x-broker-monitor';

/** Refuses what a foreign page lets a browser send: data, and above all actions. */
export class SameOriginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { method, headers } = context.switchToHttp().getRequest<Asked>();
    const site = headers['sec-fetch-site'];
    if (method === 'GET') {
      if (site === 'cross-site') throw new ForbiddenException('not for pages of other sites');
      return true;
    }
    if (headers[HEADER] !== '1') {
      throw new ForbiddenException(`an action needs the header ${HEADER}: 1`);
    }
    const isOwn = site === undefined ? isSameHost(headers) : site === 'same-origin';
    if (!isOwn) throw new ForbiddenException('an action comes from the page of the monitor only');
    if (!/^application\/json\b/i.test(String(headers['content-type']))) {
      throw new UnsupportedMediaTypeException(
        'an action needs a body of the type application/json',
      );
    }
    return true;
  }
}

/** For what is no browser, or an old one: without an origin it is no page. */
function isSameHost({ origin, host }: Asked['headers']): boolean {
  if (origin === undefined) return true;
  return URL.canParse(String(origin)) && new URL(String(origin)).host === host;
}

/** Refuses every action. */
export class ReadOnlyGuard implements CanActivate {
  canActivate(): boolean {
    throw new ForbiddenException('this monitor is read-only');
  }
}
