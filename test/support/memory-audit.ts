import type { MemoryHub } from '../../lib/backend/memory/hub.js';
import { type Audit, Findings } from './site.js';

/** Looks into every place of a hub. */
export function auditHub(hub: MemoryHub): Audit {
  const findings = new Findings();
  const leftovers: string[] = [];
  const members = [...hub.members.all()].map(({ member }) => member.consumer);
  leftovers.push(...members.map((consumer) => `member ${consumer}`));
  for (const stream of hub.streams.all()) {
    if (stream.id.startsWith('lane:')) leftovers.push(stream.id);
    for (const { envelope } of stream.messages()) findings.found(envelope.unique, stream.id);
  }
  for (const { envelope, place } of hub.holdings.all()) {
    findings.found(envelope.unique, `hand of ${place?.holder}`);
  }
  for (const { envelope } of hub.gate.gated()) findings.found(envelope.unique, 'gate');
  for (const { envelope } of hub.delayed.messages()) findings.found(envelope.unique, 'delayed');
  for (const unique of hub.messages.keys()) {
    if (!findings.places.has(unique)) leftovers.push(`index of ${unique}`);
  }
  for (const unique of findings.places.keys()) {
    if (!hub.messages.has(unique)) leftovers.push(`no index of ${unique}`);
  }
  for (const { envelope } of hub.grave.after(undefined)) findings.found(envelope.unique, 'dead');
  const keyHolders = [...hub.gate.holders()].map(({ envelope }) => envelope.unique);
  leftovers.push(...keyHolders.map((unique) => `key of ${unique}`));
  return { places: findings.places, keyHolders, leftovers };
}
