/** What begins like this is meant for a broker. */
const PREFIX = /^(?:BROKER|QUEUE|BALANCER)_/;
/** What Docker and Kubernetes set by themselves in the neighbourhood of a service called `broker` or `queue`. */
const OF_SERVICES = /_(?:SERVICE_(?:HOST|PORT\w*)|PORT|PORT_\d+_(?:TCP|UDP)\w*)$/;
/** Letters that may differ from a known name for it to be suggested. */
const NEAR = 4;

/** One warning about variables that nobody reads, with what was probably meant. */
export function warningOfUnknown(
  set: readonly string[],
  known: readonly string[],
): string | undefined {
  const unknown = set.filter(
    (name) => PREFIX.test(name) && !OF_SERVICES.test(name) && !known.includes(name),
  );
  if (unknown.length === 0) return undefined;
  const told = unknown.toSorted().map((name) => {
    const nearest = nearestOf(name, known);
    return nearest === undefined ? name : `${name} (did you mean ${nearest}?)`;
  });
  return `nothing reads ${told.length === 1 ? 'the variable' : 'the variables'} ${told.join(', ')}`;
}

function nearestOf(name: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, distance: distanceOf(name, candidate) }))
    .toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= NEAR ? best.candidate : undefined;
}

/** Levenshtein's: letters to add, to remove or to change. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
