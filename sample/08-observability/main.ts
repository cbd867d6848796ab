import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { BrokerClient } from 'nestjs-broker';
import { AppModule } from './app.module.js';
import { parcelSent } from './parcel-sent.js';
import { spans } from './tracing.js';

const app = await NestFactory.create(AppModule);
await app.listen(0, '127.0.0.1');
const url = await app.getUrl();
await parcelSent(app.get(BrokerClient));

for (const path of ['health/live', 'health/ready', 'metrics']) {
  const response = await fetch(`${url}/${path}`);
  console.log(`GET /${path}: ${response.status}`);
  console.log(await response.text());
}
for (const span of spans.getFinishedSpans()) {
  console.log(span.spanContext().traceId, span.name, span.attributes);
}
if (process.argv.includes('--stay')) {
  console.log(`The monitor: ${url}/monitor (team, let-me-in). End it with Ctrl+C.`);
} else {
  await app.close();
}
