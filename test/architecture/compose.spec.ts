import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { resolveOptions } from '../../lib/config/index.js';

interface Service {
  readonly image: string;
  readonly command?: string | readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
}

const text = readFileSync('docker-compose.yml', 'utf8');
const { services } = parse(text, { merge: true }) as { services: Record<string, Service> };
const all = Object.entries(services);
const own = all.filter(([, { command }]) => command?.[0] === 'node');
const variablesOf = ({ environment = {} }: Service): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)]));

describe('docker-compose.yml', () => {
  it('starts Redis alone where no profile is named', () => {
    expect(all.filter(([, { profiles }]) => profiles === undefined).map(([name]) => name)).toEqual([
      'redis',
    ]);
  });

  it.each(own)('%s runs a file of the samples, once the project is built', (_, service) => {
    const [, ...args] = service.command as readonly string[];
    const files = args.filter((arg) => /\.m?ts$|\.mjs$/.test(arg));
    expect(files).toHaveLength(2);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
    expect(service.depends_on?.['build']?.condition).toBe('service_completed_successfully');
    expect(service.healthcheck).toBeDefined();
  });

  it.each(own)('%s has variables that are known, and a Redis if it needs one', (_, service) => {
    const variables = variablesOf(service);
    const { mode, redis, warnings } = resolveOptions({}, variables);
    const asked = new Set<string>();
    resolveOptions({}, new Proxy({}, { get: (_, name) => void asked.add(String(name)) }));
    expect(Object.keys(variables).filter((name) => !asked.has(name))).toEqual([]);
    expect(warnings).toEqual([]);
    const needed = mode === 'memory' ? undefined : 'service_healthy';
    expect(service.depends_on?.['redis']?.condition).toBe(needed);
    if (needed !== undefined) expect(redis).toMatchObject({ host: 'redis', port: 6379 });
  });

  it('has the three modes, and a fleet with weights 1, 2 and 1', () => {
    const modes = ['memory', 'redis', 'hybrid'].map((profile) => {
      const app = own.find(([, { profiles }]) => profiles?.includes(profile));
      return app?.[1].environment?.['BROKER_MODE'];
    });
    expect(modes).toEqual(['memory', 'redis', 'hybrid']);
    const fleet = own.filter(([, { environment }]) => environment?.['SUBSCRIBER_WEIGHT']);
    const settings = fleet.map(([, service]) => resolveOptions({}, variablesOf(service)).settings);
    expect(settings.map(({ balancer }) => [balancer.strategy, balancer.weight])).toEqual([
      ['weighted', 1],
      ['weighted', 2],
      ['weighted', 1],
    ]);
    expect(settings.map(({ instanceName }) => instanceName)).toEqual(fleet.map(([name]) => name));
  });

  it('opens ports on this machine only, each once, and tells of them', () => {
    const ports = all.flatMap(([, service]) => service.ports ?? []);
    const outside = ports.map((port) => /^127\.0\.0\.1:(\d+):\d+$/.exec(port)?.[1]);
    expect(outside).not.toContain(undefined);
    expect(new Set(outside).size).toBe(ports.length);
    const [told = ''] = text.split('\nname:');
    expect(outside.filter((port) => !told.includes(`127.0.0.1:${port}`))).toEqual([]);
  });
});
