import { timingSafeEqual, createHash } from 'node:crypto';
import {
  Injectable,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';

/** Who may see the monitor; an app takes it from its own users. */
export const TEAM = `Basic ${Buffer.from('team:let-me-in').toString('base64')}`;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Lets the browser ask for the name and the password. */
@Injectable()
export class TeamGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const { headers } = http.getRequest<{ headers: Record<string, string | undefined> }>();
    if (timingSafeEqual(digest(headers['authorization'] ?? ''), digest(TEAM))) return true;
    const response = http.getResponse<{ header(name: string, value: string): void }>();
    response.header('www-authenticate', 'Basic realm="monitor"');
    throw new UnauthorizedException();
  }
}
